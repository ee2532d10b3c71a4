"""`voicemail.received` on the timeline."""

from typing import Any

from processors.voicemail_received import entry
from tests.support.samples import VOICEMAIL_RECEIVED, changed, envelope


def shown(**changes: Any) -> Any:
    return entry(envelope(changed(VOICEMAIL_RECEIVED, **changes))).fields


def test_entry_of_the_sample() -> None:
    """The voicemail is kept on its caller's timeline, with its recording."""
    assert entry(envelope(VOICEMAIL_RECEIVED))[:2] == (
        "+14155557654",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "call_id": "call_5e6f7a8b",
            "status": "voicemail",
            "outcome": "voicemail",
            "duration_seconds": 21.0,
            "recording_url": "https://recordings.justcall.io/vm_def456.mp3",
        },
    )


def test_recording_in_either_field() -> None:
    """The link may be called after the voicemail or after the recording; both are shown."""
    assert shown(voicemail_url=None, recording_url="https://a")["recording_url"] == "https://a"
    assert "recording_url" not in shown(voicemail_url=None)
    both = shown(voicemail_url="https://v", recording_url="https://a")
    assert (both["recording_url"], both["call_recording_url"]) == ("https://v", "https://a")


def test_transcription() -> None:
    """The words of the voicemail are shown as text."""
    assert shown(transcription="Please call back.")["text"] == "Please call back."


def test_own_id_is_not_the_calls() -> None:
    """A stranger's voicemail would be shown with another contact's call."""
    found = entry(envelope(changed(VOICEMAIL_RECEIVED, id="7", voicemail_id="v1")))
    assert found.subjects == ("call:call_5e6f7a8b", "voicemail:v1", "voicemail:7")
    assert (found.fields["id"], found.fields["voicemail_id"]) == ("7", "v1")
