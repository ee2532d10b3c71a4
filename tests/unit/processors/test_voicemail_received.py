"""`voicemail.received` on the timeline."""

from typing import Any

from processors.voicemail_received import VoicemailReceived, entry
from tests.support.samples import VOICEMAIL_RECEIVED, changed


def shown(**changes: Any) -> Any:
    voicemail = changed(VOICEMAIL_RECEIVED, **changes)
    return entry(VoicemailReceived.model_validate(voicemail["data"])).fields


def test_entry_of_the_sample() -> None:
    """The voicemail stands on its caller's timeline, with its recording."""
    assert entry(VoicemailReceived.model_validate(VOICEMAIL_RECEIVED["data"]))[:2] == (
        "+14155557654",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "outcome": "voicemail",
            "duration_seconds": 21.0,
            "recording_url": "https://recordings.justcall.io/vm_def456.mp3",
        },
    )


def test_the_recording_in_either_field() -> None:
    """The link may be called after the voicemail or after the recording."""
    assert shown(voicemail_url=None, recording_url="https://a")["recording_url"] == "https://a"
    assert "recording_url" not in shown(voicemail_url=None)


def test_transcription() -> None:
    """What was said is shown as text."""
    assert shown(transcription="Please call back.")["text"] == "Please call back."
