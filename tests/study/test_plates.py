import numpy as np
import pytest
from skimage.color import rgb2lab

from photochrom.study.digit_shapes import distance_to_digit
from photochrom.study.plates import KINDS, SIDE, draw_plates

# Vienot, Brettel and Mollon 1999: another model of dichromacy than the one that the plates are made by. LMS of linear
# sRGB by Smith and Pokorny's fundamentals; the lost cone is set so that white and blue stay as they are.
LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
LOST = {
    "protan": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
    "deutan": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
}


@pytest.fixture(scope="module")
def plates():
    return draw_plates(0)


def linear(pixels):
    values = pixels / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def seen(pixels, kind):
    """The picture as somebody without that cone sees it, float [h, w, 3] in 0..1."""
    light = linear(pixels)
    if kind is not None:
        light = light @ (np.linalg.inv(LMS) @ LOST[kind] @ LMS).T
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def masks(plate):
    """Which pixels belong to dots of the digit, and which to dots of the ground: bool [h w] each."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    points = (np.stack([columns, rows], axis=-1).reshape(-1, 2) / SIDE - 0.5) / 0.62
    distance = distance_to_digit(plate.digit, points)
    dots = np.abs(plate.pixels.reshape(-1, 3).astype(int) - plate.pixels[2, 2]).sum(axis=1) > 60  # no paper
    return (distance < 0.08) & dots, (distance > 0.16) & dots


def contrast(plate, kind):
    """How well the digit's dots can be told from the others by color: 0.5 not at all, 1 without a mistake.

    The area under the ROC curve along the line between the two mean colors in CIELAB.
    """
    lab = rgb2lab(seen(plate.pixels, kind)).reshape(-1, 3)
    figure, ground = masks(plate)
    one, other = lab[figure], lab[ground]
    along = one.mean(axis=0) - other.mean(axis=0)
    order = np.concatenate([one @ along, other @ along]).argsort().argsort()
    ranks = order[: len(one)].sum() - len(one) * (len(one) - 1) / 2
    return ranks / (len(one) * len(other))


def test_everybody_reads_the_control(plates):
    assert plates[0].kind == "control"
    assert all(contrast(plates[0], kind) > 0.99 for kind in (None, "protan", "deutan"))


def test_normal_color_vision_reads_every_plate(plates):
    assert [contrast(plate, None) > 0.97 for plate in plates] == [True] * len(KINDS)


@pytest.mark.parametrize("kind", ["protan", "deutan"])
def test_who_lacks_a_cone_cannot_tell_the_figure_of_that_plate_by_another_model_of_the_eye(plates, kind):
    for plate in plates:
        if plate.kind == kind:
            assert contrast(plate, kind) < 0.72 < contrast(plate, None) - 0.2


def test_every_plate_has_another_digit_and_another_seed_other_plates(plates):
    assert len({plate.digit for plate in plates}) == len(plates)
    again, other = draw_plates(0), draw_plates(1)
    assert all((one.pixels == two.pixels).all() for one, two in zip(plates, again, strict=True))
    assert not (plates[0].pixels == other[0].pixels).all()


def test_lightness_alone_does_not_give_the_digit_away(plates):
    for plate in plates[1:]:
        lightness = rgb2lab(plate.pixels)[..., 0]
        figure, ground = (mask.reshape(SIDE, SIDE) for mask in masks(plate))
        gap = abs(lightness[figure].mean() - lightness[ground].mean())
        assert gap < 1.5 * lightness[ground].std()


@pytest.mark.parametrize("digit", "0123456789")
def test_a_digit_fits_its_box(digit):
    rows, columns = np.mgrid[-1:1:201j, -1:1:201j]
    points = np.stack([columns, rows], axis=-1).reshape(-1, 2)
    on = points[distance_to_digit(digit, points) < 0.01]
    assert (np.abs(on[:, 0]) < 0.36).all()
    assert (np.abs(on[:, 1]) < 0.51).all()
    assert np.ptp(on[:, 1]) > 0.85
