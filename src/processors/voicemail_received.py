"""`voicemail.received`: a caller has left a voicemail.

No sample of it is public. It is expected to look like a call with a link to the voicemail.
"""

from aws.consumer import processor
from justcall.models import AnyCaseDirection, Call, Direction, Id
from justcall.timeline import Entry, call_entry


class VoicemailReceived(Call):
    """The link may be called after the voicemail or after the recording."""

    direction: AnyCaseDirection = Direction.INBOUND
    voicemail_id: Id | None = None
    voicemail_url: str | None = None
    transcription: str | None = None


def entry(voicemail: VoicemailReceived) -> Entry:
    """Return the voicemail as it stands on the contact's timeline."""
    call = call_entry(voicemail, outcome="voicemail")
    own = {
        "recording_url": voicemail.voicemail_url or voicemail.recording_url,
        "text": voicemail.transcription,
    }
    return call._replace(fields={**call.fields, **{k: v for k, v in own.items() if v is not None}})


handler = processor("voicemail.received", VoicemailReceived, entry)
