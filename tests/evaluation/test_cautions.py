"""What a reader is warned of."""

import dataclasses

import numpy as np
import pytest

from photochrom.evaluation.cautions import of_colorings, of_photographs, of_rewards
from photochrom.evaluation.photographs import Entry, Photographs, Skipped
from photochrom.evaluation.report import Difference, Estimate, Row
from photochrom.evaluation.set_distances import SetDistances
from photochrom.evaluation.summary import Gathered


@pytest.fixture
def photographs(tmp_path):
    """Five, all colorful and labelled."""
    entries = [Entry(f"{index}.png", index, "", 32, 32, 20.0, (0.0, 0.0)) for index in range(5)]
    return Photographs("set", 32, "", entries, [], tmp_path, np.zeros((5, 32, 32, 3), np.uint8))


def changed(photographs, *places, **values):
    entries = [
        dataclasses.replace(entry, **values) if place in places else entry
        for place, entry in enumerate(photographs.entries)
    ]
    return dataclasses.replace(photographs, entries=entries)


def row(name, kind, **measures):
    return Row(name, name, kind, {measure: Estimate(value) for measure, value in measures.items()})


def test_a_sound_set_calls_for_no_caution(photographs):
    assert of_photographs(photographs, classifier="efficientnet-lite2") == []


def test_photographs_left_out_are_counted_and_the_first_named(photographs):
    skipped = [Skipped(f"x{index}.jpg", "empty") for index in range(5)]
    [said] = of_photographs(dataclasses.replace(photographs, skipped=skipped), classifier=None)
    assert said == "5 photographs are left out: x0.jpg (empty), x1.jpg (empty), x2.jpg (empty) and 2 more."


def test_gray_photographs_are_named(photographs):
    [said] = of_photographs(changed(photographs, 3, chroma=0.5), classifier=None)
    assert said.startswith("1 photograph is without color")
    assert "3.png" in said
    assert "--without-gray" in said


def test_missing_labels_are_told_only_where_they_were_needed(photographs):
    some, none = changed(photographs, 0, 1, label=None), changed(photographs, *range(5), label=None)
    assert of_photographs(some, classifier=None) == of_photographs(none, classifier=None) == []
    assert "Only 3 of 5 photographs" in of_photographs(some, classifier="x")[0]
    assert "no class labels" in of_photographs(none, classifier="x")[0]


def test_a_system_without_some_pictures_is_named_with_them(photographs):
    lacking = Gathered(SetDistances(is_truth=False, seed=0), problems=[(2, "no picture")])
    whole = Gathered(SetDistances(is_truth=False, seed=0))
    [said] = of_colorings({"out": lacking, "lite": whole}, photographs)
    assert said.startswith("out lacks 1 of 5 photographs")
    assert "2.png (no picture)" in said


def test_where_a_measure_rewards_gray_its_lead_is_told():
    rows = [row("gray", "gray", psnr=24.0, ssim=0.9), row("vivid", "weights", psnr=21.5, ssim=0.95)]
    apart = [Difference(name, "vivid", "gray", Estimate(value)) for name, value in (("psnr", -2.5), ("ssim", 0.05))]
    [said] = of_rewards(rows, apart)
    assert said.startswith("Gray, no color at all, beats vivid on PSNR (by 2.50 dB): ")


def test_baselines_are_not_held_against_gray():
    rows = [row("gray", "gray", psnr=24.0), row("random", "random", psnr=18.0)]
    assert of_rewards(rows, [Difference("psnr", "random", "gray", Estimate(-6.0))]) == []


@pytest.mark.parametrize(("low", "high", "told"), [(-9.0, -1.0, True), (-9.0, 1.0, False)])
def test_where_a_measure_does_not_reward_gray_only_an_established_lead_is_told(low, high, told):
    rows = [row("gray", "gray", top1=70.0), row("vivid", "weights", top1=66.0)]
    said = of_rewards(rows, [Difference("top1", "vivid", "gray", Estimate(-4.0, low, high))])
    assert len(said) == told
    if told:
        assert "vivid is behind gray on top-1 (by 4.00 points)" in said[0]


def test_without_gray_nothing_is_compared():
    apart = Difference("psnr", "vivid", "calm", Estimate(-1.0, -2.0, -0.5))
    assert of_rewards([row("vivid", "weights", psnr=1.0), row("calm", "weights", psnr=2.0)], [apart]) == []
