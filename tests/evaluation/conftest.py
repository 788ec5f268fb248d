"""A report as an evaluation could have found it, made up by formulas: every part filled, some measures missing."""

import base64
import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photochrom.color.ab_bins import ab_bins
from photochrom.color.lab import lab_to_rgb, rgb_to_lab
from photochrom.evaluation.report import (
    ClassChange,
    Classes,
    Confusion,
    Cost,
    Curve,
    Difference,
    Estimate,
    Example,
    Gallery,
    Report,
    Row,
    Sweep,
)

FOLDER = "a folder of <b>pictures</b> & a long name that another program made"
# name, kind, system, chroma kept, AuC raw, AuC rebalanced, top-1
SYSTEMS = (
    ("truth", "truth", "truth", 1.0, 100.0, 100.0, 88.98),
    ("gray", "gray", "gray", 0.0, 87.46, 57.77, 76.88),
    ("random", "random", "random", 1.0, 82.36, 57.07, 61.74),
    ("mean-color", "mean-color", "", 0.4, 87.02, 57.31, 75.30),
    ("lite (T=0.38)", "weights", "lite-full", 0.93, 86.70, 61.64, 80.15),
    ("lite-class (T=0.38)", "run", "lite-class", 0.64, 88.12, 60.21, 79.66),
    (FOLDER, "folder", "", 0.80, 86.02, 60.48, None),
)
MODELS = tuple(name for name, kind, *_ in SYSTEMS if kind in ("weights", "run", "folder"))
FAMILIES = ["near gray", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def synthetic_report():
    """The whole report."""
    return build_report()


def build_report():
    random = np.random.default_rng(0)
    rows = [_row(*system) for system in SYSTEMS]
    return Report(
        data={
            "name": "eval <made up>",
            "photographs": 826,
            "sha256": "3f1c" * 16,
            "size": 256,
            "labels": True,
            "skipped": [
                {"name": "holiday <script>alert(1)</script>.jpg", "reason": "no photograph: the file is empty"},
                {"name": "n01440764_18.jpg", "reason": "smaller than 32 pixels"},
            ],
            "gray": ["old & gray.png"],
        },
        settings={
            "thresholds": "0, 1, ..., 150",
            "weights": "set",
            "seed": 0,
            "resamples": 1000,
            "classifier": {"name": "efficientnet-lite2", "sha256": "ab12" * 16},
            "features": {"name": "efficientnet-lite0", "dimensions": 192},
            "temperatures": [0.38],
            "prior": None,
        },
        versions={"photochrom": "0.1.0", "commit": "57f160f", "python": "3.11.2", "numpy": "2.4.6"},
        rows=rows,
        differences=_differences(rows),
        curves=[_curve(row) for row in rows],
        sweeps=[_sweep("lite (T=0.38)", 61.64, 0.5, 0.0), _sweep("lite-class (T=0.38)", 60.21, 0.8, 0.7)],
        classes=[_classes(name) for name in MODELS[:2]],
        confusions=[_confusion(name, random) for name in MODELS],
        galleries=[_gallery(name, shift) for shift, name in enumerate(MODELS[:2])],
        warnings=["3 photographs have no color of their own: no system can be right or wrong on them."],
    )


def _row(name, kind, system, kept, raw, rebalanced, top1):
    def near(value, half):
        return Estimate(value, value - half, value + 0.9 * half)

    chroma = 18.4 * kept
    measures = {
        "auc_raw": near(raw, 0.31) if kind != "truth" else Estimate(100.0),
        "auc_rebalanced": near(rebalanced, 0.62) if kind != "truth" else Estimate(100.0),
        "chroma": near(chroma, 0.4),
        "near_gray": near(100 - 74 * min(1, kept + 0.02), 0.8),
        "colorfulness": near(5 + 36 * kept, 1.1),
        "hue_entropy": Estimate(0.0 if kept == 0 else 4.1 - (1 - kept)),
    }
    if top1 is not None:
        measures |= {"top1": near(top1, 2.6), "top5": near(top1 + (98 - top1) * 0.75, 1.5)}
        measures["recovered"] = near(100 * (top1 - 76.88) / (88.98 - 76.88), 9.0)
    if kind != "truth":
        measures |= {
            "psnr": near(24.2 - 1.5 * kept, 0.2),
            "ssim": near(0.951 - 0.012 * kept, 0.002),
            "ciede2000": near(7.6 + 1.8 * kept * (kind != "weights"), 0.2),
            "colorfulness_error": near(36 - 24 * kept, 0.9),
            "colorfulness_shift": near(abs(36 - 36 * kept), 0.9),
            "frechet": near(12.5 - 7 * kept, 0.5),
            "frechet_hue": near(9.4 - 2.4 * kept, 0.5),
            "kernel": near(3.2 - 2 * kept, 0.2),
        }
    if kind == "weights":
        measures["labelled_real"] = near(24.8, 2.6)
    costs = {
        "weights": Cost(5_310_000, 21.2, 61.4, 3.9, 7.9, Estimate(38.4, 37.0, 41.9), "CPU, 2 threads", 92.0),
        "run": Cost(32_235_385, 128.9, 142.1, 83.6, 129.2, Estimate(812.0, 798.0, 861.0), "CPU, 2 threads", 690.0),
    }
    trained = kind in ("weights", "run")
    return Row(
        name,
        system,
        kind,
        measures,
        0.38 if trained else None,
        "c0ffee" * 10 if trained else "",
        costs.get(kind, Cost()),
    )


def _differences(rows):
    """Each model against gray and the models among themselves; halves chosen so that some are open."""
    half = {"auc_raw": 0.2, "auc_rebalanced": 0.45, "top1": 1.9, "ciede2000": 0.15, "frechet": 0.4, "chroma": 0.3}
    models = [row for row in rows if row.name in MODELS]
    pairs = [(model, rows[1]) for model in models]
    pairs += [(first, second) for turn, first in enumerate(models) for second in models[turn + 1 :]]
    found = []
    for name, width in half.items():
        for first, second in pairs:
            if name in first.measures and name in second.measures:
                gap = first.measures[name].value - second.measures[name].value
                found.append(Difference(name, first.name, second.name, Estimate(gap, gap - width, gap + width)))
    return found


def _curve(row):
    """1 - exp(-t / s), with s found so that the mean over the thresholds is the row's AuC."""

    def shares(goal):
        if goal >= 100:
            return [1.0] * 151
        low, high = 0.01, 500.0
        for _ in range(60):
            middle = math.sqrt(low * high)
            curve = 1 - np.exp(-np.arange(151) / middle)
            low, high = (middle, high) if 100 * curve.mean() > goal else (low, middle)
        return [float(share) for share in curve]

    return Curve(row.name, shares(row.measures["auc_raw"].value), shares(row.measures["auc_rebalanced"].value))


def _sweep(name, peak, best, timid):
    temperatures = [0.0, 0.1, 0.2, 0.3, 0.38, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    measures = {
        "auc_raw": [85.1 + timid + 3.2 * t**1.5 for t in temperatures],
        "auc_rebalanced": [peak - 2.5 * (t - best) ** 2 for t in temperatures],
        "ciede2000": [9.8 - timid - 1.9 * t for t in temperatures],
        "chroma": [25.0 - 6 * timid - 11 * t for t in temperatures],
    }
    chosen = {"auc_raw": 1.0, "auc_rebalanced": best, "ciede2000": 1.0, "chroma": 0.6 - 0.4 * (timid > 0)}
    return Sweep(name, temperatures, measures, chosen)


def _classes(name):
    helped = [("lorikeet", 1, 41.3), ("rapeseed", 2, 36.9), ("cheeseburger & fries", 1, 22.4), ("goldfinch", 1, 9.7)]
    hurt = [("barbershop", 1, -18.2), ("half track", 1, -12.5), ("modem", 1, -6.1)]
    return Classes(name, [ClassChange(*line) for line in helped], [ClassChange(*line) for line in hurt])


def _confusion(name, random):
    count = len(FAMILIES)
    shares = random.dirichlet(np.full(count, 0.6), count) * 0.3
    shares[:, 0] += 0.25
    shares[np.arange(count), np.arange(count)] += 0.45
    shares[-1] = 0.0  # a family that no photograph shows
    totals = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, totals, out=np.zeros_like(shares), where=totals > 0)
    weight = [0.47, 0.09, 0.17, 0.07, 0.07, 0.02, 0.10, 0.01, 0.0]
    chroma = np.hypot(*ab_bins().T)
    error = [float(c * 0.7 + 4) if c < 95 else None for c in chroma]
    return Confusion(name, FAMILIES, shares.tolist(), weight, error)


def _gallery(name, shift):
    photographs = [path for path in sorted(EXAMPLES.glob("*.jpg")) if path.stem != "cameraman"]

    def example(turn):
        path = photographs[(turn + shift) % len(photographs)]
        return Example(
            f"{path.stem} <{turn}>.jpg", "tabby & co" if turn % 2 else "", 3.1 + 0.9 * turn, _pictures(path, turn)
        )

    return Gallery(name, [example(turn) for turn in range(24)], [example(47 - turn) for turn in range(24)])


def _pictures(path, turn):
    with Image.open(path) as photograph:
        side = min(photograph.size) - 20 * (turn // 7)
        crop = photograph.convert("RGB").crop((0, 0, side, side)).resize((96, 96))
    lab = rgb_to_lab(np.asarray(crop))
    changed = {"truth": (1.0, 0), "gray": (0.0, 0), MODELS[0]: (0.9, 4), MODELS[1]: (0.5, 2), MODELS[2]: (0.8, -6)}
    pictures = {}
    for name, (kept, moved) in changed.items():
        other = lab.copy()
        other[..., 1:] = other[..., 1:] * kept + moved
        file = io.BytesIO()
        Image.fromarray(lab_to_rgb(other)).save(file, "JPEG", quality=70)
        pictures[name] = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    return pictures
