"""The filters of the list, read from the address: an address is a permalink."""

from typing import NamedTuple

from starlette.datastructures import QueryParams

from cli import options
from cli.commands.events import wanted
from cli.reading.events import Wanted

NAMES = ("status", "kind", "since", "before", "number", "text")


class Filters(NamedTuple):
    """The filters as they were typed."""

    status: str = ""
    kind: str = ""
    since: str = ""
    before: str = ""
    number: str = ""
    text: str = ""

    @property
    def wanted(self) -> Wanted:
        """Return which events to list. Raises UsageError."""
        chosen = wanted(
            self.status or None,
            self.kind or None,
            self.since or None,
            number=self.number or None,
            text=self.text or None,
        )
        return chosen._replace(before=options.moment("before", self.before or None))


def read(query: QueryParams) -> Filters:
    """Return the filters of an address."""
    return Filters(**{name: query.get(name, "").strip() for name in NAMES})
