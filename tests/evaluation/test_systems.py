"""Each system gives the colors that it should, and what cannot be one is refused."""

import numpy as np
import pytest
from PIL import Image
from skimage.color import lab2rgb, rgb2lab

from photochrom.color.lab import rgb_to_lab
from photochrom.evaluation.photographs import open_photographs
from photochrom.evaluation.settings import EvaluationError, Settings
from photochrom.evaluation.systems import MODE, NoColoring, Scene, open_system
from photochrom.inference import Predictor

SMALL = Settings(size=32)
COUNT = 7


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A folder of colorful 32x32 photographs."""
    folder = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for index in range(COUNT):
        colors = random.integers(0, 256, (2, 2, 3), dtype=np.uint8)
        Image.fromarray(colors).resize((32, 32), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def photographs(source, tmp_path_factory):
    return open_photographs(source, tmp_path_factory.mktemp("work"), SMALL)


@pytest.fixture
def opened(source, photographs, tmp_path):
    """opened("gray") is that system."""
    return lambda text, settings=SMALL: open_system(str(text), photographs, settings, tmp_path / "work", source)


def color(system, photographs, index, temperature=None):
    return system.color(Scene(index, photographs.square(index)))(temperature)


def test_truth_is_the_photograph(opened, photographs):
    coloring = color(opened("truth"), photographs, 3)
    np.testing.assert_array_equal(coloring.picture, photographs.square(3))
    np.testing.assert_allclose(coloring.ab, rgb2lab(photographs.square(3))[..., 1:], atol=0.01)


def test_gray_has_the_lightness_and_no_color(opened, photographs):
    coloring = color(opened("gray"), photographs, 3)
    assert not coloring.ab.any()
    assert (coloring.picture == coloring.picture[..., :1]).all()
    wanted = rgb2lab(photographs.square(3))[..., 0]
    np.testing.assert_allclose(rgb2lab(coloring.picture)[..., 0], wanted, atol=0.25)  # half a step of 8 bits


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
@pytest.mark.parametrize("seed", [0, 3])
def test_random_gives_the_color_of_the_next_photograph_in_a_random_order(opened, photographs, seed):
    order = np.random.default_rng(seed).permutation(COUNT)
    system = opened("random", Settings(size=32, seed=seed))
    for place in range(COUNT):
        index, other = int(order[place]), int(order[(place + 1) % COUNT])
        coloring = color(system, photographs, index)
        np.testing.assert_array_equal(coloring.ab, rgb_to_lab(photographs.square(other))[..., 1:])
        own = rgb2lab(photographs.square(index))[..., :1]
        wanted = lab2rgb(np.concatenate([own, rgb2lab(photographs.square(other))[..., 1:]], axis=-1)) * 255
        inside = ((wanted > 0) & (wanted < 255)).all(axis=-1)  # scikit-image clips a second time, in XYZ
        assert np.abs(coloring.picture - wanted)[inside].max() < 1


def test_mean_color_is_one_tint_over_everything(opened, photographs):
    every = np.stack([rgb2lab(photographs.square(index))[..., 1:] for index in range(COUNT)])
    coloring = color(opened("mean-color"), photographs, 2)
    np.testing.assert_allclose(coloring.ab, np.broadcast_to(every.mean(axis=(0, 1, 2)), (32, 32, 2)), atol=0.01)


def test_a_network_colors_as_the_predictor_does_at_every_temperature(opened, photographs, tiny_model):
    system = opened(tiny_model)
    scene = Scene(1, photographs.square(1))
    choose = system.color(scene)
    prediction = Predictor(tiny_model).predict(scene.lightness)
    for temperature in (0.2, 0.38, 1.0):
        small = prediction.colors.annealed_mean(temperature)
        # The mean over a 4x4 cell of the enlarged map is the map again, up to what follows the edges.
        cells = choose(temperature).ab.reshape(8, 4, 8, 4, 2).mean(axis=(1, 3))
        assert np.abs(np.moveaxis(small, 0, -1) - cells).mean() < 1
    mode = np.moveaxis(prediction.colors.mode(), 0, -1)
    cells = choose(MODE).ab.reshape(8, 4, 8, 4, 2).mean(axis=(1, 3))
    assert np.abs(mode - cells).mean() < 5


def test_a_network_has_its_own_temperature_unless_others_are_asked_for(opened, tiny_model):
    assert opened(tiny_model).temperatures == (0.38,)
    assert opened(tiny_model, Settings(size=32, temperatures=(0.2, 1.0))).temperatures == (0.2, 1.0)


def test_a_regression_knows_no_temperature(opened, point_model):
    assert opened(point_model, Settings(size=32, temperatures=(0.2,))).temperatures == (None,)


def test_a_name_can_be_given(opened, tiny_model, source):
    assert opened(tiny_model).name == "tiny"
    assert opened(f"mine={tiny_model}").name == "mine"
    assert opened(f"other={source}").name == "other"


def test_pictures_of_a_folder_are_found_by_name_and_taken_as_they_are(opened, photographs, tmp_path):
    folder = tmp_path / "colored"
    (folder / "deep").mkdir(parents=True)
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(3)]
    Image.fromarray(pictures[0]).save(folder / "0.png")
    Image.fromarray(pictures[1]).save(folder / "deep" / "1.png")
    Image.fromarray(pictures[2]).save(folder / "2.color.png")  # as `photochrom colorize` names it
    system = opened(folder)
    for index, picture in enumerate(pictures):
        np.testing.assert_array_equal(color(system, photographs, index).picture, picture)
    assert [name for name, _ in system.missing] == ["3.png", "4.png", "5.png", "6.png"]
    with pytest.raises(NoColoring):
        color(system, photographs, 3)


def test_a_picture_of_another_size_is_no_coloring(opened, photographs, tmp_path):
    folder = tmp_path / "colored"
    folder.mkdir()
    Image.new("RGB", (40, 32)).save(folder / "0.png")
    (folder / "1.png").write_text("broken")
    system = opened(folder)
    with pytest.raises(NoColoring, match=r"0\.png is 40x32, its photograph 32x32"):
        color(system, photographs, 0)
    with pytest.raises(NoColoring, match=r"1\.png cannot be read"):
        color(system, photographs, 1)


def test_a_picture_of_the_photographs_own_size_is_cut_as_it_was(tmp_path):
    source, colored = tmp_path / "photographs", tmp_path / "colored"
    source.mkdir()
    colored.mkdir()
    wide = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    Image.fromarray(wide).save(source / "wide.png")
    Image.fromarray(wide).save(colored / "wide.png")
    photographs = open_photographs(source, tmp_path / "work", SMALL)
    system = open_system(str(colored), photographs, SMALL, tmp_path / "work", source)
    np.testing.assert_array_equal(color(system, photographs, 0).picture, photographs.square(0))


def test_what_cannot_be_a_system_is_refused_in_one_line(opened, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "others").mkdir()
    Image.new("RGB", (32, 32)).save(tmp_path / "others" / "another.png")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "settings.json").write_text("{}")
    for text, says in (
        ("no-such-model", "mean-color"),
        (tmp_path / "gone.onnx", "gone.onnx"),
        (tmp_path / "empty", "neither a run nor a folder of pictures"),
        (tmp_path / "others", r"no picture of any of the 7 photographs.*0\.png"),
        (tmp_path / "run", "no checkpoint yet"),
    ):
        with pytest.raises(EvaluationError, match=says) as refused:
            opened(text)
        assert "\n" not in str(refused.value)
