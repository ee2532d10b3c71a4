"""`voicemail.received`: a caller has left a voicemail.

No body-signed sample of it is public. It is expected to look like a call with a link to the
voicemail. In the url-signed dialect it is `call.voicemail`.
"""

from justcall.entries import call_entry
from justcall.envelope import Envelope
from justcall.models import Call, paths
from justcall.timeline import Entry
from justcall.values import Id, Text
from messaging.consumer import processor


class VoicemailReceived(Call):
    """A call whose link may be called after the voicemail or after the recording."""

    voicemail_id: Id | None = paths()
    voicemail_url: Text | None = paths("voicemail_url", "call_info.voicemail_url")


def entry(envelope: Envelope) -> Entry:
    """Return the voicemail as it is kept on the contact's timeline."""
    call = VoicemailReceived.read(envelope.data)
    link = call.voicemail_url or call.recording_url
    also = call.recording_url if call.voicemail_url else None
    own = {"voicemail_id": call.voicemail_id, "recording_url": link, "call_recording_url": also}
    return call_entry(envelope, call, outcome="voicemail", **own)


handler = processor("voicemail.received", entry)
