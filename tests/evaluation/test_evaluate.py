"""The whole way on small photographs, with a tiny network and judges that know colors by heart."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from photochrom.color.lab import rgb_to_lab
from photochrom.evaluation import EvaluationError, Settings, evaluate
from photochrom.evaluation.color_error import ColorError
from photochrom.evaluation.measuring import Judges
from photochrom.evaluation.report import Report
from photochrom.training.checkpoint import Run
from photochrom.training.recipes import smoke
from photochrom.training.systems import build_system

COUNT = 70  # three chunks, the last one short
QUICK = Settings(size=32, classifier=None, features=None, cost=False, sweep=False, resamples=50, gallery=2)


class ColorJudge:
    """Classifies by the mean red level, and describes a picture by its mean color."""

    name, sha256, dimensions = "by-color", "0" * 64, 3

    def probabilities(self, pictures):
        red = pictures[..., 0].mean(axis=(1, 2))
        distance = np.abs(red[:, None] - np.arange(1000))
        return (np.exp(-distance / 20) / np.exp(-distance / 20).sum(axis=1, keepdims=True)).astype(np.float32)

    def features(self, pictures):
        return pictures.mean(axis=(1, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photographs of smooth colors, whose class is their mean red level."""
    place = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    lines = ["file,label,name"]
    for index in range(COUNT):
        colors = Image.fromarray(random.integers(0, 256, (3, 3, 3), dtype=np.uint8))
        picture = colors.resize((32, 32), Image.Resampling.BICUBIC)
        picture.save(place / f"{index:03d}.png")
        lines.append(f"{index:03d}.png,{round(np.asarray(picture)[..., 0].mean())},red {index}")
    (place / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return place


@pytest.fixture
def judged(monkeypatch):
    """Every evaluation is judged by a ColorJudge."""
    judge = ColorJudge()
    made = lambda photographs, settings: Judges(judge, judge, settings.sweep_classification)  # noqa: E731
    monkeypatch.setitem(evaluate.__globals__, "_judges", made)
    return judge


def comparable(report):
    """The report as JSON, without what was timed."""
    rows = [dataclasses.replace(row, cost=None) for row in report.rows]
    return json.loads(dataclasses.replace(report, rows=rows).to_json())


@pytest.fixture(scope="module")
def report(folder, tiny_model, tmp_path_factory):
    """All baselines and the tiny network, with a sweep and a gallery."""
    work = tmp_path_factory.mktemp("work")
    settings = dataclasses.replace(QUICK, sweep=True)
    return evaluate(folder, ["truth", "gray", "random", "mean-color", tiny_model], settings, work=work, jobs=2)


def test_rows_come_in_the_order_asked_for_with_their_kinds(report):
    kinds = [(row.name, row.kind, row.temperature) for row in report.rows]
    assert kinds == [
        ("truth", "truth", None),
        ("gray", "gray", None),
        ("random", "random", None),
        ("mean-color", "mean-color", None),
        ("tiny (T=0.38)", "weights", 0.38),
    ]
    assert report.row("tiny (T=0.38)").system == "tiny"
    assert len(report.row("tiny (T=0.38)").sha256) == 64


def test_gray_and_random_have_the_auc_of_the_definition(report, folder):
    truth = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as picture:
            truth.append(rgb_to_lab(np.asarray(picture))[..., 1:])
    order = np.random.default_rng(0).permutation(COUNT)
    gray, random = ColorError(), ColorError()
    for place in range(COUNT):
        gray.add(np.zeros_like(truth[place]), truth[place])
        random.add(truth[order[(place + 1) % COUNT]], truth[order[place]])
    for name, error in (("gray", gray), ("random", random)):
        measures = report.row(name).measures
        assert measures["auc_raw"].value == pytest.approx(error.auc())
        assert measures["auc_rebalanced"].value == pytest.approx(error.auc(rebalanced=True))
        curve = next(curve for curve in report.curves if curve.row == name)
        assert curve.raw == pytest.approx(error.curve().tolist())
        assert curve.rebalanced == pytest.approx(error.curve(rebalanced=True).tolist())


def test_the_truth_is_perfect(report):
    measures = report.row("truth").measures
    assert (measures["auc_raw"].value, measures["ssim"].value, measures["ciede2000"].value) == (100, 1, 0)


def test_differences_are_those_of_the_rows(report):
    pairs = {(one.first, one.second) for one in report.differences}
    assert pairs == {("tiny (T=0.38)", "gray")}
    for one in report.differences:
        apart = report.row(one.first).measures[one.measure].value - report.row(one.second).measures[one.measure].value
        assert one.estimate.value == pytest.approx(apart)


def test_the_sweep_goes_through_the_row_and_ends_at_its_best(report):
    [sweep] = report.sweeps
    row = report.row(sweep.row)
    place = sweep.temperatures.index(0.38)
    for name in ("auc_raw", "auc_rebalanced", "psnr", "ciede2000", "colorfulness_error", "chroma", "hue_entropy"):
        assert sweep.measures[name][place] == pytest.approx(row.measures[name].value, rel=1e-6), name
    assert sweep.best["auc_raw"] == sweep.temperatures[int(np.argmax(sweep.measures["auc_raw"]))]
    assert sweep.best["ciede2000"] == sweep.temperatures[int(np.argmin(sweep.measures["ciede2000"]))]
    apart = np.abs(np.array(sweep.measures["chroma"]) - report.row("truth").measures["chroma"].value)
    assert sweep.best["chroma"] == sweep.temperatures[int(np.argmin(apart))]


def test_the_gallery_shows_the_best_and_the_worst(report, folder):
    [gallery] = report.galleries
    errors = [example.error for example in (*gallery.best, *reversed(gallery.worst))]
    assert len(errors) == 4
    assert errors == sorted(errors)
    for example in (*gallery.best, *gallery.worst):
        assert list(example.pictures) == ["truth", "gray", "tiny (T=0.38)"]
        assert all(picture.startswith("data:image/webp;base64,") for picture in example.pictures.values())
        assert (folder / example.photograph).is_file()


def test_confusions_are_shares_and_bins_without_pixels_have_no_error(report):
    confusion = next(one for one in report.confusions if one.row == "gray")
    assert sum(confusion.weight) == pytest.approx(1)
    for weight, shares in zip(confusion.weight, confusion.shares, strict=True):
        assert shares[0] == (1 if weight else 0)  # gray gives near gray for everything
    assert None in confusion.bin_error


def test_the_report_says_what_was_done(report):
    assert report.data["photographs"] == COUNT
    assert report.data["labels"] is True
    assert report.settings["resamples"] == 50
    assert report.settings["classifier"] is None
    assert report.versions["numpy"] == np.__version__
    assert Report.from_json(report.to_json()) == report


@pytest.mark.usefixtures("judged")
def test_a_classifier_that_knows_the_truth_loses_by_gray(folder, tmp_path, tiny_model):
    settings = dataclasses.replace(QUICK, sweep=True, sweep_classification=True)
    report = evaluate(folder, ["random", tiny_model], settings, work=tmp_path)
    assert report.row("truth").measures["top1"].value == 100
    gray, tiny = (report.row(name).measures for name in ("gray", "tiny (T=0.38)"))
    assert gray["top1"].value < 50
    assert gray["recovered"].value == 0
    recovered = 100 * (tiny["top1"].value - gray["top1"].value) / (100 - gray["top1"].value)
    assert tiny["recovered"].value == pytest.approx(recovered)
    [sweep] = report.sweeps
    assert sweep.measures["top1"][sweep.temperatures.index(0.38)] == pytest.approx(tiny["top1"].value)
    [classes] = report.classes
    assert all(one.change > 0 for one in classes.helped)
    assert all(one.change < 0 for one in classes.hurt)


@pytest.mark.usefixtures("judged")
def test_distances_of_the_sets_are_those_of_their_features(folder, tmp_path):
    report = evaluate(folder, ["mean-color"], QUICK, work=tmp_path)
    features = {}
    for name in ("truth", "mean-color"):
        with_color = []
        for path in sorted(folder.glob("*.png")):
            with Image.open(path) as picture:
                with_color.append(np.asarray(picture).mean(axis=(0, 1)))
        features[name] = np.array(with_color)
    # Truth: its halves. The mean of one half against that of the other is a part of the distance.
    halves = features["truth"][1::2].mean(axis=0) - features["truth"][::2].mean(axis=0)
    assert report.row("truth").measures["frechet"].value > (halves**2).sum()
    assert report.row("truth").measures["frechet"].value < report.row("mean-color").measures["frechet"].value
    assert "frechet_hue" not in report.row("truth").measures
    gray = report.row("gray").measures
    assert gray["frechet_hue"] == gray["frechet"]  # no color to scale


def test_an_evaluation_that_is_repeated_measures_nothing_again(folder, tmp_path, tiny_model):
    class Counted:
        photographs = 0

        def begin(self, title, total):
            """Nothing."""

        def advance(self):
            Counted.photographs += 1

        def end(self):
            """Nothing."""

    first = evaluate(folder, [tiny_model], QUICK, work=tmp_path, progress=Counted())
    assert Counted.photographs == COUNT
    second = evaluate(folder, [tiny_model], QUICK, work=tmp_path, progress=Counted())
    assert Counted.photographs == COUNT
    assert comparable(second) == comparable(first)
    evaluate(folder, [tiny_model, "random"], QUICK, work=tmp_path, progress=Counted())  # one more row
    assert Counted.photographs == 2 * COUNT
    evaluate(folder, [tiny_model], QUICK, work=tmp_path, progress=Counted(), fresh=True)
    assert Counted.photographs == 3 * COUNT


def test_one_thread_and_three_find_the_same(folder, tmp_path, tiny_model):
    reports = [evaluate(folder, [tiny_model], QUICK, work=tmp_path / str(jobs), jobs=jobs) for jobs in (1, 3)]
    assert comparable(reports[0]) == comparable(reports[1])


def test_an_evaluation_that_was_killed_goes_on_and_finds_the_same(folder, tmp_path, tiny_model):
    code = f"""
from pathlib import Path
from photochrom.evaluation import Settings, evaluate
import photochrom.evaluation.measuring as measuring, time
color = measuring.Scene
measuring.Scene = lambda *given: time.sleep(0.01) or color(*given)  # so that the kill comes in between
settings = Settings(**{dataclasses.asdict(QUICK)!r})
evaluate({str(folder)!r}, [{str(tiny_model)!r}], settings, work=Path({str(tmp_path)!r}), jobs=1)
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        limit = time.monotonic() + 100
        while not list(tmp_path.glob("records/tiny-*/*.npz")):
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < limit
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("records/tiny-*/*.npz")}
    assert 0 < len(kept) < 3
    resumed = evaluate(folder, [tiny_model], QUICK, work=tmp_path)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())  # not measured again
    assert comparable(resumed) == comparable(evaluate(folder, [tiny_model], QUICK, work=tmp_path / "other"))


def test_pictures_that_are_missing_are_counted_named_and_left_out(folder, tmp_path):
    colored = tmp_path / "colored"
    colored.mkdir()
    for path in sorted(folder.glob("*.png"))[:-2]:
        (colored / path.name).write_bytes(path.read_bytes())
    Image.new("RGB", (40, 32)).save(colored / "000.png")
    report = evaluate(folder, [colored], QUICK, work=tmp_path / "work")
    row = report.row("colored")
    assert row.measures["auc_raw"].value == 100  # those that are there are the truth
    assert row.measures["psnr"].value == 100
    [warning] = [text for text in report.warnings if text.startswith("colored")]
    assert f"lacks 3 of {COUNT}" in warning
    assert "000.png is 40x32" in warning
    assert "068.png" in warning


def test_what_lacks_pictures_is_compared_on_those_it_has(folder, tmp_path):
    colored = tmp_path / "colored"
    colored.mkdir()
    some = sorted(folder.glob("*.png"))[:40]
    for path in some:
        (colored / path.name).write_bytes(path.read_bytes())
    report = evaluate(folder, [colored], QUICK, work=tmp_path / "work")
    forty = evaluate(folder, ["gray"], dataclasses.replace(QUICK, limit=40), work=tmp_path / "forty")
    gray = forty.row("gray").measures
    for one in report.differences:
        if one.measure in ("auc_raw", "auc_rebalanced", "psnr", "ciede2000"):
            there = report.row("colored").measures[one.measure].value
            assert one.estimate.value == pytest.approx(there - gray[one.measure].value), one.measure


def test_a_folder_of_which_no_picture_can_be_used_is_refused(folder, tmp_path):
    (tmp_path / "colored").mkdir()
    for path in sorted(folder.glob("*.png")):
        Image.new("RGB", (40, 32)).save(tmp_path / "colored" / path.name)
    with pytest.raises(EvaluationError, match=r"no coloring of any of the 70 photographs, such as 000.png: .*40x32"):
        evaluate(folder, [tmp_path / "colored"], QUICK, work=tmp_path / "work")


def test_random_needs_another_photograph(folder, tmp_path):
    with pytest.raises(EvaluationError, match="only one"):
        evaluate(folder, ["random"], dataclasses.replace(QUICK, limit=1), work=tmp_path)


def test_a_work_folder_that_cannot_be_is_refused(folder, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(EvaluationError, match="another work folder"):
        evaluate(folder, ["gray"], QUICK, work=tmp_path / "taken" / "work")


def test_where_gray_is_ahead_the_report_warns(folder, tmp_path, tiny_model):
    report = evaluate(folder, [tiny_model], QUICK, work=tmp_path)
    gray, tiny = (report.row(name).measures for name in ("gray", "tiny (T=0.38)"))
    [warning] = [text for text in report.warnings if text.startswith("Gray, no color at all, beats")]
    for name, title in (("psnr", "PSNR"), ("auc_raw", "AuC raw"), ("ssim", "SSIM")):
        assert (title in warning) == (gray[name].value > tiny[name].value), name
    assert "AuC rebalanced" not in warning  # it does not reward gray: only an established lead is told, and apart


def test_without_labels_classification_is_left_out_with_a_warning(folder, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for path in sorted(folder.glob("*.png"))[:4]:
        (bare / path.name).write_bytes(path.read_bytes())
    settings = dataclasses.replace(QUICK, classifier="efficientnet-lite2")
    report = evaluate(bare, ["random"], settings, work=tmp_path / "work")
    assert report.data["labels"] is False
    assert "top1" not in report.row("truth").measures
    assert any("no class labels" in text for text in report.warnings)


def test_the_human_column_is_filled_by_row_or_by_system(folder, tmp_path, tiny_model):
    systems = {"tiny": {"rate": 31.2, "low": 28, "high": 34}, "gray": {"rate": 9}, "other": {"rate": 5}}
    (tmp_path / "study.json").write_text(json.dumps({"simulated": False, "systems": systems}))
    report = evaluate(folder, [tiny_model], QUICK, work=tmp_path, human=tmp_path / "study.json")
    assert report.row("tiny (T=0.38)").measures["labelled_real"].value == 31.2
    assert report.row("gray").measures["labelled_real"].value == 9
    assert any("'other'" in text for text in report.warnings)


@pytest.mark.slow
def test_a_run_is_exported_once_and_measured(folder, tmp_path):
    settings = smoke()
    run = Run(tmp_path / "smoke")
    run.begin(settings, np.full(313, 1 / 313), {}, np.full((1, 1, 64, 64), 50.0))
    run.save(build_system(settings.system, pretrained=False).state_dict(), {})
    for _ in range(2):
        report = evaluate(folder, [run.folder], dataclasses.replace(QUICK, limit=2), work=tmp_path / "work")
    row = report.row("smoke (T=0.38)")
    assert (row.kind, row.system) == ("run", settings.system)
    assert len(list((tmp_path / "work" / "exports").glob("*.onnx"))) == 1


def test_two_systems_of_one_name_are_refused(folder, tmp_path, tiny_model):
    with pytest.raises(EvaluationError, match="NAME="):
        evaluate(folder, [tiny_model, f"tiny={tiny_model}"], QUICK, work=tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size": 100}, "multiple of 32"),
        ({"limit": 0}, "limit"),
        ({"resamples": 0}, "resamples"),
        ({"temperatures": (1.5,)}, "temperature"),
        ({"convention": "mean"}, "convention"),
        ({"weights": "uniform"}, "weights"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, says):
    with pytest.raises(EvaluationError, match=says):
        Settings(**change)


def test_a_prior_can_be_given_and_must_fit(folder, tmp_path, tiny_model):
    np.save(tmp_path / "uniform.npy", np.ones(313))
    np.save(tmp_path / "short.npy", np.ones(312))
    settings = dataclasses.replace(QUICK, weights=str(tmp_path / "uniform.npy"))
    report = evaluate(folder, [tiny_model], settings, work=tmp_path)
    assert report.settings["weights"]["file"] == "uniform.npy"
    assert len(report.settings["weights"]["sha256"]) == 64
    measures = report.row("tiny (T=0.38)").measures
    assert measures["auc_rebalanced"].value == pytest.approx(measures["auc_raw"].value)
    with pytest.raises(EvaluationError, match="313 shares"):
        evaluate(folder, [], dataclasses.replace(QUICK, weights=str(tmp_path / "short.npy")), work=tmp_path)
