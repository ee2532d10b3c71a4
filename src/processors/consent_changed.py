"""`consent.changed`: a contact may be called or texted no more, or again.

People are fined for missing it. Besides its entry on the timeline each flag has a state of its
own, by the event's own time: `dnd` (calls), `dnm` (messages), `blacklist`, `opted_out` (of texts).
Types: `jc.contact_status_updated`, whose flags are nested in `status`; `sms.optout` and
`sms.optin`, of which no sample is public. An event that does not name a flag, or has no plain yes
or no for it, never touches it.
"""

from justcall.consent import FLAGS, OPTED_OUT, Change
from justcall.entries import message_entry, with_consent
from justcall.envelope import Envelope
from justcall.models import Message, flag, paths
from justcall.timeline import Entry
from justcall.values import Flag, Text
from messaging.consumer import processor

_BY_TEXT = {"sms.optout": True, "sms.optin": False}


class ConsentChanged(Message):
    """A contact and its flags, or the text by which the contact opted out or in."""

    contact_name: Text | None = paths("contact_name", "name")
    dnd: Flag | None = flag("status.dnd")
    dnm: Flag | None = flag("status.dnm")
    blacklist: Flag | None = flag("status.blacklist")


def entry(envelope: Envelope) -> Entry:
    """Return the change as it is kept on the contact's timeline, and the flags that it sets."""
    event = ConsentChanged.read(envelope.data)
    flags = {name: one for name, one in event.pick(*FLAGS).items() if one is not None}
    if envelope.type in _BY_TEXT:
        flags |= {OPTED_OUT: _BY_TEXT[envelope.type]}
    shown = message_entry(envelope, event)
    shown = shown._replace(fields={**shown.fields, "consent": flags})
    return with_consent(shown, Change(flags))


handler = processor("consent.changed", entry)
