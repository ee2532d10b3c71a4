"""What a log line and a metric say, and what they never say."""

from aws import observability
from errors import LedgerUnavailable
from tests.support import stack
from tests.support.fakes import aws_error
from tests.unit.conftest import Written


def test_cause_tells_where_and_what_but_no_text() -> None:
    """An error's text may quote a body, so only its class, or AWS's code, and its place are told."""
    try:
        try:
            raise aws_error("ValidationException", Item={"text": {"S": "a name"}})
        except Exception as root:
            raise LedgerUnavailable from root
    except LedgerUnavailable as error:
        found = observability.cause(error)
    assert found["error"] == "ValidationException"
    assert str(found["error_place"]).startswith("test_observability.py:")


def test_cause_of_an_error_that_was_never_raised() -> None:
    """There is no place then, and no failure."""
    assert observability.cause(KeyError("a name")) == {"error": "KeyError", "error_place": None}


def test_nothing_is_left_out(written: Written) -> None:
    """Fields without a value take no room in a log line."""
    observability.log("warning", "refused", reason="signature-missing", event_key=None)
    [line] = written.lines()
    assert (line["level"], line["message"]) == ("WARNING", "refused")
    assert line["reason"] == "signature-missing"
    assert "event_key" not in line


def test_failures_are_counted_in_total_and_by_reason(written: Written) -> None:
    """An alarm watches the total, a person the reasons."""
    observability.count_by_reason(observability.FAILED, "signature-missing")
    observability.measure(observability.END_TO_END_LATENCY, 0.0125)
    observability.measure(observability.END_TO_END_LATENCY, -1)
    observability.flush()
    by_reason, total = written.lines()
    assert by_reason["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "reason"]]
    assert (by_reason["reason"], by_reason["Failed"]) == ("signature-missing", [1.0])
    assert total["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert (total["Failed"], total["EndToEndLatency"]) == ([1.0], [12.5, 0.0])
    assert total["service"] == by_reason["service"] == stack.STACK
