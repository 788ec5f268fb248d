"""Choosing colors after the network has run, on real photographs with the tiny network."""

import dataclasses

import numpy as np
import pytest
import skimage.data
from PIL import Image

from photochrom.color.lab import rgb_to_lab, rgb_to_lightness
from photochrom.inference import Colorizer, Hint, Options
from photochrom.photos import PhotoError


@pytest.fixture(scope="module")
def coffee():
    """uint8 [200, 300, 3]."""
    return np.ascontiguousarray(skimage.data.coffee()[::2, ::2])


@pytest.fixture(scope="module")
def predicted(tiny_model, coffee):
    return Colorizer(tiny_model).predict(coffee)


@pytest.fixture
def mask_file(tmp_path):
    """The left half is colored."""
    path = tmp_path / "mask.png"
    Image.fromarray(np.repeat(np.uint8([[255, 0]]), 64, axis=0).repeat(64, axis=1)).save(path)
    return path


def with_options(model, photo, **choices):
    return Colorizer.from_options(Options(model=model, **choices)).predict(photo)


def test_without_choices_it_is_what_the_fast_way_gives(tiny_model, predicted, coffee):
    np.testing.assert_allclose(predicted.color().ab, Colorizer(tiny_model).colorize(coffee).ab, atol=2e-3)


@pytest.mark.parametrize("temperature", [1.0, 0.38, 0.1])
def test_every_temperature_is_that_of_the_distribution(predicted, temperature):
    np.testing.assert_array_equal(
        predicted.color(temperature=temperature).ab, predicted.distribution.annealed_mean(temperature)
    )


def test_saturation_multiplies_the_chroma(predicted):
    ab = predicted.color().ab
    np.testing.assert_allclose(predicted.color(saturation=2).ab, 2 * ab, rtol=1e-6)
    assert not predicted.color(saturation=0).ab.any()


def test_no_saturation_is_the_gray_photograph(predicted, coffee):
    gray = predicted.color(saturation=0).numpy()
    assert np.ptp(gray, axis=2).max() == 0
    assert np.abs(rgb_to_lightness(gray) - rgb_to_lightness(coffee)).max() <= 0.5


def test_warm_is_more_yellow_than_cool_and_automatic_is_nearer_gray(predicted):
    warm, plain, cool = (predicted.color(white_balance=amount).ab[1].mean() for amount in (1, 0, -1))
    assert warm > plain > cool


def test_automatic_balance_takes_an_even_cast_away(point_model):
    """The regression a = 0.3 L, b = -0.2 L is a violet cast that grows with lightness: in small parts, all cast."""
    photo = np.repeat(np.linspace(20, 60, 128, dtype=np.uint8)[None], 96, axis=0)
    predicted = Colorizer(point_model).predict(photo)
    before, after = (np.hypot(*predicted.color(white_balance=way).ab).mean() for way in (0, "auto"))
    assert before > 4
    assert after < 0.7 * before


@pytest.mark.parametrize(
    "choices", [{"saturation": 1.7}, {"white_balance": 0.6}, {"white_balance": "auto"}, {"temperature": 0.2}]
)
def test_a_choice_in_the_options_is_the_same_choice_in_the_call(tiny_model, predicted, coffee, choices):
    called = predicted.color(**choices).ab
    np.testing.assert_array_equal(with_options(tiny_model, coffee, **choices).color().ab, called)
    colorizer = Colorizer.from_options(Options(model=tiny_model, **choices))
    np.testing.assert_allclose(colorizer.colorize(coffee).ab, called, atol=2e-3)


def test_lightness_is_kept_by_every_choice(predicted, coffee):
    chosen = predicted.color(
        saturation=2, white_balance=0.5, temperature=0.2, hints=[Hint(0.5, 0.5, "#ff0000", "share")]
    )
    assert np.abs(rgb_to_lightness(chosen.numpy()) - rgb_to_lightness(coffee)).max() <= 1


