"""The predictor against the tiny network's arithmetic, done plainly in NumPy."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from photochrom.color.ab_bins import ab_bins
from photochrom.inference import Predictor, WeightsError


@pytest.fixture(scope="module")
def predictor(tiny_model):
    return Predictor(tiny_model)


@pytest.fixture
def lightness():
    return np.random.default_rng(1).uniform(0, 100, (64, 96)).astype(np.float32)


def plain_logits(lightness, tiny_weights):
    """The tiny network in float64: [313, h/4, w/4]."""
    height, width = lightness.shape
    cells = lightness.astype(np.float64).reshape(height // 4, 4, width // 4, 4).mean(axis=(1, 3))
    slope, offset = tiny_weights
    return slope[:, None, None] * cells / 100 + offset[:, None, None]


def plain_annealed_mean(logits, temperature):
    """The paper's formula word for word: f_T(z) = exp(log z / T) / sum exp(log z / T), then the mean of the bins."""
    z = np.exp(logits) / np.exp(logits).sum(axis=0)
    sharpened = np.exp(np.log(z) / temperature)
    return np.einsum("qhw,qc->chw", sharpened / sharpened.sum(axis=0), ab_bins().astype(np.float64))


@pytest.mark.parametrize("temperature", [1.0, 0.38, 0.1])
def test_the_color_is_the_annealed_mean_of_the_networks_distribution(predictor, lightness, tiny_weights, temperature):
    expected = plain_annealed_mean(plain_logits(lightness, tiny_weights), temperature)
    ab = predictor.predict_ab(lightness, temperature)
    assert ab.shape == (2, 16, 24)
    assert ab.dtype == np.float32
    np.testing.assert_allclose(ab, expected, atol=1e-3)
    np.testing.assert_allclose(predictor.predict(lightness).ab(temperature), expected, atol=1e-3)


def test_prediction_brings_the_logits_and_their_bins(predictor, lightness, tiny_weights):
    prediction = predictor.predict(lightness)
    assert prediction.ab_point is None
    np.testing.assert_allclose(prediction.colors.logits, plain_logits(lightness, tiny_weights), atol=1e-4)
    np.testing.assert_array_equal(prediction.colors.bins, ab_bins())


def test_without_a_temperature_the_files_default_is_taken(build_model, lightness, tmp_path):
    calm = Predictor(build_model(tmp_path / "calm.onnx", default_temperature="1.0"))
    np.testing.assert_array_equal(calm.predict_ab(lightness), calm.predict_ab(lightness, 1.0))
    assert np.abs(calm.predict_ab(lightness) - calm.predict_ab(lightness, 0.38)).max() > 1


def test_only_the_color_leaves_the_runtime_unless_logits_are_asked_for(predictor, lightness, monkeypatch):
    asked = []

    class Spy:
        def __init__(self, session):
            self.session = session

        def run(self, outputs, feed):
            asked.append(outputs)
            return self.session.run(outputs, feed)

    monkeypatch.setattr(predictor, "_session", Spy(predictor._session))
    predictor.predict_ab(lightness)
    predictor.predict(lightness)
    assert asked == [["ab"], ["logits"]]


def test_a_regression_gives_a_point_and_no_distribution(point_model, lightness):
    prediction = Predictor(point_model).predict(lightness)
    cells = lightness.reshape(16, 4, 24, 4).mean(axis=(1, 3))
    assert prediction.colors is None
    np.testing.assert_allclose(prediction.ab_point, np.stack([0.3 * cells, -0.2 * cells]), atol=1e-3)
    np.testing.assert_array_equal(prediction.ab(0.1), prediction.ab_point)


def test_threads_that_share_a_predictor_get_what_one_alone_gets(predictor):
    random = np.random.default_rng(2)
    pictures = [random.uniform(0, 100, (32, 32 * (1 + n % 3))).astype(np.float32) for n in range(12)]
    alone = [predictor.predict_ab(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(predictor.predict_ab, pictures))
    for one, other in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(64,), (1, 64, 64), (63, 64), (64, 100), (0, 64)])
def test_another_shape_is_refused_with_the_multiple_it_needs(predictor, shape):
    with pytest.raises(ValueError, match="multiples of 32"):
        predictor.predict_ab(np.zeros(shape, np.float32))


@pytest.mark.parametrize("value", [-1.0, 101.0, 255.0, np.nan, np.inf])
def test_a_lightness_out_of_range_is_refused(predictor, value):
    lightness = np.full((32, 32), 50, np.float32)
    lightness[3, 5] = value
    with pytest.raises(ValueError, match=r"0\.\.100"):
        predictor.predict(lightness)


@pytest.mark.parametrize("temperature", [0, -0.5, 7, np.nan, np.inf])
def test_a_temperature_outside_0_to_1_is_refused(predictor, temperature):
    with pytest.raises(ValueError, match="temperature"):
        predictor.predict_ab(np.zeros((32, 32), np.float32), temperature)


def test_a_missing_file_is_named():
    with pytest.raises(WeightsError, match=r"nowhere\.onnx"):
        Predictor("nowhere.onnx")


@pytest.mark.parametrize("content", [b"", b"<!doctype html><title>Sign in</title>", bytes(range(256)) * 40])
def test_a_file_that_is_no_network_is_refused_in_one_line(tmp_path, content, capfd):
    path = tmp_path / "not.onnx"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as error:
        Predictor(path)
    assert "not.onnx" in str(error.value)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")  # the runtime's own complaints stay silent


def test_a_network_cut_short_is_refused(tiny_model, tmp_path):
    path = tmp_path / "short.onnx"
    path.write_bytes(tiny_model.read_bytes()[:-2000])
    with pytest.raises(WeightsError, match=r"short\.onnx"):
        Predictor(path)


def test_a_network_whose_outputs_have_other_names_is_refused(build_model, tmp_path):
    with pytest.raises(WeightsError, match="colors"):
        Predictor(build_model(tmp_path / "other.onnx", ab_name="colors"))
