"""`sms.sent` on the timeline."""

from processors.sms_sent import entry
from tests.support.samples import SMS_SENT, envelope


def test_entry_of_the_sample() -> None:
    """The text is kept with the person to whom it was sent."""
    assert entry(envelope(SMS_SENT))[:2] == (
        "+14155559876",
        {
            "direction": "outbound",
            "justcall_number": "+14155551234",
            "agent_id": 42,
            "message_id": "msg_e5f6g7h8",
            "text": "Sure! You are confirmed for Friday at 10 AM.",
        },
    )
