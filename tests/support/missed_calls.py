"""Bodies of missed calls, and of the calls and texts that return them."""

from typing import Any

from tests.support import samples

NUMBER, LINE = "+14155558765", "+14155551234"


def at(minute: int, hour: int = 14) -> str:
    return f"2026-03-12T{hour}:{minute:02}:00Z"


def document(event: str, timestamp: str, **data: Any) -> bytes:
    """Return a body-signed body; `from_` stands for `from`."""
    fields = {name.removesuffix("_"): value for name, value in data.items() if value is not ...}
    return samples.body({"event": event, "timestamp": timestamp, "data": fields})


def missed(minute: int, name: str = "m1", **data: Any) -> bytes:
    call = {
        "call_id": name,
        "direction": "inbound",
        "from_": NUMBER,
        "to": LINE,
        "ring_duration": 30,
    }
    return document("call.missed", at(minute), **call | data)


def voicemail(minute: int, name: str = "m1", **data: Any) -> bytes:
    call = {"call_id": name, "direction": "inbound", "from_": NUMBER, "to": LINE, "duration": 21}
    call |= {"voicemail_url": "https://recordings.justcall.io/vm.mp3"}
    return document("voicemail.received", at(minute), **call | data)


def outbound(minute: int, name: str = "o1", **data: Any) -> bytes:
    call = {"call_id": name, "direction": "outbound", "from_": LINE, "to": NUMBER, "duration": 60}
    return document("call.completed", at(minute), **call | data)


def sms_sent(minute: int, name: str = "t1", **data: Any) -> bytes:
    text = {"message_id": name, "direction": "outbound", "from_": LINE, "to": NUMBER, "body": "Hi"}
    return document("sms.sent", at(minute), **text | data)


def sms(minute: int, event: str = "sms.received", name: str = "t2", **data: Any) -> bytes:
    text = {"message_id": name, "direction": "inbound", "from_": NUMBER, "to": LINE}
    return document(event, at(minute), **text | {"body": "my secret words"} | data)
