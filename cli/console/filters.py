"""The filters of the list, read from the address: an address is a permalink."""

from typing import NamedTuple

from starlette.datastructures import QueryParams

from cli import options
from cli.commands.events import wanted
from cli.commands.timeline import contact_of
from cli.reading.events import Wanted
from cli.reading.search import Content

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
        """Return the status, kind and times. Raises UsageError."""
        chosen = wanted(self.status or None, self.kind or None, self.since or None, None)
        return chosen._replace(before=options.moment("before", self.before or None))

    @property
    def content(self) -> Content:
        """Return the number, as events have it, and the text."""
        number = contact_of(self.number) if self.number else None
        return Content(number, self.text or None)


def read(query: QueryParams) -> Filters:
    """Return the filters of an address."""
    return Filters(**{name: query.get(name, "").strip() for name in NAMES})
