"""The measures of a report: what each is called, which way is better, and what it can be believed for.

A new measure is its own module with its formula, and one line in `MEASURES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """How a measure is shown and read."""

    name: str  # the key in a report
    title: str  # the column's heading
    unit: str  # "%", "dB", "ms", "" for a plain number
    better: Literal["higher", "lower", "truth", "none"]  # `truth`: the nearer to the photographs' own, the better
    digits: int  # after the decimal point
    believe: str  # what it tells, and what it does not, in one sentence
    rewards_gray: bool = False  # no color at all beats, or nearly beats, real colorizers


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "auc_raw",
            "AuC raw",
            "%",
            "higher",
            2,
            "How near the colors are over all pixels; most pixels are nearly gray, so timid colors win.",
            True,
        ),
        Measure(
            "auc_rebalanced",
            "AuC rebalanced",
            "%",
            "higher",
            2,
            "The same with every color of the plane weighing alike: whether rare, vivid colors are found.",
        ),
        Measure(
            "top1",
            "top-1",
            "%",
            "higher",
            2,
            "Whether a classifier trained on color photographs still knows what is shown: are the colors plausible?",
        ),
        Measure("top5", "top-5", "%", "higher", 2, "As top-1, among the first five guesses."),
        Measure(
            "recovered",
            "gap recovered",
            "%",
            "higher",
            1,
            "The share of the gap in top-1 from gray to truth that the colors win back; noisy where the gap is small.",
        ),
        Measure(
            "psnr",
            "PSNR",
            "dB",
            "higher",
            2,
            "Pixel differences in RGB; a plain gray photograph does well, so it does not tell good color from none.",
            True,
        ),
        Measure(
            "ssim",
            "SSIM",
            "",
            "higher",
            4,
            "Structure, which all systems take from the same lightness; it hardly sees color at all.",
            True,
        ),
        Measure(
            "ciede2000",
            "CIEDE2000",
            "",
            "lower",
            2,
            "Mean perceived difference from the true color; plain gray beats strong colorizers.",
            True,
        ),
        Measure(
            "colorfulness",
            "colorfulness",
            "",
            "truth",
            1,
            "Hasler and Suesstrunk's M3 with signed opponent means, as published.",
        ),
        Measure(
            "colorfulness_absolute",
            "colorfulness (abs)",
            "",
            "truth",
            1,
            "The same with absolute opponent values, as in DDColor's code; the two must not be mixed.",
        ),
        Measure(
            "colorfulness_error",
            "colorfulness error",
            "",
            "lower",
            1,
            "Mean over photographs of the difference from the truth's colorfulness: each photograph must be right.",
        ),
        Measure(
            "colorfulness_shift",
            "colorfulness shift",
            "",
            "lower",
            1,
            "Difference of the two means: only the average must be right, so it can be ten times smaller.",
        ),
        Measure(
            "colorfulness_absolute_error",
            "colorfulness error (abs)",
            "",
            "lower",
            1,
            "As colorfulness error, with absolute opponent values.",
        ),
        Measure(
            "colorfulness_absolute_shift",
            "colorfulness shift (abs)",
            "",
            "lower",
            1,
            "As colorfulness shift, with absolute opponent values.",
        ),
        Measure("chroma", "mean chroma", "", "truth", 1, "How far from gray the colors are on average, ab units."),
        Measure(
            "hue_entropy",
            "hue entropy",
            "bit",
            "truth",
            2,
            "How many hues the set shows, weighed by chroma; near zero means one tint over everything.",
        ),
        Measure("near_gray", "near gray", "%", "truth", 1, "The share of pixels with a chroma under 5."),
        Measure(
            "frechet",
            "Frechet distance",
            "",
            "lower",
            2,
            "Whether the set as a whole looks like the photographs to a network; saturation alone buys a better value.",
        ),
        Measure(
            "frechet_hue",
            "Frechet, chroma matched",
            "",
            "lower",
            2,
            "The same after each photograph's chroma is scaled to the truth's: what the choice of hues is worth.",
        ),
        Measure(
            "kernel",
            "kernel distance",
            "",
            "lower",
            3,
            "As the Frechet distance, but unbiased for small sets.",
        ),
        Measure(
            "labelled_real",
            "labelled real",
            "%",
            "higher",
            1,
            "The share of people's choices in which the coloring was taken for the photograph; 50 is perfect.",
        ),
    )
}
