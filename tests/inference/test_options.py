"""Options refuse what cannot work."""

import dataclasses
import json
from pathlib import Path

import pytest

from photochrom.inference import Hint, Options


def test_the_defaults_are_those_of_the_paper_and_the_package():
    options = Options()
    assert (options.model, options.temperature, options.working_size) == ("lite", None, 256)
    assert (options.saturation, options.white_balance, options.hints, options.mask) == (1.0, 0.0, (), None)
    assert (options.seed, options.keep_color, options.provenance, options.mark) == (0, False, True, False)


def test_options_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().temperature = 1.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", ""),
        ("model", 3),
        ("temperature", 0.0),
        ("temperature", 7.0),
        ("temperature", float("nan")),
        ("temperature", "0.5"),
        ("temperature", True),
        ("working_size", 0),
        ("working_size", 100_000),
        ("working_size", "large"),
        ("working_size", 256.0),
        ("max_megapixels", 0.0),
        ("max_megapixels", float("nan")),
        ("max_megapixels", "many"),
        ("threads", 0),
        ("threads", 1.5),
        ("max_megapixels", 10**400),
        ("saturation", 10**400),
        ("temperature", 10**400),
        ("saturation", -0.1),
        ("saturation", 3.1),
        ("saturation", float("nan")),
        ("saturation", None),
        ("white_balance", 1.1),
        ("white_balance", float("nan")),
        ("white_balance", "warm"),
        ("white_balance", None),
        ("hints", "1,2,#fff"),
        ("hints", None),
        ("hints", {"x": 1}),
        ("mask", 5),
        ("mask", ""),
        ("seed", -1),
        ("seed", 1.5),
        ("seed", None),
        ("keep_color", 1),
        ("provenance", "yes"),
        ("mark", None),
    ],
)
def test_a_value_out_of_range_is_refused_by_name_in_one_line(field, value):
    with pytest.raises(ValueError, match=field) as error:
        Options(**{field: value})
    assert "\n" not in str(error.value)


def test_hints_may_come_as_texts_and_objects_and_are_kept_as_hints():
    options = Options(hints=["30%,40%,#fff", {"x": 1, "y": 2, "color": "#000"}, Hint(3, 4, "#123")])
    assert options.hints == (Hint(0.3, 0.4, "#fff", "share"), Hint(1, 2, "#000"), Hint(3, 4, "#123"))


def test_options_survive_json():
    options = Options(
        model=Path("own.onnx"),
        temperature=0.5,
        working_size="auto",
        saturation=1.5,
        white_balance="auto",
        hints=(Hint(0.5, 0.25, "#a03020", "share", radius=0.1),),
        mask=Path("mask.png"),
        seed=7,
        keep_color=True,
        provenance=False,
        mark=True,
    )
    written = json.loads(json.dumps(options.to_json()))
    assert Options.from_json(written) == dataclasses.replace(options, model="own.onnx")
    assert Options.from_json(json.loads(json.dumps(Options().to_json()))) == Options()


def test_json_may_leave_options_out():
    assert Options.from_json({"saturation": 2}) == Options(saturation=2)
    assert Options.from_json({}) == Options()


@pytest.mark.parametrize("key", ["colour", "Saturation", "detail"])
def test_an_unknown_key_is_refused_by_name(key):
    with pytest.raises(ValueError, match=f"no option '{key}'") as error:
        Options.from_json({"saturation": 1, key: 1})
    assert "saturation" in str(error.value)


@pytest.mark.parametrize("value", [[1], "x", None])
def test_options_that_are_no_object_are_refused(value):
    with pytest.raises(ValueError, match="object"):
        Options.from_json(value)
