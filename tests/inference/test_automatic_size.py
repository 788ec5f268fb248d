"""The working size "auto": the size at which the network doubts least."""

import numpy as np
import pytest

from photochrom.inference import Colorizer
from photochrom.inference.working_size import AUTOMATIC_SIZES


@pytest.fixture(scope="module")
def photo():
    """Vertical lines two pixels apart on gray: at 512 they are seen, at 256 they have run together."""
    gray = np.full((600, 600), 119, np.uint8)
    gray[:, ::2] = 180
    return gray


@pytest.fixture(scope="module")
def predictions(tiny_model, photo):
    return {size: Colorizer(tiny_model, working_size=size).predict(photo) for size in AUTOMATIC_SIZES}


def doubt(predicted):
    return float(predicted.distribution.entropy().mean())


@pytest.mark.parametrize("order", [(3, 2, 1), (1, 2, 3), (2, 1, 3), (2, 3, 1)])
def test_sizes_grow_until_the_doubt_does(tiny_model, photo, predictions, monkeypatch, order):
    """The network's doubt is given; what it costs is one look beyond the best."""
    colorizer = Colorizer(tiny_model, working_size="auto")
    predictor, looked = colorizer.predictor, []

    def predict(lightness):
        size = min(lightness.shape)
        looked.append(size)
        sharpness = 4.0 / order[AUTOMATIC_SIZES.index(size)]
        prediction = type(predictor).predict(predictor, lightness)
        prediction.colors.logits[:] = prediction.colors.logits * 0
        prediction.colors.logits[5] = sharpness
        return prediction

    monkeypatch.setattr(predictor, "predict", predict)
    chosen = min(colorizer.predict(photo).lightness.shape)
    expected = {(3, 2, 1): 512, (1, 2, 3): 256, (2, 1, 3): 384, (2, 3, 1): 256}[order]
    assert chosen == expected
    assert looked == {512: [256, 384, 512], 384: [256, 384, 512], 256: [256, 384]}[expected]


def test_the_chosen_size_is_predicted_as_if_it_had_been_given(tiny_model, photo, predictions):
    chosen = Colorizer(tiny_model, working_size="auto").predict(photo)
    given = predictions[min(chosen.lightness.shape)]
    np.testing.assert_array_equal(chosen.color().ab, given.color().ab)
    assert doubt(chosen) <= doubt(predictions[256])


def test_a_small_photograph_is_not_enlarged(tiny_model, photo):
    assert Colorizer(tiny_model, working_size="auto").predict(photo[:300]).lightness.shape[0] == 256


def test_a_regression_is_seen_at_the_first_size(point_model, photo):
    assert min(Colorizer(point_model, working_size="auto").colorize(photo).lightness.shape) == 256
