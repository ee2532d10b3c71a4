"""Builds cases in few words."""

from collections.abc import Sequence
from typing import Any

from tests.cases.runner import Case

OWN = "+14155550900"
NUMBER = "+14155552500"
TIME = "2026-03-12T14:35:00Z"

type Data = dict[str, Any]
# A neighbour: its situation, its steps, and what is right.
type Row = tuple[str, list[Case], Data]


def body_signed(event_type: str, timestamp: object = TIME, **data: Any) -> Case:
    """Return a step of the body-signed dialect; `from_` stands for `from`."""
    fields = {name.removesuffix("_"): value for name, value in data.items()}
    body = {"event": event_type, "timestamp": timestamp, "data": fields}
    return {"signed": "body-signed", "body": body}


def url_signed(event_type: str, options: Data | None = None, **data: Any) -> Case:
    """Return a step of the url-signed dialect; `options` are the runner's."""
    fields = {name.removesuffix("_"): value for name, value in data.items()}
    body = {"request_id": "01TESTREQ", "webhook_url": "https://example.invalid/h", "url_id": 7,
            "type": event_type, "data": fields}  # fmt: skip
    return {"signed": "url-signed", "body": body, "options": options or {}}


def bytes_signed(event_type: str, **data: Any) -> Case:
    """Return a step whose envelope is url-signed and whose bytes are signed."""
    return {"signed": "body-signed", "body": {"type": event_type, "data": data}}


def text(number: object, own: object = OWN, **more: Any) -> Case:
    """Return an inbound body-signed text."""
    data: Data = {
        "message_id": "m-1",
        "direction": "inbound",
        "from": number,
        "to": own,
        "body": "hi",
    }
    return body_signed("sms.received", **(data | more))


def url_text(number: object, own: object = "14155550900", **more: Any) -> Case:
    """Return an inbound url-signed text."""
    data: Data = {"id": 501, "contact_number": number, "justcall_number": own, "direction": "Incoming",
            "sms_info": {"body": "hi"}}  # fmt: skip
    return url_signed("sms.received", **(data | more))


def url_call(event_type: str, ago: int = 0, **data: Any) -> Case:
    """Return a url-signed event of the call CA1."""
    known: Data = {"id": 801, "call_sid": "CA1", "contact_number": NUMBER, "justcall_number": OWN}
    return url_signed(event_type, {"ago": ago}, **(known | data))


def call(event_type: str, minute: int = 35, **data: Any) -> Case:
    """Return a body-signed event of the call c-1."""
    known: Data = {"call_id": "c-1", "direction": "inbound", "from": NUMBER, "to": OWN}
    return body_signed(event_type, f"2026-03-12T14:{minute:02}:00Z", **(known | data))


def status(ago: int = 0, **flags: Any) -> Case:
    """Return a contact's flags."""
    return url_signed(
        "jc.contact_status_updated", {"ago": ago}, id=9, contact_number=NUMBER, status=flags
    )


def raw(body: str, secret: str | None = None) -> Case:
    """Return a step whose bytes are given."""
    options = {"secret": secret} if secret else {}
    return {"signed": "body-signed", "body": body, "options": options}


def shows(number: str = NUMBER, **right: Any) -> Data:
    """Return what is right for a number."""
    return {"number": number, **right}


def fields(number: str = NUMBER, **right: Any) -> Data:
    """Return the fields that are right for an entry of a number."""
    return {"number": number, "fields": right}


def wide(ascii_text: str) -> str:
    """Return a text in full-width letters, as East Asian keyboards write it."""
    return "".join(chr(ord(one) + 0xFEE0) for one in ascii_text)


def these(*values: Any) -> Sequence[Any]:
    """Return values of any types."""
    return values
