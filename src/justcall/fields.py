"""Takes fields out of an event's `data`. The fields that nobody takes remain and are shown too.

PHP writes `[]`, `false` or an empty text where a value is missing, and often wraps one value in a
list.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

# JSON that is nested deeper is kept as text. Programs that print it recurse for each level.
MAX_DEPTH = 200
# The field is not in the event. A field that is `null` is there, and empty.
ABSENT: Any = object()


class Fields:
    """The fields of `data` that nobody has taken; `call_info.notes` is the path of an inner one."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.left: dict[str, Any] = storable(data)
        self._opened: dict[str, dict[str, Any]] = {}

    def take(self, path: str) -> Any:
        """Remove and return a field, ABSENT if it is not there."""
        holder, name = self._holder(path)
        return holder.pop(name, ABSENT)

    def links(self, paths: Iterable[str]) -> list[str] | None:
        """Remove and return the links of all these fields, each once; None if there are none.

        A field holds a link, an object with a link, or a list of these. The rest of it remains.
        """
        links: dict[str, None] = {}
        for path in paths:
            holder, name = self._holder(path)
            value = holder.pop(name, None)
            found, rest = _links(value)
            links |= dict.fromkeys(found)
            if not is_empty(rest):
                holder[name] = rest if isinstance(rest, list) else [rest]
        return list(links) or None

    def rest(self) -> dict[str, Any]:
        """Return the fields that nobody took, without objects that were emptied."""
        emptied = [name for name, inner in self._opened.items() if not inner]
        return {name: value for name, value in self.left.items() if name not in emptied}

    def _holder(self, path: str) -> tuple[dict[str, Any], str]:
        parent, _, name = path.rpartition(".")
        if not parent:
            return self.left, name
        if parent not in self._opened:
            inner = unwrap(self.left.get(parent))
            if not isinstance(inner, dict):
                return ({}, name) if inner is not None else (self._open(parent, {}), name)
            self._open(parent, inner)
        return self._opened[parent], name

    def _open(self, parent: str, inner: dict[str, Any]) -> dict[str, Any]:
        if parent in self.left:
            self.left[parent] = self._opened[parent] = inner
        return inner


def is_empty(value: object) -> bool:
    """Tell whether a value is empty where an object or a text is expected, or holds only such."""
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, list):
        return all(map(is_empty, value))
    return value is False or value is None or value == {}


def unwrap(value: Any) -> Any:
    """Return the only element of a list that is not empty, or any other value; None if empty."""
    while isinstance(value, list):
        elements = value if len(value) == 1 else [one for one in value if not is_empty(one)]
        if len(elements) > 1:
            return value
        value = elements[0] if elements else None
    return value if value is False or not is_empty(value) else None


def storable(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return a copy that every JSON reader and every database accepts.

    Lone surrogates become question marks and infinite numbers become text: only Python has them.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode(errors="replace").decode()
    if isinstance(value, float):
        return value if abs(value) != float("inf") else str(value)
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return {"too_deep": _as_text(value)} if value else value
    if isinstance(value, list):
        return [storable(one, depth - 1) for one in value]
    return {storable(name): storable(one, depth - 1) for name, one in value.items()}


def _links(value: Any) -> tuple[list[str], Any]:
    """Return the links that an attachment is or holds, and what else it holds."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else [], None
    if isinstance(value, list):
        read = list(map(_links, value))
        rests = [rest for _, rest in read if not is_empty(rest)]
        return [link for links, _ in read for link in links], rests
    if isinstance(value, dict):
        for name in ("media_url", "url", "link"):
            found, rest = _links(value.get(name))
            if found:
                others = {other: value[other] for other in value if other != name}
                return found, others if is_empty(rest) else {**others, name: rest}
    return [], value


def _as_text(value: object) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return "…"
