"""The kinds of event that have a processor, and the one rule by which their pieces are named.

`call.completed` (kind, also JustCall's type) ⇄ `call_completed` (module, end of the queue's name)
⇄ `CallCompleted` (logical ids in the template). A type that is not in this table is kept as
*unhandled*. A test compares this table with the modules, the template and the samples.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Source: the specification's table "Available Event Types"; call.updated is on the list of
# JustCall's developer site.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "call.completed": "A call ends (inbound or outbound)",
        "call.missed": "An inbound call is not answered",
        "sms.received": "An inbound SMS arrives",
        "sms.sent": "An outbound SMS is sent",
        "voicemail.received": "A caller leaves a voicemail",
        "contact.created": "A new contact is added to JustCall",
        "call.updated": "Notes, disposition or recording of a call are added or changed",
    }
)
# The same object may be told of again with other content, and each is an event of its own.
REPEATABLE = frozenset({"call.updated"})


def module_name(kind: str) -> str:
    """Return the kind's module name, which also ends its queues' names."""
    return kind.replace(".", "_")


def logical_name(kind: str) -> str:
    """Return the prefix of the kind's logical ids in the template."""
    return module_name(kind).title().replace("_", "")