def test_a_hint_wins_at_its_place_in_the_full_picture(tiny_model):
    gray = np.full((160, 240), 119, np.uint8)
    gray[:, 120:] = 200
    color = np.uint8([150, 100, 90])
    photo = Colorizer(tiny_model).predict(gray).color(hints=[Hint(60, 80, "#96645a")])
    found, wanted = rgb_to_lab(photo.numpy()[80, 60]), rgb_to_lab(color)
    np.testing.assert_allclose(found[1:], wanted[1:], atol=1)
    assert found[0] == pytest.approx(50.03, abs=0.5)  # of sRGB 119: the photograph's own


def test_a_hint_stops_at_the_edge_of_the_thing(tiny_model):
    gray = np.full((160, 240), 60, np.uint8)
    gray[:, 120:] = 200
    predicted = Colorizer(tiny_model).predict(gray)
    plain, hinted = predicted.color().numpy(), predicted.color(hints=[Hint(60, 80, "#804030")]).numpy()
    changed = np.abs(rgb_to_lab(hinted) - rgb_to_lab(plain)).max(axis=2)
    assert changed[:, :100].min() > 3
    assert changed[:, 140:].max() < 2


def test_hints_in_pixels_and_in_shares_name_the_same_place(predicted):
    pixels = predicted.color(hints=[Hint(74, 49, "#2060c0", radius=60)])
    shares = predicted.color(hints=[Hint(74.5 / 300, 49.5 / 200, "#2060c0", "share", radius=0.2)])
    np.testing.assert_array_equal(pixels.ab, shares.ab)


def test_the_options_hints_hold_until_others_are_given(tiny_model, coffee, predicted):
    hints = (Hint(0.3, 0.7, "#2060c0", "share"),)
    hinted = with_options(tiny_model, coffee, hints=hints)
    np.testing.assert_array_equal(hinted.color().ab, predicted.color(hints=hints).ab)
    np.testing.assert_array_equal(hinted.color(hints=[]).ab, predicted.color().ab)
    assert np.abs(hinted.color().ab - predicted.color().ab).max() > 10


def test_a_hint_off_the_picture_is_refused(tiny_model, coffee, predicted):
    with pytest.raises(ValueError, match="outside the picture of 300 x 200"):
        predicted.color(hints=[Hint(300, 10, "#fff")])
    with pytest.raises(ValueError, match="outside the picture"):
        Colorizer.from_options(Options(model=tiny_model, hints=(Hint(10, 200, "#fff"),))).colorize(coffee)


def test_a_regression_takes_hints_too_but_has_no_samples(point_model, coffee):
    predicted = Colorizer(point_model).predict(coffee)
    hinted = predicted.color(hints=[Hint(0.5, 0.5, "#00ff00", "share")])
    assert np.abs(hinted.ab - predicted.color().ab).max() > 10
    for ask in (lambda: predicted.samples(2), predicted.uncertainty):
        with pytest.raises(ValueError, match="classification"):
            ask()


def test_samples_repeat_with_their_seed_and_differ_between_themselves(tiny_model, coffee, predicted):
    first, again = (predicted.samples(3, seed=4) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.ab, other.ab)
    assert np.abs(first[0].ab - first[1].ab).mean() > 0.5
    by_options = with_options(tiny_model, coffee, seed=4).samples(3)
    np.testing.assert_array_equal(by_options[2].ab, first[2].ab)


def test_samples_of_a_network_that_shows_the_mean_are_drawn_nearer_to_the_mode(build_model, tmp_path, coffee):
    model = build_model(tmp_path / "mean.onnx", default_temperature="1.0")
    predicted = Colorizer(model).predict(coffee)
    (own,), (named,), (at_one,) = (predicted.samples(1, seed=1, temperature=chosen) for chosen in (None, 0.38, 1.0))
    assert (own.numpy() == named.numpy()).all()
    assert (own.numpy() != at_one.numpy()).any()
    (asked,) = with_options(model, coffee, temperature=1.0).samples(1, seed=1)
    assert (asked.numpy() == at_one.numpy()).all()


