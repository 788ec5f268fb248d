"""Counting colors, and the plot of them."""

import io

import numpy as np
import pytest
import skimage.color
from PIL import Image
from scipy.spatial import cKDTree

from photochrom.color.ab_bins import GRAY_BIN, ab_bins
from photochrom.data.decoding import decode
from photochrom.data.ledger import Ledger
from photochrom.data.prior import count_prior
from photochrom.data.prior_plot import bin_colors, plot_prior
from photochrom.data.sources import EncodedPhotograph


@pytest.mark.parametrize("target", ["mean", "point"])
def test_counts_are_those_of_plain_code_with_other_libraries(real, target):
    prior = count_prior(real[:12], ledger=Ledger(), target=target)
    tree, wanted = cKDTree(ab_bins()), np.zeros(313, int)
    for photograph in real[:12]:
        lab = skimage.color.rgb2lab(decode(photograph, 256))
        height, width = lab.shape[0] // 4, lab.shape[1] // 4
        for row in range(height):
            for column in range(width):
                cell = lab[4 * row : 4 * row + 4, 4 * column : 4 * column + 4, 1:]
                ab = cell.mean(axis=(0, 1)) if target == "mean" else cell[0, 0]
                wanted[tree.query(ab)[1]] += 1
    assert prior.counts.sum() == wanted.sum()
    assert np.abs(prior.counts - wanted).sum() <= 0.001 * wanted.sum()  # colors on the border of two bins
    assert prior.shares @ prior.weights == pytest.approx(1, abs=1e-6)
    assert prior.warning is None


def test_a_collection_without_gray_is_warned_about_and_damage_is_counted():
    red = Image.new("RGB", (64, 64), (230, 20, 20))
    stream = io.BytesIO()
    red.save(stream, "PNG")
    ledger = Ledger()
    photographs = [EncodedPhotograph(stream.getvalue(), "red.png"), EncodedPhotograph(b"x", "broken.png")]
    prior = count_prior(photographs, ledger=ledger)
    assert prior.photographs == 1
    assert prior.counts[GRAY_BIN] == 0
    assert "not gray" in prior.warning
    assert [entry.name for entry in ledger.unreadable] == ["broken.png"]
    with pytest.raises(ValueError, match="no photograph"):
        count_prior([], ledger=Ledger())


def test_the_plot_is_a_picture_with_the_bins_in_their_colors(real, tmp_path):
    plot_prior(count_prior(real[:4], ledger=Ledger()), tmp_path / "prior.png")
    plot = np.asarray(Image.open(tmp_path / "prior.png").convert("RGB"))
    shown = {tuple(color) for color in plot.reshape(-1, 3).tolist()}
    painted = [tuple(color) in shown for color in bin_colors().tolist()]
    assert np.mean(painted) > 0.95  # matplotlib may round a color by one
    assert (255, 255, 255) in shown
