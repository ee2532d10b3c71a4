"""Publishers of one call at once: in every order, the highest revision holds every event.

The second event has both ids of the call; the others have one each. So the first and the third are
one call only through the second.
"""

import json
from typing import Any

from publisher import app as publisher
from tests.support import samples, stream
from tests.support.faults import Call, Small, World, world
from tests.support.interleaving import Choices, explore, together

type Item = dict[str, Any]

IDS: tuple[dict[str, str], ...] = (
    {"call_id": "A"},
    {"call_id": "A", "call_sid": "S"},
    {"call_sid": "S"},
)


def update(number: int) -> bytes:
    """Return the n-th event of the call."""
    document = {
        "event": "call.updated",
        "timestamp": f"2026-03-12T14:41:0{number}Z",
        "data": {**IDS[number], "notes": f"note {number}"},
    }
    return samples.body(document)


def committed(made: World) -> list[Item]:
    """Let the events become processed; return the stream's records of that."""
    for number in range(len(IDS)):
        made.deliver(update(number), actor="first")
    made.settle()
    assert isinstance(made.backend, Small)
    return list(filter(stream.is_published, made.backend.tables.stream))


def same_for_all(one: Call, _body: str) -> bool:
    """Tell of calls that no other publisher can notice, or that read what no longer changes."""
    return one.operation in ("PutEvents", "BatchGetItem")


def play(choices: Choices) -> None:
    with world() as made:
        records = committed(made)
        assert len(records) == len(IDS)

        def publish(number: int) -> None:
            batch = stream.batch([records[number]])
            assert made.invoke(f"publisher {number}", lambda: publisher.handler(batch, None))

        actors = {f"{number}": lambda number=number: publish(number) for number in range(len(IDS))}
        together(made, choices, actors, passes=same_for_all)
        check(made)


def check(made: World) -> None:
    calls = [one["data"]["call"] for one in made.published()]
    assert len(calls) == len(IDS)
    highest = max(one["revision"] for one in calls)
    last = {json.dumps(one, sort_keys=True) for one in calls if one["revision"] == highest}
    assert len(last) == 1, "one revision, two contents"
    [whole] = map(json.loads, last)
    assert len(whole["events"]) == len(IDS), whole
    assert (whole["ids"], whole["notes"]) == (["A", "S"], "note 2")


def test_highest_revision_holds_every_event_in_every_order() -> None:
    assert explore(play) > 50
