"""What the template tells the code."""

from collections.abc import Callable

import pytest

from aws.settings import handler_settings, processor_settings, sweeper_settings
from errors import SettingMissing
from tests.support import stack

READERS: dict[str, tuple[Callable[[], tuple[object, ...]], list[str]]] = {
    "HandlerFunction": (
        handler_settings,
        [
            "EVENTS_TABLE",
            "SECRET_ARN",
            "QUEUE_URL_PREFIX",
            "RETENTION_DAYS",
            "ACCEPTED_DIALECTS",
            "WEBHOOK_URLS",
            "TIMESTAMP_PAST_MINUTES",
            "TIMESTAMP_FUTURE_MINUTES",
        ],
    ),
    "SweeperFunction": (
        sweeper_settings,
        ["EVENTS_TABLE", "QUEUE_URL_PREFIX", "DEAD_LETTER_QUEUE_URL", "RETENTION_DAYS"],
    ),
    "CallCompletedProcessor": (
        processor_settings,
        ["EVENTS_TABLE", "MAX_RECEIVES", "RETENTION_DAYS"],
    ),
}
CASES = [(function, name) for function, (_, names) in READERS.items() for name in names]


def set_environment(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    for name, value in stack.environment(function).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("function", READERS)
def test_the_template_sets_what_is_read(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Every setting that a function reads is declared in the template, and reads as it stands."""
    set_environment(monkeypatch, function)
    read, names = READERS[function]
    declared = stack.environment(function)
    assert sorted(map(as_declared, read())) == sorted(declared[name] for name in names)


def as_declared(value: object) -> str:
    """Return a setting as the template writes it: words apart by blanks, minutes for seconds."""
    if isinstance(value, frozenset | tuple):
        return " ".join(sorted(value))
    return str(value // 60) if value in (600, 300) and isinstance(value, int) else str(value)


@pytest.mark.parametrize(("function", "name"), CASES)
@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_missing_setting(
    monkeypatch: pytest.MonkeyPatch, function: str, name: str, value: str | None
) -> None:
    """A setting that is absent or empty is an error of its own, and no default."""
    set_environment(monkeypatch, function)
    monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name)
    with pytest.raises(SettingMissing):
        READERS[function][0]()


@pytest.mark.parametrize("value", ["ninety", "1.5", " ", "9 0"])
def test_number_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A number that is none is as good as missing."""
    set_environment(monkeypatch, "HandlerFunction")
    monkeypatch.setenv("RETENTION_DAYS", value)
    with pytest.raises(SettingMissing):
        handler_settings()
