"""Whatever an authentic event holds, its processor acts on it or says which field it refused."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws import consumer
from aws.body import unpack
from aws.joining import Joining
from aws.ledger import Ledger
from aws.processing import ProcessingLedger
from justcall.catalogue import KINDS
from tests.support import samples
from tests.support.cloud import process
from tests.support.fakes import StubClient
from tests.support.records import message_of, record_of

ITEM_BYTES = 400 * 1024
FIELDS = sorted({name for document in samples.BY_KIND.values() for name in document["data"]})

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_DATA = st.dictionaries(st.sampled_from(FIELDS) | st.text(st.characters()), _JSON, max_size=6)

STRANGE: dict[str, Any] = {
    "an endless number": "1e999",
    "an endless negative number": "-1e999",
    "4000 digits": "7" * 4000,
    "a very small number": "1e-999",
    "100 deep": "[" * 100 + "]" * 100,
    "half a character": '"\\ud83d"',
    "a NUL": '"\\u0000"',
    "10 000 names": json.dumps({str(number): number for number in range(10_000)}),
    "an empty name": '{"": 1}',
}


def act(kind: str, content: bytes) -> tuple[list[str], list[str]]:
    """Return the timeline entries that a body leads to, and the failures that were noted."""
    client: Any = StubClient()
    tables = consumer.Tables(
        Ledger(lambda: client, "events", 90),
        ProcessingLedger(lambda: client, "events"),
        Joining(lambda: client, "events"),
        5,
    )
    with patch("aws.consumer._tables", lambda: tables):
        failed = process(kind, record_of(message_of(content)))
    entries, noted = [], []
    for operation, call in client.calls:
        if operation == "transact_write_items":
            item = call["TransactItems"][1]["Put"]["Item"]
            entries.append(_entry(item))
        elif operation == "update_item":
            noted.append(call["ExpressionAttributeValues"][":error"]["S"])
    assert bool(failed) is bool(noted) is not bool(entries)
    return entries, noted


def _entry(item: dict[str, Any]) -> str:
    """Check that an entry fits DynamoDB and is JSON for everybody; return its number."""
    content = unpack([item])
    assert content is not None
    assert len(content) < ITEM_BYTES or "packed" in item
    assert 0 < len(item["pk"]["S"].encode()) <= 2048
    assert 0 < len(item["sk"]["S"].encode()) <= 1024

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    number: str = json.loads(content.decode(), parse_constant=refuse)["number"]
    assert item["pk"]["S"] == f"contact#{number}"
    return number


@pytest.mark.parametrize("kind", KINDS)
@given(data=_DATA.filter(bool))
def test_any_data_is_acted_on_or_refused_by_its_model(kind: str, data: dict[str, Any]) -> None:
    """No event of any shape ends in an error that nobody foresaw."""
    document = samples.changed(samples.BY_KIND[kind])
    document["data"] = {**document["data"], **data}
    _, noted = act(kind, samples.body(document))
    assert all(note.startswith("model-refused: ") for note in noted)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
def test_strange_values_in_unknown_fields(kind: str, value: str) -> None:
    """What nobody has a model for is shown as it came, and never stops an event."""
    text = samples.body(samples.changed(samples.BY_KIND[kind], unknown=0)).decode()
    content = text.replace('"unknown": 0', f'"unknown": {value}').encode()
    entries, noted = act(kind, content)
    assert (len(entries), noted) == (1, [])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
def test_strange_values_in_known_fields(kind: str, value: str) -> None:
    """A field that does not fit is refused by name; the others are not in its way."""
    for name in samples.BY_KIND[kind]["data"]:
        text = samples.body(samples.changed(samples.BY_KIND[kind], **{name: "VALUE"})).decode()
        content = text.replace('"VALUE"', value).encode()
        _, noted = act(kind, content)
        assert all(note.startswith(f"model-refused: {name}") for note in noted)


def test_deeper_than_the_model_reads() -> None:
    """Nesting that the model's reader does not follow is a refusal, not a crash."""
    text = samples.body(samples.changed(samples.CALL_COMPLETED, unknown=0)).decode()
    deep = "[" * 1000 + "]" * 1000
    _, noted = act("call.completed", text.replace('"unknown": 0', f'"unknown": {deep}').encode())
    assert [note.partition(":")[0] for note in noted] == ["model-refused"]
