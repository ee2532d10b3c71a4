"""`sms.sent` on the timeline."""

from processors.sms_sent import SmsSent, entry
from tests.support.samples import SMS_SENT


def test_entry_of_the_sample() -> None:
    """The text stands with whom it was sent to."""
    assert entry(SmsSent.model_validate(SMS_SENT["data"]))[:2] == (
        "+14155559876",
        {
            "direction": "outbound",
            "justcall_number": "+14155551234",
            "agent_id": 42,
            "text": "Sure! You are confirmed for Friday at 10 AM.",
        },
    )
