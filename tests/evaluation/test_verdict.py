import pytest

from photochrom.evaluation.report import Confusion, Difference, Estimate, Report, Row
from photochrom.evaluation.verdict import findings, headline, reading, reasons


def report_of(table, differences=(), confusions=()):
    """table: name -> (kind, measures); differences: measure, first, second, value, half width."""
    rows = [
        Row(name, "", kind, {measure: Estimate(value) for measure, value in measures.items()})
        for name, (kind, measures) in table.items()
    ]
    found = [
        Difference(measure, first, second, Estimate(gap, gap - half, gap + half))
        for measure, first, second, gap, half in differences
    ]
    return Report({}, {}, {}, rows, found, confusions=list(confusions))


TWO = {"a": ("run", {"auc_rebalanced": 62, "top1": 70}), "b": ("run", {"auc_rebalanced": 60, "top1": 69})}
GRAY = {"gray": ("gray", {"auc_rebalanced": 58, "top1": 75})}


def test_the_better_of_two_is_named_with_its_margin_and_interval():
    report = report_of(TWO, [("auc_rebalanced", "a", "b", 2, 0.5), ("top1", "a", "b", 1, 0.25)])
    assert headline(report) == (
        "a is the better system: ahead on AuC rebalanced (by 2.00 points [1.50, 2.50]) "
        "and top-1 (by 1.00 point [0.75, 1.25])."
    )


def test_the_margin_of_the_best_of_many_is_that_over_the_next():
    three = TWO | {"c": ("folder", {"auc_rebalanced": 61})}
    report = report_of(three, [("auc_rebalanced", "a", "b", 2, 0.5), ("auc_rebalanced", "a", "c", 1, 0.5)])
    assert "a is ahead on AuC rebalanced (by 1.00 point [0.50, 1.50] over the next)" in headline(report)


def test_what_is_open_is_said_beside_a_lead():
    report = report_of(TWO, [("auc_rebalanced", "a", "b", 2, 0.5), ("top1", "a", "b", 1, 3)])
    assert headline(report).endswith("; on top-1 no system is clearly ahead.")


def test_two_leaders_make_it_depend_on_the_question():
    table = {"a": ("run", {"auc_rebalanced": 62, "top1": 60}), "b": ("run", {"auc_rebalanced": 60, "top1": 69})}
    report = report_of(table, [("auc_rebalanced", "a", "b", 2, 0.5), ("top1", "b", "a", 9, 2)])
    assert headline(report) == (
        "Which system is better depends on the question: a is ahead on AuC rebalanced (by 2.00 points [1.50, 2.50]) "
        "and b is ahead on top-1 (by 9.00 points [7.00, 11.00])."
    )


def test_no_lead_is_claimed_where_intervals_hold_zero_or_are_missing():
    report = report_of(TWO, [("auc_rebalanced", "a", "b", 2, 3)])
    assert headline(report) == "No system is clearly ahead: on AuC rebalanced and top-1 the best cannot be told apart."


def test_plain_gray_ahead_of_the_best_is_part_of_the_verdict():
    lead = [("auc_rebalanced", "a", "b", 2, 0.5), ("top1", "a", "b", 1, 0.25), ("top1", "a", "gray", -5, 1)]
    assert headline(report_of(TWO | GRAY, lead)).endswith(
        "Plain gray, no color at all, beats even the best on top-1 (by 5.00 points [4.00, 6.00])."
    )


def test_where_nobody_leads_the_best_is_held_against_plain_gray():
    gaps = [("auc_rebalanced", "a", "gray", 4, 1), ("top1", "gray", "a", 5, 1)]
    assert headline(report_of(TWO | GRAY, gaps)).endswith(
        "The best beats plain gray on AuC rebalanced (by 4.00 points [3.00, 5.00]), "
        "but loses to it on top-1 (by 5.00 points [4.00, 6.00])."
    )


