"""`voicemail.received`: a caller has left a voicemail.

No body-signed sample of it is public. It is expected to look like a call with a link to the
voicemail. In the url-signed dialect it is `call.voicemail`.
"""

from justcall import url_timeline
from justcall.models import AnyCaseDirection, Call, Direction, Id
from justcall.timeline import Entry, call_entry
from justcall.url_models import Call as UrlCall
from messaging.consumer import Reader, processor


class VoicemailReceived(Call):
    """The link may be called after the voicemail or after the recording."""

    direction: AnyCaseDirection = Direction.INBOUND
    voicemail_id: Id | None = None
    voicemail_url: str | None = None
    transcription: str | None = None


def entry(voicemail: VoicemailReceived, _type: str = "") -> Entry:
    """Return the voicemail as it stands on the contact's timeline."""
    call = call_entry(voicemail, outcome="voicemail")
    own = {
        "recording_url": voicemail.voicemail_url or voicemail.recording_url,
        "text": voicemail.transcription,
    }
    return call._replace(fields={**call.fields, **{k: v for k, v in own.items() if v is not None}})


def url_entry(call: UrlCall, _type: str = "") -> Entry:
    """Return a url-signed call with its voicemail."""
    return url_timeline.call_entry(call, outcome="voicemail")


handler = processor(
    "voicemail.received",
    body_signed=Reader(VoicemailReceived, entry),
    url_signed=Reader(UrlCall, url_entry),
)
