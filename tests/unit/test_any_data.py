"""Whatever an authentic event holds, in either envelope: it is acted on, and all of it is shown."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from justcall.catalogue import KINDS, TYPES
from justcall.envelope import Envelope
from justcall.fields import is_empty
from justcall.timeline import Entry
from tests.support import acting, samples, url_samples
from tests.support.acting import STRANGE
from tests.support.records import message_of

FIELDS = sorted(
    {name for document in samples.BY_KIND.values() for name in document["data"]}
    | {name for data in url_samples.DATA.values() for name in data}
)
INNER = sorted(
    {
        name
        for data in url_samples.DATA.values()
        for inner in data.values()
        if isinstance(inner, dict)
        for name in inner
    }
)
_TEXT = st.text(st.characters())
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | _TEXT
    | st.sampled_from(["", "14155559876", "Yes", "Incoming", "STOP", "https://m/1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(INNER) | _TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)
DATA = st.dictionaries(st.sampled_from(FIELDS) | _TEXT, _JSON, max_size=6)


def entry_of(event_type: str, data: dict[str, Any]) -> Entry:
    return acting.entry_of(Envelope(event_type, None, data))


@pytest.mark.parametrize("event_type", TYPES)
@given(data=DATA)
@settings(max_examples=40)
def test_any_data_is_acted_on(event_type: str, data: dict[str, Any]) -> None:
    """No event of any shape fails; its entry is JSON for everybody, and has a place."""
    entry = entry_of(event_type, data)
    json.dumps(entry.fields, allow_nan=False, ensure_ascii=False).encode()
    place = entry.number or entry.subjects[0]
    assert 0 < len(place.encode()) <= 1024
    assert all(len(subject.encode()) <= 1024 for subject in entry.subjects)
    assert not {"at", "key", "type", "subjects", "number", "events"} & set(entry.fields)


@given(event_type=st.sampled_from(list(TYPES)), data=DATA, own=st.booleans())
@settings(max_examples=300)
def test_contact_who_is_named_is_found(event_type: str, data: dict[str, Any], own: bool) -> None:
    """Whatever else an event holds, it is on the timeline of the contact that it names."""
    named = (
        data
        | {"contact_number": "14155559876"}
        | ({"justcall_number": "14155550900"} if own else {})
    )
    if not own:
        named = {name: one for name, one in named.items() if name not in ("justcall_number", "sales_dialer_number", "from", "to")}  # fmt: skip
    assert entry_of(event_type, named).number == "+14155559876"


# ------------------------------------------------------------ everything said is shown


def leaves(value: object) -> Iterator[str]:
    """Yield the texts and numbers of a document that say something, as an entry shows them."""
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif not is_empty(value):
        yield shown(value)


def shown(value: object) -> str:
    """Return a leaf in the form in which all its spellings are one."""
    if isinstance(value, bool | None):
        return str(value)
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value).encode(errors="replace").decode().strip().lower().lstrip("+")


# Texts and numbers that no other leaf contains, so that one can't pass for another.
_MARKED = st.integers(0, 99).map(lambda n: f"Leaf-{n:02}-x") | st.integers(10**9, 10**10).map(float) | st.integers(10**9, 10**10)  # fmt: skip
_SAID = st.recursive(
    _MARKED | st.sampled_from(["", None, True]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(INNER) | st.sampled_from(["x", "y"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("event_type", TYPES)
@given(data=st.dictionaries(st.sampled_from([*FIELDS, "x"]), _SAID, max_size=8))
@settings(max_examples=60)
def test_no_leaf_of_data_disappears(event_type: str, data: dict[str, Any]) -> None:
    """Each is on the entry by name, as an id, or among the unknown and unfit fields."""
    entry = entry_of(event_type, data)
    on_it = list(leaves([entry.number, list(entry.subjects), dict(entry.fields)]))
    text = "\n".join(on_it)
    missing = [leaf for leaf in leaves(data) if leaf not in on_it and leaf not in text]
    assert missing == [], entry


@pytest.mark.parametrize("event_type", url_samples.DATA)
def test_no_leaf_of_a_sample_disappears(event_type: str) -> None:
    """Nor does any of a url-signed sample, where "Answered" is our "completed"."""
    entry = entry_of(event_type, url_samples.DATA[event_type])
    text = "\n".join(leaves([entry.number, list(entry.subjects), dict(entry.fields)]))
    words = {"answered": "completed", "incoming": "inbound", "outgoing": "outbound"}
    assert [one for one in leaves(url_samples.DATA[event_type]) if words.get(one, one) not in text] == []  # fmt: skip


# ------------------------------------------------------------ values that break programs


def act(kind: str, content: bytes) -> tuple[list[str], list[str]]:
    """Return the timeline entries that a body leads to, and the failures that were noted."""
    return acting.act(kind, message_of(content))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
def test_strange_values(kind: str, value: str) -> None:
    """In a field that nobody knows and in each known one: the event is processed."""
    for name in (*samples.BY_KIND[kind]["data"], "unknown", "call_info", "justcall_ai", "sms_info"):
        text = samples.body(samples.changed(samples.BY_KIND[kind], **{name: "VALUE"})).decode()
        entries, noted = act(kind, text.replace('"VALUE"', value).encode())
        assert (len(entries), noted) == (1, [])


@pytest.mark.parametrize("depth", [199, 200, 201, 250, 1000, 5000])
def test_nesting(depth: int) -> None:
    """Deeper data is kept as text from some level on, and its innermost leaf is shown."""
    deep: Any = "innermost"
    for _ in range(depth):
        deep = [deep, 1]
    fields = entry_of("call.completed", {"call_id": "c", "x": deep}).fields
    assert "innermost" in json.dumps(fields["unknown_fields"], indent=2)
