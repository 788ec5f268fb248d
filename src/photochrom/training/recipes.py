"""Recipes: how to train each system, as plain functions that return settings.

The first line of each docstring is what `photochrom train --list` says. Where a recipe follows the paper or a release
it says what departs from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from photochrom.training.settings import Settings
from photochrom.training.systems import build_network

COUNTED_SIZE = 256  # side of the picture that GFLOP are counted for
REGRESSION_CLIP = 5000.0  # gradients of a loss in ab units squared: about what 1 is to the cross-entropy


def eccv16_full() -> Settings:
    """The paper's network with class rebalancing, by the paper's schedule.

    Adam with coupled decay, the rate times 0.316 every 215,000 steps, crops of 176 in batches of 40, ab at every fourth
    pixel over 10 bins, losses summed over a photograph, photographs without color left out, k-means initialization.
    Departures: crops are drawn with some zoom, a region of 0.6875 to 1 of the short side; the paper cuts 176 of 256,
    which is the smaller end. Batch norm has the gain and bias of the released PyTorch network, which the Caffe layers
    lack. Precision is 32 bits throughout.
    """
    return Settings(
        system="eccv16",
        steps=450_000,
        initialization="kmeans",
        crop=176,
        smallest_region=0.6875,  # 176 of 256 pixels
        final_share=0.0,
        tone_jitter=0.0,
        batch=40,
        target="point",
        neighbors=10,
        loss_per="image",
        optimizer="adam",
        beta2=0.99,
        schedule="steps",
        rate=3.16e-5,
        warmup_steps=0,
        weight_decay=1e-3,
        clip_norm=0.0,
        norm_momentum=0.001,
        ema=0.0,
        frozen_blocks=0,
        precision="32-true",
    )


def eccv16_class() -> Settings:
    """The paper's network without rebalancing: all colors weigh alike."""
    return replace(eccv16_full(), uniform_share=1.0)


def eccv16_l2() -> Settings:
    """The paper's network regressing ab, from scratch.

    Length from the released results, 534,000 iterations. The head is a linear layer of two outputs; the paper's was
    never released.
    """
    return replace(eccv16_full(), objective="regression", steps=534_000)


def eccv16_l2_ft() -> Settings:
    """The paper's network regressing ab, from a `full` run: name it with --start.

    Length from the released results, 312,000 iterations. All layers but the head begin as the run left them.
    """
    return replace(eccv16_l2(), steps=312_000, initialization="default")


def eccv16_full_modern() -> Settings:
    """The paper's network and data, with AdamW, a cosine, bf16 and averaged weights.

    The loss is a mean over places, which decoupled decay allows; crop, batch, targets and initialization are the
    paper's.
    """
    return replace(
        eccv16_full(),
        loss_per="pixel",
        optimizer="adamw",
        schedule="cosine",
        rate=3e-4,
        warmup_steps=1000,
        weight_decay=0.02,
        clip_norm=1.0,
        norm_momentum=0.1,
        ema=0.999,
        precision="bf16-mixed",
    )


def lite_full() -> Settings:
    """`lite` with class rebalancing, as trained for the embedded weights.

    One crop in four is made to look like an old print, which is what the network is for.
    """
    return Settings(system="lite", steps=4000, old_prints=0.25)


def lite_class() -> Settings:
    """`lite` without rebalancing: all colors weigh alike."""
    return replace(lite_full(), uniform_share=1.0)


def lite_l2() -> Settings:
    """`lite` regressing ab."""
    return replace(lite_full(), objective="regression", clip_norm=REGRESSION_CLIP)


def dahl16() -> Settings:
    """Dahl's residual encoder regressing ab, on the packaged encoder (backbone=vgg16 for Dahl's own).

    Trained as `lite-l2`, whose schedule fits a pretrained encoder. For VGG-16 add backbone=vgg16,
    backbone_file=vgg16-397923af.pth, frozen_blocks=0 and a lower rate, encoder_rate=1e-5.
    """
    return replace(lite_l2(), system="dahl16")


def larsson16() -> Settings:
    """Larsson's hue and chroma histograms, on the packaged encoder (backbone=vgg16 for their own).

    Trained with AdamW and a cosine as `lite-full`, in place of the release's two million steps of SGD on crops of 352.
    For VGG-16 add backbone=vgg16, backbone_file=vgg16-397923af.pth, frozen_blocks=0, encoder_rate=1e-5.
    """
    return replace(lite_full(), system="larsson16", objective="hue-chroma", rate=1e-3)


def smoke(recipe: Callable[[], Settings] = lite_full) -> Settings:
    """The whole pipeline in seconds, to see that it works; its colors are worth nothing.

    Args:
        recipe: any, made tiny; it keeps its system, objective, optimizer and targets, but begins without k-means.
    """
    return replace(
        recipe(),
        steps=4,
        warmup_steps=1,
        crop=64,
        final_crop=64,
        batch=4,
        short_side=96,
        log_every=1,
        ema=0.5,
        initialization="default",
    )


RECIPES: dict[str, Callable[[], Settings]] = {
    "eccv16-full": eccv16_full,
    "eccv16-full-modern": eccv16_full_modern,
    "eccv16-class": eccv16_class,
    "eccv16-l2": eccv16_l2,
    "eccv16-l2-ft": eccv16_l2_ft,
    "lite-full": lite_full,
    "lite-class": lite_class,
    "lite-l2": lite_l2,
    "dahl16": dahl16,
    "larsson16": larsson16,
    "smoke": smoke,
}


@dataclass(frozen=True)
class RecipeRow:
    """A recipe as `photochrom train --list` shows it."""

    name: str
    description: str  # one line
    parameters: int  # trained or not, without the decoding table of eccv16
    gflop: float  # of one 256x256 picture, a multiplication and an addition counted as two


def recipe_table() -> list[RecipeRow]:
    """Every recipe with the size and the cost of its network, counted from the module itself."""
    rows = []
    for name, recipe in RECIPES.items():
        description = (recipe.__doc__ or "").partition("\n")[0]
        rows.append(RecipeRow(name, description, *count_costs(recipe())))
    return rows


def count_costs(settings: Settings) -> tuple[int, float]:
    """Parameters and GFLOP at 256x256 of the network that settings describe; nothing is computed or allocated."""
    with torch.device("meta"):
        network = build_network(settings, pretrained=False).eval()
        lightness = torch.zeros(1, 1, COUNTED_SIZE, COUNTED_SIZE)
    used = [value for name, value in network.named_parameters() if not name.startswith("model_out.")]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(lightness)
    return sum(value.numel() for value in used), counter.get_total_flops() / 1e9
