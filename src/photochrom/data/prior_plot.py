"""A picture of a prior: the 313 bins in their colors, how common each is, and what it weighs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from photochrom.color.ab_bins import GRID_END, GRID_STEP, ab_bins
from photochrom.color.gamut import fit_gamut_srgb
from photochrom.data.prior import Prior

LIGHTNESS = 60.0  # at which the bins are painted


def plot_prior(prior: Prior, file: Path) -> None:
    """Draw the ab plane three times into a PNG: bins, log10 of the prior, rarity weights.

    As in the paper's figure 3, b* runs to the right and a* downwards: green on top, magenta below, blue at the left,
    yellow at the right. Colors that sRGB cannot show are painted with less chroma.

    Raises: OSError where the file cannot be written.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(14, 4.6), layout="constrained")
    draw_plane(axes[0], bin_colors() / 255, f"the 313 bins, L* = {LIGHTNESS:g}")
    panels = (
        (np.log10(prior.shares), f"log10 of the prior, {prior.photographs:,} photographs", "viridis"),
        (prior.weights, "rarity weights", "magma"),
    )
    for axis, (values, title, colormap) in zip(axes[1:], panels, strict=True):
        plane = draw_plane(axis, values, title, colormap)
        figure.colorbar(plane, ax=axis, shrink=0.85)
    try:
        figure.savefig(file, dpi=120)
    finally:
        pyplot.close(figure)


def bin_colors() -> np.ndarray:
    """Uint8 [313, 3]: each bin's color at one lightness."""
    lab = np.concatenate([np.full((len(ab_bins()), 1), LIGHTNESS, np.float32), ab_bins()], axis=1)
    return fit_gamut_srgb(lab)


def draw_plane(axis: Any, values: np.ndarray, title: str, colormap: str | None = None) -> Any:
    """Draw a value or an RGB color for each bin; cells without a bin stay white."""
    side = 2 * GRID_END // GRID_STEP + 1
    plane = np.full((side, side, *values.shape[1:]), 1.0 if values.ndim == 2 else np.nan)
    row, column = ((ab_bins() + GRID_END) / GRID_STEP).astype(int).T  # a, b
    plane[row, column] = values
    edge = GRID_END + GRID_STEP / 2
    drawn = axis.imshow(plane, extent=(-edge, edge, edge, -edge), cmap=colormap, interpolation="nearest")
    axis.set(title=title, xlabel="b*", ylabel="a*")
    return drawn
