"""What inspection counts."""

from pathlib import Path

from photochrom.data.inspection import inspect_photographs, inspection_sheet
from photochrom.data.sources import EncodedPhotograph, read_source

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_formats_sizes_gray_and_damage_are_counted(picture):
    photographs = [
        *read_source(EXAMPLES),
        EncodedPhotograph(picture(1, (90, 40)), "small.png"),
        EncodedPhotograph(b"", "empty.jpg"),
    ]
    found = inspect_photographs(photographs, shown=5)
    summary = found.summary()
    jpegs = len(list(EXAMPLES.glob("*.jpg")))
    assert summary["photographs"] == jpegs + 1
    assert summary["unreadable"] == 1
    assert summary["formats"] == {"JPEG": jpegs, "PNG": 1}
    assert summary["short_side"]["min"] == 40
    assert summary["gray"] == 1  # cameraman.jpg
    assert summary["bytes"] == sum(len(photograph.data) for photograph in photographs)
    assert len(found.shown) == 5
    assert inspection_sheet(found).bands == 3
