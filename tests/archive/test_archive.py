import subprocess
import sys

import pytest

import photochrom.archive

NAMES = "ArchiveError ColorizeBatch Limits Resources Run Summary colorize_archive plan_run"


def test_the_room_offers_exactly_its_promised_names_each_with_a_description():
    assert sorted(photochrom.archive.__all__) == NAMES.split()
    assert all(getattr(photochrom.archive, name).__doc__ for name in photochrom.archive.__all__)
    with pytest.raises(AttributeError, match="plan_run"):
        _ = photochrom.archive.ColouriseBatch


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import photochrom.archive", {"ray", "torch", "pyvips", "onnxruntime", "pyarrow", "fsspec"}),
        ("from photochrom.archive import ColorizeBatch; ColorizeBatch()", {"ray", "torch", "pyvips", "onnxruntime"}),
        ("from photochrom.archive import plan_run", {"ray", "torch", "pyvips"}),
        ("import photochrom.cli.archive", {"ray", "torch", "pyvips", "numpy"}),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(code, absent):
    report = f"{code}\nimport sys\nprint(*(name for name in {sorted(absent)!r} if name in sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", report], text=True).split() == []
