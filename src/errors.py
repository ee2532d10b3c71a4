"""Every way in which an event can fail, in one tree; a leaf that imports nothing of ours.

    HooksError
    ├── Refused              never can become right: the sender is told no
    │   ├── BodyUndecodable
    │   ├── BodyTooLarge
    │   └── SignatureRefused     missing, malformed or wrong; the sender cannot tell which
    ├── Unavailable          may become right: the sender is asked to come back
    │   ├── SettingMissing
    │   ├── SecretUnavailable
    │   ├── LedgerUnavailable
    │   ├── QueueUnavailable
    │   ├── BusUnavailable
    │   ├── TopicUnavailable
    │   ├── OutOfTime
    │   └── NotRightYet              signed, but for a time or a URL that may become right
    ├── Unreadable           authentic, but no event can be read from it: kept as quarantined
    └── ProcessingFailed     a processor could not act: it is tried again, then a dead letter
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
    """Any failure that this project knows; `reason` says which, in one slug."""

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
    """Nobody who knows the secret signed these bytes; `reason` tells the operator why."""

    default_reason = "signature-mismatch"


class Unavailable(HooksError):
    """Something of ours is down; the sender should come back."""


class SettingMissing(Unavailable):
    """The deployment lacks a setting; the operator can mend it before the sender gives up."""

    default_reason = "setting-missing"


class SecretUnavailable(Unavailable):
    """There is no secret to verify with."""

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


class OutOfTime(Unavailable):
    """The answer would come later than the sender waits."""

    default_reason = "out-of-time"


class NotRightYet(Unavailable):
    """JustCall signed this, and it may become right: a URL that is registered, a time that comes.

    A sender that never repeats a 4xx would lose the event over a setting.
    """

    default_reason = "url-not-registered"


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
