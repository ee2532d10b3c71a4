"""schemas/ is what the models say, and v1 stays v1."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import make_schemas
from tests.support.make_schemas import PUBLISHED, breaks, schema

type Schema = dict[str, Any]
CALL = "call.completed"


def test_schemas_are_up_to_date() -> None:
    assert make_schemas.stale() == []


def test_no_schema_is_left_over() -> None:
    assert set(make_schemas.FOLDER.iterdir()) == {make_schemas.path(kind) for kind in PUBLISHED}


@pytest.mark.parametrize("kind", PUBLISHED)
def test_models_break_no_published_schema(kind: str) -> None:
    assert list(breaks(json.loads(make_schemas.path(kind).read_text()), schema(kind))) == []


def fields(document: Schema) -> Schema:
    found: Schema = document["$defs"]["WholeCall"]["properties"]
    return found


def remove_field(document: Schema) -> None:
    del fields(document)["notes"]


def change_type(document: Schema) -> None:
    fields(document)["notes"]["type"] = "integer"


def require_field(document: Schema) -> None:
    document["$defs"]["WholeCall"]["required"].append("notes")


def relax_field(document: Schema) -> None:
    document["$defs"]["WholeCall"]["required"].remove("revision")


def narrow_words(document: Schema) -> None:
    fields(document)["direction"]["enum"] = ["inbound"]


def close(document: Schema) -> None:
    document["$defs"]["WholeCall"]["additionalProperties"] = False


def rename_type(document: Schema) -> None:
    document["properties"]["type"]["const"] = "justcall.call.completed.v2"


@pytest.mark.parametrize(
    "change",
    [remove_field, change_type, require_field, relax_field, narrow_words, close, rename_type],
)
def test_incompatible_change_is_refused(change: Callable[[Schema], None]) -> None:
    changed = copy.deepcopy(schema(CALL))
    change(changed)
    assert list(breaks(schema(CALL), changed))


def test_new_optional_field_and_new_description_are_compatible() -> None:
    changed = copy.deepcopy(schema(CALL))
    fields(changed)["sentiment"] = {"type": "string"}
    fields(changed)["notes"]["description"] = "What the agent wrote."
    assert list(breaks(schema(CALL), changed)) == []
