from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import DEADLOCK, LOST_UPDATE, anything, patient, report, reports

from pytest_concurrency.model import CellResult, Settings, StressReport
from pytest_concurrency.report.wire import from_wire, to_wire


@patient
@given(reports)
def test_reports_come_back_exactly(stressed: StressReport) -> None:
    assert from_wire(json.loads(json.dumps(to_wire(stressed)))) == stressed


@patient
@given(anything(CellResult), anything(Settings))
def test_so_do_other_nouns_of_the_model(result: CellResult, settings: Settings) -> None:
    assert from_wire(to_wire(result), CellResult) == result
    assert from_wire(to_wire(settings), Settings) == settings


def test_lists_and_tuples_do_not_get_mixed_up() -> None:
    stressed = from_wire(to_wire(report(LOST_UPDATE, DEADLOCK)))
    assert isinstance(stressed.cells, tuple)
    assert hash(stressed) == hash(report(LOST_UPDATE, DEADLOCK))


def without(name: str) -> dict[str, Any]:
    data: dict[str, Any] = to_wire(report(LOST_UPDATE))
    del data[name]
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "StressReport: None is no StressReport"),
        (without("nodeid"), "StressReport: lacks nodeid"),
        (to_wire(report()) | {"colour": 1}, "StressReport: has unknown colour"),
        (to_wire(report()) | {"gated": 1}, "StressReport.gated: 1 is no bool"),
        (to_wire(report()) | {"seconds": True}, "StressReport.seconds: True is no float"),
        (to_wire(report()) | {"notes": "ab"}, "StressReport.notes: 'ab' is no list"),
        (to_wire(report()) | {"notes": ["a", 1]}, "StressReport.notes[1]: 1 is no str"),
        (
            to_wire(report()) | {"instrumented": [1, 2, 3]},
            "StressReport.instrumented: 3 items instead of 2",
        ),
        (
            to_wire(report()) | {"outcome": "broken"},
            "StressReport.outcome: 'broken' is none of 'passed', 'failed', 'skipped'",
        ),
    ],
)
def test_bad_data_gets_one_clear_line(data: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        from_wire(data)
    assert str(caught.value) == message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@patient
@given(st.sampled_from(list(to_wire(report()))), json_values)
def test_any_other_data_is_a_value_error_or_a_report(name: str, value: object) -> None:
    data = to_wire(report()) | {name: value}
    try:
        stressed = from_wire(data)
    except ValueError:
        return
    assert to_wire(stressed) == data


def test_what_is_not_of_the_model_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be sent: set"):
        to_wire({1})
