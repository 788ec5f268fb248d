"""The photographs that a system colored best and worst, as small pictures side by side: a second look at a few."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from photochrom.evaluation.measuring import RowPlan
from photochrom.evaluation.photographs import Photographs
from photochrom.evaluation.report import Example, Gallery
from photochrom.evaluation.standing import COLORIZERS
from photochrom.evaluation.summary import Gathered
from photochrom.evaluation.systems import NoColoring, Scene

SMALL = 144  # pixels to a side
QUALITY = 75  # of WebP
SHOWN = ("truth", "gray", *COLORIZERS)  # kinds of rows whose pictures stand side by side


def galleries(
    plans: Sequence[RowPlan], rows: dict[str, Gathered], photographs: Photographs, count: int
) -> list[Gallery]:
    """The `count` best and worst photographs of every colorizer by their mean ab error, best or worst first."""
    shown = [plan for plan in plans if plan.system.kind in SHOWN]
    seen: dict[int, dict[str, str]] = {}  # small pictures by photograph: one may stand in several galleries
    made = []
    for plan in plans:
        if plan.system.kind not in COLORIZERS or count == 0:
            continue
        errors = np.array(rows[plan.name].ab_error)
        order = [int(index) for index in np.argsort(errors, kind="stable") if not np.isnan(errors[index])]
        shared = min(count, (len(order) + 1) // 2)  # no photograph is both, except the middle one of an odd few
        best, worst = order[:shared], order[::-1][:shared]
        for index in (*best, *worst):
            if index not in seen:
                seen[index] = _pictures(index, shown, photographs)
        sides = [[_example(index, errors[index], photographs, seen[index]) for index in side] for side in (best, worst)]
        made.append(Gallery(plan.name, *sides))
    return made


def _example(index: int, error: float, photographs: Photographs, pictures: dict[str, str]) -> Example:
    entry = photographs.entries[index]
    return Example(entry.name, entry.class_name, float(error), pictures)


def _pictures(index: int, shown: Sequence[RowPlan], photographs: Photographs) -> dict[str, str]:
    scene = Scene(index, photographs.square(index))
    pictures = {}
    for plan in shown:
        try:
            pictures[plan.name] = data_uri(plan.system.color(scene)(plan.temperature).picture)
        except NoColoring:
            continue
    return pictures


def data_uri(picture: np.ndarray) -> str:
    """A small WebP of uint8 [h, w, 3], inside the address of a picture."""
    import pyvips

    height, width = picture.shape[:2]
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(picture).data, width, height, 3, "uchar")
    image = image.copy(interpretation="srgb").resize(min(1.0, SMALL / max(height, width)))
    content = image.write_to_buffer(".webp", Q=QUALITY, strip=True)
    return "data:image/webp;base64," + base64.b64encode(content).decode("ascii")
