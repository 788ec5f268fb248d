"""The embedded weights are the ones that the model cards measure, and color photographs as well as these say."""

import re
from pathlib import Path

import pytest

from photochrom.evaluation import evaluate
from photochrom.evaluation.settings import Settings
from photochrom.inference.weights import EMBEDDED, registry

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "eval"
QUICK = {"sweep": False, "cost": False, "classifier": None, "features": None, "gallery": 0, "resamples": 1}

# name -> sha256 of its file, and the least points over gray, raw and rebalanced, on the photographs of examples/ and on
# the first 40 evaluation photographs: what was measured, less half a point for another machine's rounding.
PINNED = {
    "lite": ("5ac87bedc956d63beb2ffcce3e74b23b0a8a0392997905393b87327b9f15b314", (5.7, 8.4), (0.3, 5.1)),
    "lite-class": ("6d72b2af5fe9a2808ba2da4e0924eeb1f8e784f9743b3ca318fe69205aa87b00", (4.6, 5.3), (1.8, 3.5)),
}


@pytest.fixture(scope="module")
def over_gray(tmp_path_factory):
    """over_gray(photographs, limit) -> name -> (raw, rebalanced) in points over gray."""

    def measure(photographs, limit=None):
        settings = Settings(limit=limit, without_gray=True, **QUICK)
        work = tmp_path_factory.mktemp("work")
        report = evaluate(photographs, list(PINNED), settings, work=work)
        gray = report.row("gray").measures
        return {
            name: tuple(
                report.row(f"{name} (T=1)").measures[auc].value - gray[auc].value
                for auc in ("auc_raw", "auc_rebalanced")
            )
            for name in PINNED
        }

    return measure


def test_the_files_are_the_ones_that_were_measured():
    assert {name: weights.sha256 for name, weights in registry().items()} == {
        name: sha256 for name, (sha256, _, _) in PINNED.items()
    }


@pytest.mark.parametrize("name", PINNED)
def test_a_model_card_states_the_hash_of_its_file(name):
    assert PINNED[name][0] in re.findall(r"\b[0-9a-f]{64}\b", (EMBEDDED / f"{name}.md").read_text(encoding="utf-8"))


def test_the_examples_are_colored_as_well_as_measured(over_gray):
    for name, found in over_gray(ROOT / "examples").items():
        assert found[0] >= PINNED[name][1][0]
        assert found[1] >= PINNED[name][1][1]


def test_forty_evaluation_photographs_are_colored_as_well_as_measured(over_gray):
    if not SHARED.is_dir():
        pytest.skip("the evaluation photographs are not here: shared/data/eval lies beside the repository")
    for name, found in over_gray(SHARED, limit=40).items():
        assert found[0] >= PINNED[name][2][0]
        assert found[1] >= PINNED[name][2][1]
