from photochrom.evaluation.palette import COLORS, DASHES, REFERENCES, looks
from photochrom.evaluation.report import Report, Row


def report_of(kinds):
    return Report({}, {}, {}, [Row(f"{kind} {turn}", "", kind, {}) for turn, kind in enumerate(kinds)])


def test_no_two_systems_look_alike():
    found = looks(report_of(["run"] * COLORS * len(DASHES)))
    assert len(set(found.values())) == COLORS * len(DASHES)


def test_systems_are_told_apart_without_their_color():
    found = looks(report_of(["weights", "run", "folder"] * 2))
    assert len({(look.mark, look.dash) for look in found.values()}) == 6


def test_references_take_no_color_of_a_system():
    found = looks(report_of(["truth", "weights", "gray", "run"]))
    assert [look.color for look in found.values()] == ["truth", "s1", "gray", "s2"]


def test_references_are_told_apart_by_mark_and_dash():
    assert len({(look.mark, look.dash) for look in REFERENCES.values()}) == len(REFERENCES)
