"""Who takes part, by the parameters of each way in."""

import pytest

from photochrom.study.handing_in import handing_in
from photochrom.study.identity import Identity, IdentityError, identify
from photochrom.study.settings import ServerSettings
from photochrom.study.tokens import CODE_LETTERS, keyed_digest, new_completion_code, picture_name, same_secret

TURK = {"workerId": "W1", "assignmentId": "A1", "hitId": "H1", "turkSubmitTo": "https://www.mturk.com"}


def test_a_local_visitor_without_a_code_is_nobody():
    assert identify("local", {}) == Identity("local", None)
    assert identify("local", {"participant": "P07"}) == Identity("local", "P07")


def test_the_market_knows_its_people():
    prolific = {"PROLIFIC_PID": "5f1", "STUDY_ID": "7a", "SESSION_ID": "9c"}
    assert identify("prolific", prolific) == Identity("prolific", "5f1", "9c")
    assert identify("mturk", TURK) == Identity("mturk", "W1", "A1")
    assert identify("link", {"token": "t"}) == Identity("link", "t", "t")


@pytest.mark.parametrize(
    ("mode", "parameters", "said"),
    [
        ("link", {}, "token is missing"),
        ("prolific", {"PROLIFIC_PID": "5f1", "STUDY_ID": "7a"}, "SESSION_ID is missing"),
        (
            "prolific",
            {"PROLIFIC_PID": "{{%PROLIFIC_PID%}}", "STUDY_ID": "7a", "SESSION_ID": "9c"},
            "PROLIFIC_PID is not",
        ),
        ("mturk", TURK | {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"}, "preview"),
        ("mturk", TURK | {"turkSubmitTo": "https://evil.example"}, "turkSubmitTo"),
        ("mturk", TURK | {"workerId": ""}, "workerId is missing"),
        ("local", {"participant": "a b"}, "participant is not"),
        ("local", {"participant": "a" * 129}, "participant is not"),
    ],
)
def test_parameters_that_name_nobody_are_refused(mode, parameters, said):
    with pytest.raises(IdentityError, match=said):
        identify(mode, parameters)


def test_no_form_goes_to_an_address_that_is_not_mechanical_turks():
    end = handing_in("mturk", "ABCD-EFGH", None, {"turkSubmitTo": "https://www.mturk.com.evil.example"})
    assert (end["way"], end["address"]) == ("code", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mode": "prolific"}, "completion code"),
        ({"mode": "prolific", "completion_code": "a&b"}, "letters and digits"),
        ({"mode": "elsewhere"}, "mode must be"),
        ({"admin_token": "short"}, "16 ASCII characters"),
        ({"simulation_secret": "ä" * 20}, "16 ASCII characters"),
    ],
)
def test_settings_that_cannot_work_are_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        ServerSettings(**fields)


def test_what_the_consent_says_is_kept_depends_on_the_way_in():
    texts = {
        mode: " ".join(ServerSettings(mode=mode, completion_code="C0DE").consent_paragraphs(8))
        for mode in ("local", "link", "prolific", "mturk")
    }
    assert len(set(texts.values())) == 4
    assert all("8 minutes" in text for text in texts.values())


def test_picture_names_differ_in_every_part_and_need_the_key():
    names = {picture_name(b"k", person, trial, slot) for person in range(5) for trial in range(20) for slot in (0, 1)}
    assert len(names) == 200
    assert picture_name(b"k", 1, 11, 0) != picture_name(b"k", 11, 1, 0)
    assert picture_name(b"other", 0, 0, 0) not in names


def test_completion_codes_are_readable_and_seldom_the_same():
    codes = {new_completion_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert {letter for code in codes for letter in code.replace("-", "")} == set(CODE_LETTERS)


def test_secrets_are_compared_whatever_letters_they_have():
    assert same_secret("abc", "abc")
    assert not same_secret("\ud800", "abc")
    assert keyed_digest(b"k", "1:a", "b") != keyed_digest(b"k", "1", "a1:b")
