"""Hints as texts, JSON and places."""

import json

import pytest

from photochrom.inference import Hint, read_hints


def test_a_text_in_pixels_and_one_in_shares():
    assert Hint.parse("120,80,#a03020") == Hint(120, 80, "#a03020", "pixels")
    assert Hint.parse(" 30% , 45.5%,#A03020") == Hint(0.3, 0.455, "#A03020", "share")


def test_short_colors_double_their_digits():
    assert Hint(0, 0, "#f80").rgb() == Hint(0, 0, "#ff8800").rgb() == (255, 136, 0)


def test_json_and_back_is_the_same_hint():
    for hint in (Hint(3, 4, "#123456"), Hint(0.5, 1.0, "#abc", "share", radius=0.25)):
        assert Hint.from_json(json.loads(json.dumps(hint.to_json()))) == hint


def test_a_pixel_is_meant_at_its_middle():
    assert Hint(0, 0, "#fff").share(100, 50) == (0.005, 0.01)
    assert Hint(99, 49, "#fff").share(100, 50) == (0.995, 0.99)


def test_a_share_fits_any_size():
    assert Hint(0.25, 0.75, "#fff", "share").share(10, 20) == Hint(0.25, 0.75, "#fff", "share").share(7000, 3000)


def test_a_radius_in_pixels_is_one_of_the_long_side():
    assert Hint(0, 0, "#fff", radius=50).reach(400, 200) == 0.125
    assert Hint(0, 0, "#fff", "share", radius=0.1).reach(400, 200) == 0.1
    assert Hint(0, 0, "#fff").reach(400, 200) is None


@pytest.mark.parametrize(("x", "y"), [(100, 10), (10, 50), (1e9, 0)])
def test_a_pixel_outside_the_picture_is_refused(x, y):
    with pytest.raises(ValueError, match="outside the picture of 100 x 50"):
        Hint(x, y, "#fff").share(100, 50)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no hint"),
        ("1,2", "no hint"),
        ("1,2,#fff,4", "no hint"),
        ("a,2,#fff", "no number"),
        ("nan,2,#fff", "x must be"),
        ("-1,2,#fff", "x must be"),
        ("1,inf,#fff", "y must be"),
        ("30%,45,#fff", "mixes"),
        ("101%,45%,#fff", "x must be"),
        ("1,2,red", "#rrggbb"),
        ("1,2,#ff", "#rrggbb"),
        ("1,2,#ff00zz", "#rrggbb"),
    ],
)
def test_a_text_that_is_no_hint_is_refused_in_one_line(text, says):
    with pytest.raises(ValueError, match=says) as error:
        Hint.parse(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"x": 1, "y": 2}, "lacks 'color'"),
        ({"x": 1, "y": 2, "color": "#fff", "colour": 1}, "no field 'colour'"),
        ({"x": "1", "y": 2, "color": "#fff"}, "x must be"),
        ({"x": True, "y": 2, "color": "#fff"}, "x must be"),
        ({"x": 1, "y": 2, "color": 7}, "#rrggbb"),
        ({"x": 1, "y": 2, "color": "#fff", "unit": "inch"}, "unit"),
        ({"x": 1, "y": 2, "color": "#fff", "radius": 0}, "radius"),
        ([1, 2, "#fff"], "object"),
    ],
)
def test_json_that_is_no_hint_is_refused_in_one_line(value, says):
    with pytest.raises(ValueError, match=says) as error:
        Hint.from_json(value)
    assert "\n" not in str(error.value)


def test_a_file_of_hints_holds_objects_and_texts(tmp_path):
    path = tmp_path / "hints.json"
    path.write_text('[{"x": 0.3, "y": 0.4, "unit": "share", "color": "#a03020"}, "5,6,#fff"]')
    assert read_hints(path) == (Hint(0.3, 0.4, "#a03020", "share"), Hint(5, 6, "#fff"))


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"{", "no JSON"), (b"\xff\xfe", "no JSON"), (b"{}", "list"), (b'[{"x": 1}]', "lacks 'y'"), (b"[3]", "object")],
)
def test_a_file_that_holds_no_hints_is_named(tmp_path, content, says):
    path = tmp_path / "hints.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=says) as error:
        read_hints(path)
    assert "hints.json" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_of_hints_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.json: the hints cannot be read"):
        read_hints(tmp_path / "gone.json")
