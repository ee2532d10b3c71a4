"""Where destinations and their deliveries are in the events table.

| item             | pk                   | sk                | written by            |
|------------------|----------------------|-------------------|-----------------------|
| settings         | `destinations`       | `NAME`            | `hooks destinations`  |
| state            | `destination-states` | `NAME`            | the sender, `hooks`   |
| counts of a day  | `destination-states` | `NAME#YYYY-MM-DD` | the sender            |
| delivery         | `delivery#NAME`      | `msg_…`           | the sender            |
| result of a test | `delivery#NAME`      | `test`            | the sender            |

A delivery has an item from its first failure until it arrives. It is in the index `by_status`: its
`cell` is one of those below, and `received_at` is when it is due, or when it was given up.
"""

from typing import Any

SETTINGS = "destinations"
STATES = "destination-states"
TEST = "test"


def settings(name: str) -> dict[str, Any]:
    """Return the key of a destination's settings."""
    return {"pk": {"S": SETTINGS}, "sk": {"S": name}}


def state(name: str) -> dict[str, Any]:
    """Return the key of a destination's state."""
    return {"pk": {"S": STATES}, "sk": {"S": name}}


def counts(name: str, day: str) -> dict[str, Any]:
    """Return the key of a destination's counts of one day, `YYYY-MM-DD`."""
    return {"pk": {"S": STATES}, "sk": {"S": f"{name}#{day}"}}


def delivery(name: str, one_id: str) -> dict[str, Any]:
    """Return the key of a delivery that has not arrived."""
    return {"pk": {"S": partition(name)}, "sk": {"S": one_id}}


def partition(name: str) -> str:
    """Return the partition of a destination's deliveries."""
    return f"delivery#{name}"


def waiting(name: str) -> str:
    """Return the cell of a destination's deliveries that will be tried again."""
    return f"delivery-waiting#{name}"


def failed(name: str) -> str:
    """Return the cell of a destination's deliveries that were given up."""
    return f"delivery-failed#{name}"
