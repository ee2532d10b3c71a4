"""chaos's verdict on deliveries: a complete run passes, and each flaw is named."""

from collections.abc import Callable

import pytest

from chaos.delivered import check_delivered
from chaos.destinations import Arrived

CALL, TEXT = "call.completed:c1", "sms.received:m1"
PROCESSED = {CALL, TEXT}

type Deliveries = dict[str, list[Arrived]]


def arrived() -> Deliveries:
    both = [Arrived(CALL, f"{CALL}#1", "msg_1"), Arrived(TEXT, f"{TEXT}#1", "msg_2")]
    return {"healthy": list(both), "flaky": [*both, both[0]], "texts": [both[1]]}


def test_complete_run_passes() -> None:
    checked = check_delivered(arrived(), PROCESSED)
    assert checked.breaches == []
    assert checked.figures["deliveries owed to destinations"] == 5
    assert checked.figures["deliveries that arrived"] == 5
    assert checked.figures["deliveries that arrived again"] == 1


def lost(one: Deliveries) -> None:
    one["flaky"] = [found for found in one["flaky"] if found.key != TEXT]


def unwanted(one: Deliveries) -> None:
    one["texts"].append(Arrived(CALL, f"{CALL}#1", "msg_1"))


def invented(one: Deliveries) -> None:
    one["healthy"].append(Arrived("call.missed:c9", "call.missed:c9#1", "msg_9"))


def other_id(one: Deliveries) -> None:
    one["flaky"].append(Arrived(CALL, f"{CALL}#1", "msg_3"))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lost, "missing: processed and not delivered to flaky"),
        (unwanted, "extra: delivered to texts, which does not want it"),
        (invented, "extra: delivered to healthy, and not processed"),
        (other_id, "extra: one event with several webhook ids"),
    ],
)
def test_flaw_is_named(damage: Callable[[Deliveries], None], what: str) -> None:
    damaged = arrived()
    damage(damaged)
    assert what in [one.what for one in check_delivered(damaged, PROCESSED).breaches]


def test_wrong_signature_is_a_breach() -> None:
    [breach] = check_delivered(arrived(), PROCESSED, forged=1).breaches
    assert "wrong signature" in breach.what
