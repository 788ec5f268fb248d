"""The published rows, against the paper's table where a copy of it is at hand."""

import re
from pathlib import Path

import pytest

from photochrom.evaluation.published import PUBLISHED

PAPER = Path(__file__).resolve().parents[3] / "shared" / "reference" / "paper.md"
NAMES = {"Zhang et al. (L2)": "Ours (L2)", "Zhang et al. (L2, ft)": "Ours (L2, ft)"}
NAMES |= {"Zhang et al. (class)": "Ours (class)", "Zhang et al. (full)": "Ours (full)"}


@pytest.mark.skipif(not PAPER.is_file(), reason="needs shared/reference/paper.md, which is outside the repository")
@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row.system)
def test_a_row_is_that_of_the_paper(row):
    lines = PAPER.read_text(encoding="utf-8").replace("*", "").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("### 5.5"))
    wanted = next(line for line in lines[start:] if line.startswith(f"| {NAMES.get(row.name, row.name)} |"))
    cells = [None if cell.strip() == "-" else cell.strip() for cell in wanted.strip("|").split("|")[1:]]
    *figures, real = cells
    found = [row.params_mb, row.feats_mb, row.ms, row.auc_raw, row.auc_rebalanced, row.top1]
    assert found == [None if figure is None else float(figure) for figure in figures]
    share, _, error = (real or "").partition(" +- ")
    assert row.labelled_real == (float(share) if share else None)
    assert row.labelled_real_error == (float(error) if error else None)


def test_there_are_nine_systems_and_each_is_named_once():
    assert len({row.name for row in PUBLISHED}) == len({row.system for row in PUBLISHED}) == 9
    assert all(re.fullmatch(r"[a-z0-9-]+", row.system) for row in PUBLISHED)
