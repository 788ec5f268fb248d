import pytest

from photochrom.evaluation.report import Difference, Estimate, Report, Row
from photochrom.evaluation.standing import advantage, established, paired, standing


def report_of(measure, values, differences=()):
    """A report of one measure; values: kind and name -> value; differences: first, second, value, half width."""
    rows = [Row(name, "", kind, {measure: Estimate(value)}) for (kind, name), value in values.items()]
    found = [
        Difference(measure, one, two, Estimate(gap, gap - half, gap + half)) for one, two, gap, half in differences
    ]
    return Report({}, {}, {}, rows, found)


@pytest.mark.parametrize(
    ("estimate", "side"),
    [
        (Estimate(2, 0.1, 4), 1),
        (Estimate(-2, -4, -0.1), -1),
        (Estimate(2, 0.0, 4), 0),
        (Estimate(2, None, 4), 0),
        (None, 0),
    ],
)
def test_a_difference_is_established_only_where_its_interval_leaves_zero(estimate, side):
    assert established(estimate) == side


def test_a_difference_that_is_held_the_other_way_round_is_turned():
    report = report_of("top1", {("run", "a"): 3, ("run", "b"): 1}, [("a", "b", 2, 0.5)])
    assert paired(report, "top1", "b", "a") == Estimate(-2, -2.5, -1.5)
    assert paired(report, "top5", "a", "b") is None


def test_less_error_is_an_advantage():
    report = report_of("ciede2000", {("run", "a"): 8, ("run", "b"): 9}, [("a", "b", -1, 0.25)])
    assert advantage(report, "ciede2000", "a", "b") == Estimate(1, 0.75, 1.25)


@pytest.mark.parametrize(("a", "b", "expected"), [(30, 20, 10), (60, 70, 10), (45, 30, None)])
def test_nearer_to_the_truth_is_an_advantage_on_either_side_of_it(a, b, expected):
    values = {("truth", "truth"): 40, ("run", "a"): a, ("run", "b"): b}
    found = advantage(report_of("chroma", values, [("a", "b", a - b, 1)]), "chroma", "a", "b")
    assert (found.value if found else None) == expected


def test_without_truth_nothing_is_nearer_to_it():
    report = report_of("chroma", {("run", "a"): 30, ("run", "b"): 20}, [("a", "b", 10, 1)])
    assert advantage(report, "chroma", "a", "b") is None


def test_those_behind_tied_and_untested_are_told_apart():
    values = {("run", "a"): 9, ("weights", "b"): 8, ("folder", "c"): 7, ("run", "d"): 1, ("truth", "truth"): 99}
    report = report_of("top1", values, [("a", "b", 1, 2), ("c", "a", -2, 1)])
    place = standing(report, "top1")
    assert (place.best, place.behind, place.tied, place.untested) == ("a", ("c",), ("b",), ("d",))
    assert not place.clear
    assert not place.alone


def test_a_lead_over_all_is_clear():
    report = report_of("frechet", {("run", "a"): 9, ("run", "b"): 8}, [("a", "b", 1, 0.5)])
    assert standing(report, "frechet").best == "b"
    assert standing(report, "frechet").clear


def test_references_do_not_compete():
    report = report_of("top1", {("truth", "truth"): 90, ("gray", "gray"): 80, ("run", "a"): 9})
    place = standing(report, "top1")
    assert place.best == "a"
    assert place.alone
    assert not place.clear


def test_nobody_leads_a_measure_that_nobody_has_or_that_has_no_better():
    report = report_of("sparkle", {("run", "a"): 9, ("run", "b"): 8})
    assert standing(report, "sparkle") is None
    assert standing(report, "top1") is None
