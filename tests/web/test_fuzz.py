"""A short run of `fuzz/http_requests.py`; the long one is a make target."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "fuzz" / "http_requests.py"


@pytest.fixture(scope="module")
def fuzz():
    """The script as a module."""
    specification = importlib.util.spec_from_file_location("http_requests", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("count", [120, pytest.param(2000, marks=pytest.mark.slow)])
def test_malformed_bytes_are_answered_or_cut_off(fuzz, page_address, count):
    answers = fuzz.fuzz_bytes(page_address, count, seed=1)
    assert answers.total() == count
    assert answers["400"] > count / 8  # much of it was malformed indeed


def test_whole_requests_are_understood(fuzz, page_address):
    answers = [fuzz.exchange(page_address, request, wait=20) for request in fuzz.whole_requests()]
    # Damaged photographs; a job that will fail; ids that nobody was given; and what is there.
    assert answers == ["422", "422", "202", "422", "404", "404", "200", "200", "200", "404", "200"]


@pytest.mark.slow  # the document alone takes seconds to read
def test_requests_made_from_the_openapi_document_are_answered_as_it_says(fuzz, page_address):
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    assert fuzz.fuzz_meaning(page_address, 4, seed=1).total() > 100


def test_a_hang_or_a_crash_would_be_seen(fuzz, monkeypatch):
    for answer in ("hang", "500", "502"):
        monkeypatch.setattr(fuzz, "exchange", lambda *_, answer=answer: answer)
        with pytest.raises(AssertionError):
            fuzz.fuzz_bytes("http://nowhere/", 1, seed=1)
