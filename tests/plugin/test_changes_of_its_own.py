"""Ordinary tests that change what the whole process shares: copies of them say nothing."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import EXPLORED_ONLY, FEW, Run

APP = """
import os, sys, warnings, pytest
from unittest import mock
pytestmark = pytest.mark.threadsafe

class Meter:
    value = 0
    def tick(self): self.value = self.value + 1
    def home(self): return os.environ["METER_HOME"]

METER = Meter()
"""
CORRECT = f"""{APP}
def test_by_hand():
    os.environ["METER_HOME"] = "here"
    try:
        assert METER.home() == "here"
    finally:
        del os.environ["METER_HOME"]

def test_patched():
    with mock.patch.object(Meter, "home", lambda self: "there"):
        assert METER.home() == "there"

def test_afresh():
    sys.modules.pop("colorsys", None)
    import colorsys
    assert sys.modules["colorsys"] is colorsys

def test_warned():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("one")
    assert len(caught) == 1
"""


def test_copies_that_change_the_process_are_not_accused(run: Callable[..., Run]) -> None:
    found = run(CORRECT, *FEW)
    found.result.assert_outcomes(passed=4)
    reasons = {name: report.reason for name, report in found.of.items()}
    assert all(report.hazards == () for report in found.of.values())
    told = "not meant for copies: they fail where the test itself changes what the whole process "
    assert reasons["test_by_hand"].startswith(f"{told}shares (os.environ['METER_HOME'] at test_it")
    assert reasons["test_afresh"].startswith(f"{told}shares (sys.modules.pop at test_it")


def test_what_they_call_is_judged_as_ever(run: Callable[..., Run]) -> None:
    program = f"""{APP}
def test_counted():
    with mock.patch.dict(os.environ, METER_HOME="here"):
        METER.tick()
    assert METER.value >= 1
"""
    found = run(program, *EXPLORED_ONLY)
    report = found.of["test_counted"]
    assert {(each.kind, each.location) for each in report.hazards} == {
        ("lost-update", "Meter.value")
    }
    token = report.hazards[0].replay
    again = run(program, "--concurrency-stress", f"--concurrency-replay={token}")
    assert [each.kind for each in again.of["test_counted"].hazards] == ["lost-update"]


def test_what_the_program_changes_is_its_own_fault(run: Callable[..., Run]) -> None:
    found = run(
        f"""{APP}
class Settings:
    def __init__(self): self.known = {{}}
    def put(self, home):
        os.environ["METER_HOME"] = home
        assert os.environ.pop("METER_HOME") == home

SETTINGS = Settings()

def test_settings():
    SETTINGS.put("here")
""",
        *EXPLORED_ONLY,
    )
    locations = {each.location for each in found.of["test_settings"].hazards}
    assert locations == {"os.environ['METER_HOME']"}
