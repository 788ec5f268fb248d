"""Options refuse what cannot work."""

import dataclasses

import pytest

from photochrom.inference import Options


def test_the_defaults_are_those_of_the_paper_and_the_package():
    options = Options()
    assert (options.model, options.temperature, options.working_size) == ("lite", None, 256)


def test_options_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().temperature = 1.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", 0.0),
        ("temperature", 7.0),
        ("temperature", float("nan")),
        ("working_size", 0),
        ("working_size", 100_000),
        ("max_megapixels", 0.0),
        ("max_megapixels", float("nan")),
        ("threads", 0),
    ],
)
def test_a_value_out_of_range_is_refused_by_name_in_one_line(field, value):
    with pytest.raises(ValueError, match=field) as error:
        Options(**{field: value})
    assert "\n" not in str(error.value)
