"""The notice of an event that failed or is stuck: it waits for a person."""

from collections.abc import Mapping
from typing import Any

from justcall.catalogue import kind_of
from justcall.event import FAILED, STUCK
from ledger import schema
from notices import notice
from notices.notice import Notice

_SINCE: Mapping[str, str] = {FAILED: "failed_at", STUCK: "stuck_at"}


def notice_of(item: Mapping[str, Any]) -> Notice:
    """Return the notice of a ledger item that became *failed* or *stuck*.

    It names no number: only a processor reads numbers, and this event was not processed.
    """
    key, status = schema.key_of(item["pk"]["S"]), item["status"]["S"]
    since = item.get(_SINCE[status], item["received_at"])["S"]
    rows = {
        "Event": key,
        "Received": notice.when(item["received_at"]["S"]),
        "Reason": item.get("error", {}).get("S", ""),
        "Look": f"./hooks show {key}",
        "Fix": f'./hooks replay {key} --reason "..."',
    }
    return Notice(
        # Another failure after a replay has another time, so it is news.
        id=f"{key}#{status}#{since}",
        notice=notice.FAILURE,
        kind=kind_of(schema.type_of(key)),
        subject=notice.subject(f"Event {status}: {key}"),
        text=f"An event is {status} and waits for a person.\n{notice.lines(rows)}\n",
    )
