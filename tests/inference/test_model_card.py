"""What an ONNX file says about itself, and what is refused."""

import json

import numpy as np
import pytest

from photochrom.color.ab_bins import ab_bins
from photochrom.inference import Predictor, WeightsError
from photochrom.inference.model_card import read_model_card

GOOD = {
    "photochrom.format": "1",
    "photochrom.system": "lite",
    "photochrom.output": "distribution",
    "photochrom.bins": "[[0, 10], [-20, 30]]",
    "photochrom.stride": "4",
    "photochrom.size_multiple": "32",
    "photochrom.default_temperature": "0.38",
    "photochrom.license": "Apache-2.0",
    "photochrom.training": json.dumps({"recipe": "lite-full"}),
    "photochrom.prior_sha256": "ab" * 32,
}


def test_a_file_carries_its_card(tiny_model):
    card = Predictor(tiny_model).card
    np.testing.assert_array_equal(card.bins, ab_bins())
    assert (card.system, card.stride, card.size_multiple, card.default_temperature) == ("tiny", 4, 32, 0.38)


def test_every_field_gets_its_type():
    card = read_model_card(GOOD, name="good.onnx")
    assert card.bins.tolist() == [[0, 10], [-20, 30]]
    assert card.training == {"recipe": "lite-full"}
    assert card.license == "Apache-2.0"
    assert card.prior_sha256 == "ab" * 32


def test_a_regression_needs_no_bins():
    card = read_model_card(GOOD | {"photochrom.output": "point", "photochrom.bins": ""}, name="point.onnx")
    assert card.bins is None


def test_a_strangers_network_is_told_from_ours():
    with pytest.raises(WeightsError, match="not one of photochrom's"):
        read_model_card({"producer": "someone"}, name="resnet.onnx")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("format", "2", "format 2"),
        ("output", "video", "output"),
        ("bins", "[[1, 2, 3]]", "bins"),
        ("bins", "[[1, ", "does not make sense"),
        ("bins", "[[1, NaN]]", "bins"),
        ("stride", "4.5", "4.5"),
        ("stride", "0", "stride"),
        ("stride", "5", "stride"),
        ("size_multiple", "48", "48"),
        ("default_temperature", "7", "temperature"),
        ("training", "[1]", "training"),
    ],
)
def test_metadata_that_do_not_make_sense_are_refused_in_one_line(key, value, says):
    with pytest.raises(WeightsError, match=says) as error:
        read_model_card(GOOD | {f"photochrom.{key}": value}, name="bad.onnx")
    assert "bad.onnx" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["system", "output", "bins", "stride", "size_multiple", "default_temperature"])
def test_a_missing_field_is_named(key):
    metadata = {name: value for name, value in GOOD.items() if name != f"photochrom.{key}"}
    with pytest.raises(WeightsError, match=f"photochrom.{key}"):
        read_model_card(metadata, name="bad.onnx")
