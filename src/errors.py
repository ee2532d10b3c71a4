"""Every way in which an event can fail, in one tree; a leaf that imports nothing of ours.

    HooksError
    ├── Refused              a retry cannot succeed: the sender gets a 4xx
    │   ├── BodyUndecodable
    │   ├── BodyTooLarge
    │   └── SignatureRefused     missing, malformed or wrong; the sender cannot tell which
    ├── Unavailable          a retry may succeed: the sender gets a 503
    │   ├── SettingMissing
    │   ├── SecretUnavailable
    │   ├── LedgerUnavailable
    │   ├── QueueUnavailable
    │   ├── BusUnavailable
    │   ├── TopicUnavailable
    │   ├── ArchiveUnavailable
    │   ├── OutOfTime
    │   └── NotRightYet              signed, but for a time or a URL that may become right
    ├── OutboundFailed       a stranger's server, or the way to it, is not as it should be
    ├── Unreadable           authentic, but no event can be read from it: kept as quarantined
    └── ProcessingFailed     a processor could not act: it is retried, then it is a dead letter
        ├── MessageUnreadable
        ├── ModelRefused
        ├── BodyMissing
        ├── LedgerItemMissing
        └── BodyReplaced

Each error carries a `reason`: a slug that is also the log field and the metric dimension, and a
`detail` for the operator. Neither ever holds anything that the sender chose.
"""

from typing import ClassVar


class HooksError(Exception):
    """Any expected failure; `reason` is its slug."""

    default_reason: ClassVar[str] = "unexpected"

    def __init__(self, reason: str | None = None, detail: str = "") -> None:
        self.reason = reason or self.default_reason
        self.detail = detail
        super().__init__(self.reason)


class Refused(HooksError):
    """The request can never become right; a retry would fail the same way."""


class BodyUndecodable(Refused):
    """API Gateway said base64 and the body is not."""

    default_reason = "body-undecodable"


class BodyTooLarge(Refused):
    """The body is larger than what is kept."""

    default_reason = "body-too-large"


class SignatureRefused(Refused):
    """The signature is missing or wrong; `reason` tells the operator which."""

    default_reason = "signature-mismatch"


class Unavailable(HooksError):
    """Something of ours is down; the sender should retry."""


class SettingMissing(Unavailable):
    """The deployment lacks a setting; the operator can add it before the sender gives up."""

    default_reason = "setting-missing"


class SecretUnavailable(Unavailable):
    """No secret is available to verify with."""

    default_reason = "secret-unavailable"


class LedgerUnavailable(Unavailable):
    """The event could not be written to the ledger."""

    default_reason = "ledger-unavailable"


class QueueUnavailable(Unavailable):
    """The event is on the ledger but its queue refused it."""

    default_reason = "queue-unavailable"


class BusUnavailable(Unavailable):
    """The event bus refused a processed event; it is published again."""

    default_reason = "bus-unavailable"


class TopicUnavailable(Unavailable):
    """The topic refused a notice; it is sent again."""

    default_reason = "topic-unavailable"


class ArchiveUnavailable(Unavailable):
    """The bucket refused a recording, or the queue a retry; it is archived again."""

    default_reason = "archive-unavailable"


class OutOfTime(Unavailable):
    """The answer would come after the sender's time-out."""

    default_reason = "out-of-time"


class NotRightYet(Unavailable):
    """JustCall signed this for an unregistered URL or a future time; a retry may succeed.

    A 401 instead would lose the event over a setting, because the sender does not retry a 4xx.
    """

    default_reason = "url-not-registered"


class OutboundFailed(HooksError):
    """A request to somebody else's server failed; `reason` says how, never what the server sent."""

    default_reason = "cannot-connect"


class HostRefused(OutboundFailed):
    """A link, or a redirect, leads to a host that is not allowed; `host` is for the operator only.

    The sender chose it, so it is in no log.
    """

    default_reason = "host-not-allowed"

    def __init__(self, host: str = "") -> None:
        self.host = host
        super().__init__()


class Unreadable(HooksError):
    """The bytes are authentic but hold no event that we can read."""

    default_reason = "not-an-envelope"


class ProcessingFailed(HooksError):
    """A processor could not act on its record."""


class MessageUnreadable(ProcessingFailed):
    """The record is none of the messages that the handler sends."""

    default_reason = "message-unreadable"


class ModelRefused(ProcessingFailed):
    """The event's data does not fit the model of its kind."""

    default_reason = "model-refused"


class BodyMissing(ProcessingFailed):
    """The message points to the ledger, and the ledger does not hold the body."""

    default_reason = "body-missing"


class LedgerItemMissing(ProcessingFailed):
    """The message's event is not on the ledger."""

    default_reason = "ledger-item-missing"


class BodyReplaced(ProcessingFailed):
    """The ledger item is another delivery's, which has a message of its own: a no-op."""

    default_reason = "body-replaced"


def reason_of(error: Exception) -> str:
    """Return the slug of an error; one that is not ours is unexpected."""
    return error.reason if isinstance(error, HooksError) else HooksError.default_reason