def test_samples_obey_the_options(tiny_model, coffee, predicted):
    pale = with_options(tiny_model, coffee, saturation=0.5).samples(1, seed=1)[0]
    np.testing.assert_allclose(pale.ab, 0.5 * predicted.samples(1, seed=1)[0].ab, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", [0, -1, 65])
def test_a_count_of_samples_outside_is_refused(predicted, count):
    with pytest.raises(ValueError, match=r"1\.\.64"):
        predicted.samples(count)


def test_uncertainty_is_the_entropy_of_the_distribution(predicted):
    np.testing.assert_allclose(predicted.uncertainty(), predicted.distribution.entropy() / np.log(313), atol=1e-6)
    picture = predicted.uncertainty_image()
    assert (picture.width, picture.height, picture.bands, picture.format) == (300, 200, 3, "uchar")


def test_the_picture_of_uncertainty_is_lighter_where_it_is_larger(predicted):
    levels = rgb_to_lightness(predicted.uncertainty_image().numpy())
    small = levels.reshape(50, 4, 75, 4).mean(axis=(1, 3))
    from photochrom.color.upsample import average_cells

    uncertainty = average_cells(predicted.uncertainty(), 50, 75)
    assert np.corrcoef(small.ravel(), uncertainty.ravel())[0, 1] > 0.97


def test_a_mask_leaves_the_gray_photograph_where_it_is_black(predicted, mask_file):
    plain, masked = predicted.color().numpy(), predicted.color(mask=mask_file).numpy()
    gray = predicted.color().before_after().numpy()[:, :300]
    np.testing.assert_array_equal(masked[:, 160:], gray[:, 160:])
    np.testing.assert_array_equal(masked[:, :140], plain[:, :140])


def test_a_mask_in_the_options_holds_for_the_fast_way_too(tiny_model, coffee, predicted, mask_file):
    colorizer = Colorizer.from_options(Options(model=tiny_model, mask=mask_file))
    np.testing.assert_array_equal(colorizer.colorize(coffee).numpy(), predicted.color(mask=mask_file).numpy())


def test_a_mask_that_is_no_picture_is_refused(predicted, tmp_path):
    (tmp_path / "mask.png").write_text("not a picture")
    with pytest.raises(PhotoError, match=r"mask\.png"):
        predicted.color(mask=tmp_path / "mask.png")


def test_options_are_not_changed_by_choosing(tiny_model, coffee):
    colorizer = Colorizer(tiny_model)
    before = dataclasses.replace(colorizer.options)
    colorizer.predict(coffee).color(saturation=2, hints=[Hint(1, 1, "#fff")])
    assert colorizer.options == before


def test_other_options_choose_anew_without_the_network(tiny_model, coffee, predicted, mask_file, monkeypatch):
    choices = {"temperature": 0.2, "saturation": 1.4, "white_balance": 0.3, "mask": mask_file, "seed": 7, "mark": True}
    expected = with_options(tiny_model, coffee, **choices)
    monkeypatch.setattr("photochrom.inference.predictor.Predictor.predict", None)  # whoever runs it fails
    other = predicted.with_options(Options(tiny_model, **choices))
    np.testing.assert_array_equal(other.color().numpy(), expected.color().numpy())
    np.testing.assert_array_equal(other.samples(2)[1].ab, expected.samples(2)[1].ab)
    assert other.color().mark
    assert other.color().made.temperature == 0.2
    assert predicted.with_options(Options(tiny_model, provenance=False)).color().made is None


def test_what_is_drawn_once_takes_any_choice(predicted):
    drawn = predicted.draw(3, seed=4)
    samples = predicted.samples(3, seed=4)
    for ab, sample in zip(drawn, samples, strict=True):
        np.testing.assert_array_equal(predicted.color(drawn=ab).numpy(), sample.numpy())
    np.testing.assert_allclose(predicted.color(drawn=drawn[1], saturation=0.5).ab, drawn[1] / 2)


def test_a_mask_may_be_the_bytes_of_its_file(predicted, mask_file):
    expected = predicted.color(mask=mask_file).numpy()
    np.testing.assert_array_equal(predicted.color(mask=mask_file.read_bytes()).numpy(), expected)
