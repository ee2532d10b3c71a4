"""The handler's one line holds the metrics that Powertools would write, and its log line."""

import json
import time
from typing import Any

import pytest
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

from aws import emf
from tests.unit.conftest import Written


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "a-stack")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "JustCallHooks")


def metrics_of(*lines: Any) -> set[Any]:
    """Return what CloudWatch makes of lines: namespace, dimensions, name, unit and values."""
    return {
        (
            directive["Namespace"],
            tuple((name, line[name]) for name in dimensions),
            (metric["Name"], metric["Unit"]),
            tuple(line[metric["Name"]]),
        )
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }


def test_metrics_are_those_of_powertools(written: Written) -> None:
    """A refusal: counted in total and by its reason, with what else is counted."""
    counts = [emf.REFUSED, emf.SIGNATURE_MISMATCH]
    fields = {"reason": "signature-mismatch"}
    emf.write("WARNING", "refused", counts, 0.01256, by_reason=emf.REFUSED, fields=fields)
    [ours] = written.lines()
    powertools = Metrics()
    for name in counts:
        powertools.add_metric(name, MetricUnit.Count, 1)
    powertools.add_metric(emf.HANDLER_LATENCY, MetricUnit.Milliseconds, 12.6)
    powertools.flush_metrics()
    with single_metric(name=emf.REFUSED, unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("service", "a-stack")
        metric.add_dimension("reason", "signature-mismatch")
    assert metrics_of(ours) == metrics_of(*written.lines())


def test_a_line_is_a_log_line_too(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the fields of Powertools' log lines; a field without a value takes no room."""
    monkeypatch.setattr(time, "time", lambda: 1773326401.25)
    emf.write("INFO", "accepted", [emf.ACCEPTED], -1, fields={"event_key": "k", "reason": None})
    [line] = written.lines()
    assert line.pop("_aws")["Timestamp"] == 1773326401250
    assert line == {
        "level": "INFO",
        "message": "accepted",
        "timestamp": "2026-03-12 14:40:01,250+0000",
        "service": "a-stack",
        "HandlerLatency": [0.0],
        "Accepted": [1.0],
        "event_key": "k",
    }


def test_a_line_knows_its_trace(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "handler")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2-3;Parent=4;Sampled=1")
    emf.write("INFO", "accepted", [], 0, fields={})
    [line] = written.lines()
    assert line["xray_trace_id"] == "1-2-3"


def test_a_line_is_one_line(written: Written) -> None:
    emf.write("INFO", "a\nb", [], 0, fields={"reason": "c\r\nd"})
    text = written.text()
    assert text.count("\n") == 1
    assert json.loads(text)["reason"] == "c\r\nd"
