"""Whatever an authentic event holds, its processor acts on it or says which field it refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.catalogue import KINDS
from tests.support import acting, samples
from tests.support.acting import STRANGE
from tests.support.records import message_of

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


def act(kind: str, content: bytes) -> tuple[list[str], list[str]]:
    """Return the timeline entries that a body leads to, and the failures that were noted."""
    return acting.act(kind, message_of(content))


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