def test_one_system_is_judged_against_plain_gray():
    table = {"a": ("run", {"auc_rebalanced": 62, "top1": 70, "auc_raw": 88})} | GRAY
    gaps = [("auc_rebalanced", "a", "gray", 4, 1), ("top1", "a", "gray", -5, 1), ("auc_raw", "a", "gray", 0.5, 1)]
    assert headline(report_of(table, gaps)) == (
        "a is better than plain gray on AuC rebalanced (by 4.00 points [3.00, 5.00]); worse on top-1 "
        "(by 5.00 points [4.00, 6.00]); not distinguishable from plain gray on AuC raw."
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (GRAY, "reference rows only"),
        ({"a": TWO["a"]}, "without plain gray"),
        ({"a": TWO["a"]} | GRAY, "no difference from plain gray was measured"),
        ({"a": ("run", {"psnr": 20}), "b": ("run", {"psnr": 30})}, "no measure that tells good color from none"),
    ],
)
def test_a_report_that_allows_no_verdict_says_so(table, words):
    assert words in headline(report_of(table))


def test_a_finding_warns_where_gray_leads_a_measure_that_rewards_it():
    table = {"a": ("run", {"ciede2000": 9}), "gray": ("gray", {"ciede2000": 7})}
    (found,) = findings(report_of(table, [("ciede2000", "a", "gray", 2, 0.5)]))
    assert found.kind == "caution"
    assert found.rewards_gray
    assert "Plain gray is 2.00 [1.50, 2.50] ahead of it: this measure rewards gray" in found.sentence


def test_a_finding_of_a_clear_lead_names_everyone_behind():
    three = {name: ("run", {"frechet": value}) for name, value in (("a", 5), ("b", 6), ("c", 8))}
    (found,) = findings(report_of(three, [("frechet", "a", "b", -1, 0.5), ("frechet", "c", "a", 3, 1)]))
    assert found.kind == "clear"
    assert found.sentence == (
        "a has the best value, 5.00, 1.00 [0.50, 1.50] ahead of b and 3.00 [2.00, 4.00] ahead of c."
    )


def test_a_finding_holds_an_untested_value_against_that_of_gray():
    table = {"a": ("run", {"frechet": 5}), "gray": ("gray", {"frechet": 12})}
    (found,) = findings(report_of(table))
    assert found.sentence == "a reaches 5.00. Plain gray has 12.00; the difference was not tested."
    assert found.kind == "open"


def test_a_finding_says_what_was_not_tested():
    (first, _) = findings(report_of(TWO))
    assert first.kind == "open"
    assert first.sentence.endswith("its lead over b was not tested.")


def confusion_of(row, red, gray):
    return Confusion(row, ["near gray", "red"], [[gray, 1 - gray], [1 - red, red]], [0.8, 0.2], [])


def test_the_reasons_name_the_family_whose_pixels_differ_most():
    """Near gray holds 0.8 of the pixels, so 10 points there are more pixels than 30 points of red."""
    confusions = [confusion_of("a", red=0.5, gray=0.6), confusion_of("b", red=0.2, gray=0.7)]
    (first, *_) = reasons(report_of(TWO, confusions=confusions))
    assert first == "a and b differ most on near gray: of its pixels 60 % stay near gray with a, 70 % with b."


def test_the_reasons_name_the_commonest_mistake_and_the_chroma():
    table = {"truth": ("truth", {"chroma": 20}), "a": ("run", {"chroma": 15})}
    found = reasons(report_of(table, confusions=[confusion_of("a", red=0.5, gray=0.9)]))
    assert found == [
        "a shows 75 % of the photographs' chroma; its most common mistake: red made near gray, 10.0 % of all pixels."
    ]


def test_nothing_is_explained_without_chroma_and_confusions():
    assert reasons(report_of(TWO)) == []


@pytest.mark.parametrize(
    ("measure", "gap", "half", "words"),
    [
        ("top1", 2, 1, "first better"),
        ("ciede2000", 2, 1, "first worse"),
        ("top1", 2, 3, "not told apart"),
        ("sparkle", 2, 1, "first larger"),
    ],
)
def test_a_difference_is_read_by_the_direction_of_its_measure(measure, gap, half, words):
    table = {"a": ("run", {measure: 3}), "b": ("run", {measure: 1})}
    report = report_of(table, [(measure, "a", "b", gap, half)])
    assert reading(report, report.differences[0]) == words


def test_a_difference_without_interval_is_not_read():
    report = report_of(TWO)
    assert reading(report, Difference("top1", "a", "b", Estimate(1))) == "not tested"
