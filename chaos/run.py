"""One run: deploy, load, disasters, calm, drain, verdict."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from urllib3 import PoolManager

from chaos.check import Breach, check
from chaos.delivered import check_delivered
from chaos.deployment import Deployment
from chaos.destinations import Destinations
from chaos.plan import Stack, plan, poison
from chaos.sender import NO_ANSWER, Sender, Sent
from chaos.sweeps import Sweeps
from justcall.event import PROCESSED, RECEIVED
from ledger import schema
from local import ministack
from local.place import Place

type Step = Callable[[str], None]
FLAWS = ("none", "lost", "twice", "forgotten")
# How long nothing may get further in the drain, and for how many looks everything must be quiet.
DRAIN_SECONDS = 300.0
_QUIET_LOOKS = 3
_POISON = 9
_OF_DELIVERIES = (
    "deliveries owed to destinations",
    "deliveries that arrived",
    "deliveries that arrived again",
)


class Options(NamedTuple):
    """What to do: `scale` divides the minutes of queues and sweeper, `minute` is the sender's."""

    events: int = 3000
    seconds: float = 150.0
    seed: int = 1
    threads: int = 12
    scale: float = 15.0
    minute: float = 0.3
    disasters: tuple[tuple[float, str], ...] = (
        (0.2, "freeze"),
        (0.4, "restart"),
        (0.6, "kill"),
        (0.8, "freeze"),
    )
    freeze_seconds: float = 4.0
    kills: int = 60
    started_seconds: float = 15.0
    flaw: str = "none"


class Result(NamedTuple):
    """The figures of what was sent, broken and found, and the promises that were not kept."""

    options: Options
    figures: Mapping[str, int | float]
    faults: Mapping[str, int]
    disasters: Mapping[str, int]
    sweeps: Mapping[str, int]
    breaches: Sequence[Breach]


def run(place: Place, options: Options, step: Step) -> Result:
    """Do it all in a stack of its own, which is stopped at the end."""
    started = time.monotonic()
    deployment = Deployment(place, options.seed)
    destinations = Destinations(options.seed)
    try:
        deployment.deploy(step, options.scale)
        destinations.add(deployment)
        step("starting handlers")
        deployment.warm(options.threads)
        return _run(deployment, destinations, options, step, started)
    finally:
        deployment.end()
        destinations.close()


def _run(
    deployment: Deployment,
    destinations: Destinations,
    options: Options,
    step: Step,
    started: float,
) -> Result:
    proxy = deployment.proxy
    stack = Stack(deployment.described["registered_url"], time.time())
    deliveries = plan(options.events, options.seconds, options.seed, stack)
    sender = Sender(deployment.webhook_url, deployment.clock, options.minute, deliveries)
    sweeps = Sweeps(deployment.described, f"http://127.0.0.1:{proxy.port}", options.scale)
    step(f"sending {len(deliveries)} deliveries of {options.events} events, everything breaking")
    poisoned = poison(_POISON)
    for kind, text in poisoned:
        queue = deployment.described["queues"][kind]
        deployment.client("sqs").send_message(QueueUrl=queue, MessageBody=text)
    proxy.raging = destinations.raging = True
    begun = time.monotonic()
    threads = sender.start(options.threads)
    sweeps.start()
    try:
        _disasters(deployment, options, step)
        _join(threads, options)
        loaded = time.monotonic()
        proxy.raging = False
        step("calm; waiting until nothing is open")
        drained = _drain(deployment)
        destinations.raging = False
        drained = drained and _deliver(deployment, destinations)
    finally:
        sender.stop()
        sweeps.stop()
    _plant(deployment, options.flaw, sender.sent)
    items = _items(deployment)
    dead_letters = _messages(deployment, [deployment.described["dead_letter_queue"]])
    found = check(sender.sent, items, dead_letters, {text for _, text in poisoned})
    delivered = check_delivered(destinations.arrived, _processed(items), destinations.forged)
    breaches = [*found.breaches, *delivered.breaches]
    if len(sender.sent) != len(deliveries):
        unsent = len(deliveries) - len(sender.sent)
        breaches.append(Breach(f"the sender did not come to an end with {unsent} deliveries", ""))
    if not found.figures["acknowledged events"]:
        breaches.append(Breach("nothing was acknowledged, so nothing was shown", ""))
    if not drained:
        breaches.append(Breach(f"still open; nothing got further for {DRAIN_SECONDS:.0f} s", ""))
    ended = time.monotonic()
    figures = {
        **_of_sender(sender.sent),
        **found.figures,
        **{one: delivered.figures[one] for one in _OF_DELIVERIES},
        "attempts that a destination refused": destinations.refused,
        "requests through the proxy": proxy.requests.total(),
        "seconds of load": round(loaded - begun, 1),
        "seconds of drain": round(ended - loaded, 1),
        "seconds in all": round(ended - started, 1),
    }
    return Result(
        options,
        figures,
        proxy.injected,
        deployment.done,
        sweeps.done,
        breaches,
    )


def _of_sender(sent: Sequence[Sent]) -> dict[str, int]:
    statuses = Counter(status for one in sent for status in one.statuses)
    return {
        "deliveries": len(sent),
        "requests": statuses.total(),
        "retries": statuses.total() - len(sent),
        "answers 200": statuses[200],
        "answers 401": statuses[401],
        "answers 5xx": sum(count for status, count in statuses.items() if status >= 500),
        "no answer": statuses[NO_ANSWER],
        "deliveries given up": sum(not {200, 401} & set(one.statuses) for one in sent),
    }


