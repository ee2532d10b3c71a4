"""What several events tell of together: one call, from its first ring to its notes.

Their entries stand on a timeline each by itself, so that none has to know of the others; whoever
reads the timeline joins them (`justcall.timeline.joined`). Only an update that does not name the
contact has to find its call first.
"""

from collections.abc import Sequence

from justcall.catalogue import KINDS, REPEATABLE
from justcall.envelope import Envelope
from justcall.keys import named_id

_CALL = "call:"
# An update that came before its call waits on a timeline of this name.
_PENDING = "pending:"


def subject_of(envelope: Envelope) -> str | None:
    """Return the name of the call that an event tells of, None if it tells of none."""
    if not envelope.type.startswith(("call.", "voicemail.")):
        return None
    identity = named_id(envelope.data, ("call_id",))
    return f"{_CALL}{identity}" if identity else None


def keys_of(subject: str) -> Sequence[str]:
    """Return the keys under which the events are kept that may tell whose call it is."""
    identity = subject.removeprefix(_CALL)
    return [
        f"{kind}:{identity}"
        for kind in KINDS
        if kind.startswith(("call.", "voicemail.")) and kind not in REPEATABLE
    ]


def pending(subject: str) -> str:
    """Return the name of the timeline on which updates wait for their call."""
    return f"{_PENDING}{subject}"
