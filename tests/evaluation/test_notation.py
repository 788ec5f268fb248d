import pytest
from markdown_it import MarkdownIt

from photochrom.evaluation.measures import MEASURES
from photochrom.evaluation.notation import (
    MAIN,
    flat,
    in_markdown,
    interval,
    listed,
    measure_of,
    number,
    signed,
    unit_words,
    with_interval,
)
from photochrom.evaluation.report import Estimate


def test_the_main_measures_are_those_of_the_papers_table_in_its_order():
    titles = [MEASURES[name].title for name in MAIN]
    assert titles == ["AuC raw", "AuC rebalanced", "top-1", "labelled real"]


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [(1234567.891, 2, "1,234,567.89"), (0.5, 0, "0"), (-0.0001, 2, "0.00"), (-0.006, 2, "-0.01"), (None, 2, "-")],
)
def test_numbers_are_rounded_and_grouped_and_zero_has_no_sign(value, digits, written):
    assert number(value, digits) == written


@pytest.mark.parametrize(("value", "written"), [(0.04, "0.0"), (0.06, "+0.1"), (-3, "-3.0"), (0, "0.0")])
def test_differences_show_their_sign_unless_they_round_to_nothing(value, written):
    assert signed(value, 1) == written


def test_an_interval_needs_both_ends():
    assert interval(None, 1) == ""
    assert interval(Estimate(1, None, 2), 1) == ""
    assert interval(Estimate(1, 0, None), 1) == ""


def test_an_interval_without_width_is_left_out():
    assert with_interval(Estimate(100, 100, 100), 2) == "100.00"


def test_an_interval_whose_ends_only_look_alike_is_kept():
    assert with_interval(Estimate(0.5, 0.499, 0.501), 1) == "0.5 [0.5, 0.5]"


def test_an_unknown_measure_is_shown_without_a_direction():
    measure = measure_of("sparkle")
    assert (measure.title, measure.better) == ("sparkle", "none")


def test_a_difference_of_percentages_is_in_points():
    assert unit_words(MEASURES["top1"], 1.0) == " point"
    assert unit_words(MEASURES["psnr"], 3.0) == " dB"


def test_lists_are_written_as_in_a_sentence():
    assert listed([]) == ""
    assert listed(["a", "b", "c", "d"]) == "a, b, c and d"


def test_nested_settings_become_lines_with_their_path():
    settings = {"a": {"b": {"c": [1, 2.5, None]}}, "d": False, "e": "1, 2"}
    assert flat(settings) == [("a.b.c", "1, 2.5, none"), ("d", "no"), ("e", "1, 2")]


@pytest.mark.parametrize(
    "name",
    [
        "**bold**",
        "a|b",
        "<script>alert(1)</script>",
        "`code`",
        "[link](javascript:x)",
        "![x](y)",
        "a_b_c",
        "\\",
        "&amp;",
        "~~x~~",
    ],
)
def test_a_hostile_name_is_plain_text_in_markdown(name):
    tokens = (
        MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").parseInline(in_markdown(name))
    )
    assert {token.type for token in tokens[0].children} <= {"text", "text_special"}
    assert "".join(token.content for token in tokens[0].children) == name


def test_a_name_of_two_lines_stays_in_its_cell():
    assert in_markdown("a\nb\r\n c") == "a b c"