def _disasters(deployment: Deployment, options: Options, step: Step) -> None:
    """Kill workers all the time, and let the disasters happen at their parts of the load."""
    rng = random.Random(options.seed)
    begun = deployment.clock()
    plans: list[tuple[float, str]] = [
        (rng.uniform(0.05, 0.98) * options.seconds, "worker") for _ in range(options.kills)
    ]
    plans += [(part * options.seconds, name) for part, name in options.disasters]
    for at, name in sorted(plans):
        time.sleep(max(0.0, begun + at - deployment.clock()))
        match name:
            case "worker":
                deployment.kill_worker(rng, options.started_seconds)
            case "freeze":
                step("MiniStack hangs")
                deployment.freeze(options.freeze_seconds)
            case "restart":
                step("MiniStack stops and starts from its saved state")
                deployment.restart()
            case "kill":
                step("MiniStack is killed and starts from its saved state")
                deployment.kill()
    time.sleep(max(0.0, begun + options.seconds - deployment.clock()))


def _join(threads: Sequence[threading.Thread], options: Options) -> None:
    """Wait for the last retries, for twice as long as they can take when nothing queues."""
    end = time.monotonic() + 2 * 111 * options.minute + 240.0
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def _drain(deployment: Deployment) -> bool:
    """Wait until no event is open and no queue holds anything."""

    def look() -> tuple[bool, int]:
        still_open = _open(deployment)
        return bool(still_open or _waiting(deployment)), -still_open

    return _wait_until_quiet(look)


def _deliver(deployment: Deployment, destinations: Destinations) -> bool:
    """Let what waits for its next attempt be due, until everything published has arrived."""

    def look() -> tuple[bool, int]:
        queue = [deployment.described["deliveries_queue"]]
        busy = _messages(deployment, queue) or destinations.hurry(deployment)
        return bool(busy) or _owed(deployment, destinations), destinations.events_arrived()

    return _wait_until_quiet(look)


def _wait_until_quiet(look: Callable[[], tuple[bool, int]]) -> bool:
    """Wait until nothing is busy, some looks long; return False where it gets no further.

    `look` returns whether anything is busy, and a number that rises while things get on.
    """
    _, most = look()
    end, quiet = time.monotonic() + DRAIN_SECONDS, 0
    while quiet < _QUIET_LOOKS:
        if time.monotonic() > end:
            return False
        time.sleep(1.0)
        busy, reached = look()
        quiet = 0 if busy else quiet + 1
        if reached > most:
            end, most = time.monotonic() + DRAIN_SECONDS, reached
    return True


def _owed(deployment: Deployment, destinations: Destinations) -> bool:
    processed = _processed(_items(deployment))
    return bool(check_delivered(destinations.arrived, processed).breaches)


def _processed(items: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        schema.key_of(one["pk"]["S"])
        for one in items
        if one["sk"]["S"] == schema.LEDGER and one["status"]["S"] == PROCESSED
    }


def _waiting(deployment: Deployment) -> int:
    return len(_messages(deployment, deployment.described["queues"].values()))


def _open(deployment: Deployment) -> int:
    dynamodb = deployment.client("dynamodb")
    return sum(
        dynamodb.query(
            TableName=deployment.described["events_table"],
            IndexName=schema.STATUS_INDEX,
            KeyConditionExpression="cell = :cell",
            ExpressionAttributeValues={":cell": {"S": cell}},
            Select="COUNT",
        )["Count"]
        for cell in schema.cells(RECEIVED)
    )


def _items(deployment: Deployment) -> list[Mapping[str, Any]]:
    pages = deployment.client("dynamodb").get_paginator("scan")
    table = deployment.described["events_table"]
    return [
        item
        for page in pages.paginate(TableName=table, ConsistentRead=True)
        for item in page["Items"]
    ]


def _messages(deployment: Deployment, queues: Iterable[str]) -> list[str]:
    """Return the texts of all messages in some queues, the invisible ones too, touching none."""
    url = f"{deployment.process.endpoint_url}/_ministack/sqs/messages"
    with PoolManager(headers=ministack.admin_headers(deployment.place)) as pool:
        accounts = pool.request("GET", url, timeout=30.0, retries=False).json()["messages"]
    wanted = {where.rpartition("/")[2] for where in queues}
    return [
        message["Body"]
        for regions in accounts.values()
        for found in regions.values()
        for where, messages in found.items()
        if where.rpartition("/")[2] in wanted
        for message in messages
    ]


def _plant(deployment: Deployment, flaw: str, sent: Sequence[Sent]) -> None:
    """Damage the table, to see that the verdict sees it."""
    if flaw == "none":
        return
    table, dynamodb = deployment.described["events_table"], deployment.client("dynamodb")
    key = next(one.delivery.key for one in sent if one.acknowledged and one.delivery.shown)
    where = {"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}}
    try:
        if flaw == "lost":
            dynamodb.update_item(
                TableName=table,
                Key=where,
                UpdateExpression="REMOVE contact, #at, entry",
                ExpressionAttributeNames={"#at": "at"},
            )
        elif flaw == "twice":
            item = dynamodb.get_item(TableName=table, Key=where)["Item"]
            copy = {"pk": {"S": schema.event_partition(f"{key}-planted")}}
            dynamodb.put_item(TableName=table, Item=item | copy)
        else:
            dynamodb.delete_item(TableName=table, Key=where)
    except (BotoCoreError, ClientError) as error:
        raise RuntimeError("the flaw could not be planted") from error
