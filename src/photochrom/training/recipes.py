"""Recipes: how to train each system, as plain functions that return settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from photochrom.training.settings import Settings


def lite_full() -> Settings:
    """`lite` with class rebalancing, as trained for the embedded weights."""
    return Settings(system="lite", steps=4000, uniform_share=0.65)


def lite_full_tuned() -> Settings:
    """More of `lite-full`, from its weights: larger crops, lower rates, the paper's lambda."""
    return replace(
        lite_full(),
        steps=1000,
        crop=192,
        smallest_region=0.65,
        final_share=0.4,
        uniform_share=0.5,
        encoder_rate=1.5e-4,
        rate=6e-4,
        warmup_steps=50,
    )


def eccv16_full() -> Settings:
    """The paper's network with class rebalancing, at the crop, batch and targets of the released layers.

    The optimiser is AdamW with a cosine instead of the paper's Adam with steps, and there is no k-means initialisation.
    """
    return Settings(
        system="eccv16",
        steps=450_000,
        crop=176,
        batch=40,
        target="point",
        neighbors=10,
        rate=3e-4,
        smallest_region=0.75,
        final_share=0.0,
        tone_jitter=0.0,
        frozen_blocks=0,
    )


def smoke() -> Settings:
    """The whole pipeline in seconds, to see that it works; its colors are worth nothing."""
    return replace(
        lite_full(), steps=4, warmup_steps=1, crop=64, final_crop=64, batch=4, short_side=96, log_every=1, ema=0.5
    )


RECIPES: dict[str, Callable[[], Settings]] = {
    "lite-full": lite_full,
    "lite-full-tuned": lite_full_tuned,
    "eccv16-full": eccv16_full,
    "smoke": smoke,
}
