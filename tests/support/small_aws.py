"""A small AWS in memory: the calls that the code makes, no more.

It answers at botocore's wire (`before-send`), so that our clients sign, retry and parse as they do
on AWS, and costs a fraction of moto's time. tests/model/test_small_aws.py compares its answers
with moto's. Beyond moto it knows the time (`clock`) and takes a transaction's second attempt for
what it is (ClientRequestToken). What it doesn't know it notes in `unknown`, and the test fails.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from tests.support import stack
from tests.support.samples import SECRET
from tests.support.small_s3 import SmallS3

type Item = dict[str, Any]
type Values = Mapping[str, Any]

_TOKEN = re.compile(r"\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+-])")
_DEDUPLICATED_SECONDS = 600.0
DELIVERY_SECRET = "arn:delivery-secret"


class Refusal(Exception):
    """An error that AWS answers with."""

    def __init__(self, code: str, status: int = 400, **members: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.members = members


class NotKnown(Exception):
    """A call, or a part of one, that no test has needed yet: it fails the test that needs it."""


def respond(url: str, status: int, document: Mapping[str, Any]) -> AWSResponse:
    """Return what the wire brings back."""
    headers: Any = {"x-amzn-requestid": "small-aws"}
    response: Any = AWSResponse(url, status, headers, None)
    response._content = json.dumps(document).encode()
    made: AWSResponse = response
    return made


def refuse(url: str, refusal: Refusal) -> AWSResponse:
    """Return an error as the wire brings it back."""
    members = {"__type": refusal.code, "message": refusal.code, **refusal.members}
    return respond(url, refusal.status, members)


class SmallAws:
    """One deployment of template.yaml, empty at first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.tables = Table(clock)
        self.queues = Queues(clock)
        self.bus = Bus()
        self.files = SmallS3()
        self.secrets = {"AWSCURRENT": SECRET}
        self.delivery_secrets = "{}"  # those of all destinations, in one secret
        self.unknown: list[str] = []

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer one request of the wire."""
        target: Any = HeadersDict(request.headers).get("X-Amz-Target")
        if target is None:  # S3 has no such header
            return self.files.answer(request)
        service, operation = (target.decode() if isinstance(target, bytes) else str(target)).rsplit(
            ".", 1
        )
        body: Any = request.body
        arguments = json.loads(body)
        part: Any = {
            "DynamoDB_20120810": self.tables,
            "AmazonSQS": self.queues,
            "secretsmanager": self,
            "AWSEvents": self.bus,
        }[service]
        try:
            if (call := getattr(part, operation, None)) is None:
                raise NotKnown(operation)
            return respond(request.url, 200, call(arguments))
        except Refusal as refusal:
            return refuse(request.url, refusal)
        except NotKnown as error:  # the code under test may take it for AWS's failure
            self.unknown.append(str(error))
            raise

    def GetSecretValue(self, arguments: Values) -> Item:  # noqa: N802  # AWS's names
        stage = arguments["VersionStage"]
        if arguments["SecretId"] == DELIVERY_SECRET:
            return {"ARN": DELIVERY_SECRET, "SecretString": self.delivery_secrets}
        if stage not in self.secrets:
            raise Refusal("ResourceNotFoundException")
        return {"ARN": arguments["SecretId"], "SecretString": self.secrets[stage]}


class Bus:
    """EventBridge's PutEvents; `refuses` says which entries fail by themselves."""

    def __init__(self) -> None:
        self.entries: list[Item] = []
        self.refuses: Callable[[Item], bool] = lambda _entry: False

    def PutEvents(self, arguments: Values) -> Item:  # noqa: N802  # AWS's names
        entries = arguments["Entries"]
        size = sum(len(value.encode()) for one in entries for value in one.values())
        if not 0 < len(entries) <= 10 or size > 262_144:
            raise Refusal("ValidationException")
        answered: list[Item] = []
        for one in entries:
            if self.refuses(one):
                answered.append({"ErrorCode": "InternalFailure"})
            else:
                self.entries.append(one | {"Detail": json.loads(one["Detail"])})
                answered.append({"EventId": str(len(self.entries))})
        failed = sum("ErrorCode" in one for one in answered)
        return {"FailedEntryCount": failed, "Entries": answered}


# ------------------------------------------------------------ DynamoDB


class _Expression:
    """Reads one condition, key condition or update, by recursive descent over its tokens."""

    def __init__(self, text: str, arguments: Values, item: Item) -> None:
        self._tokens = _TOKEN.findall(text)
        assert "".join(self._tokens) == re.sub(r"\s", "", text), text
        self._names: Values = arguments.get("ExpressionAttributeNames") or {}
        self._values: Values = arguments.get("ExpressionAttributeValues") or {}
        self._item = item

    def condition(self) -> bool:
        result = self._either()
        assert not self._tokens, self._tokens
        return result

    def update(self) -> Item:
        """Return the item as it is after SET, REMOVE and ADD; every operand is read before."""
        after = deepcopy(self._item)
        verbs = {"SET": self._set, "REMOVE": self._remove, "ADD": self._add}
        while self._tokens:
            verb = verbs[self._take()]
            verb(after)
            while self._peek() == ",":
                self._take()
                verb(after)
        return after

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, expected: str = "") -> str:
        token: str = self._tokens.pop(0)
        assert expected in ("", token), (expected, token)
        return token

    def _either(self) -> bool:
        result = self._both()
        while self._peek() == "OR":
            self._take()
            other = self._both()
            result = result or other
        return result

    def _both(self) -> bool:
        result = self._one()
        while self._peek() == "AND":
            self._take()
            other = self._one()
            result = result and other
        return result

    def _one(self) -> bool:
        if self._peek() == "NOT":
            self._take()
            return not self._one()
        if self._peek() == "(":
            self._take()
            result = self._either()
            self._take(")")
            return result
        if len(self._tokens) > 1 and self._tokens[1] == "(" and self._peek() != "size":
            return self._function()
        return self._comparison()

    def _function(self) -> bool:
        name = self._take()
        self._take("(")
        first = self._operand()
        second = None
        if self._peek() == ",":
            self._take()
            second = self._operand()
        self._take(")")
        if name == "attribute_exists":
            return first is not None
        if name == "attribute_not_exists":
            return first is None
        if name == "contains":
            return bool(first and second and second["S"] in first["SS"])
        if name == "begins_with":
            return bool(first and second and first["S"].startswith(second["S"]))
        raise NotKnown(name)

    def _comparison(self) -> bool:
        left = self._operand()
        operator = self._take()
        right = self._operand()
        if operator == "<>":
            return left != right
        if left is None or right is None or left.keys() != right.keys():
            return False
        if operator == "=":
            return bool(_rank(left) == _rank(right))
        small, large = (left, right) if operator in ("<", "<=") else (right, left)
        return _rank(small) < _rank(large) or (len(operator) == 2 and _rank(small) == _rank(large))

    def _operand(self) -> Item | None:
        token = self._take()
        if self._peek() == "(":
            self._take()
            first = self._operand()
            if token == "size":
                self._take(")")
                return first and {"N": str(len(next(iter(first.values()))))}
            self._take(",")
            second = self._operand()
            self._take(")")
            made: Item | None = _OPERATIONS[token](first, second)
            return made
        if token.startswith(":"):
            value: Item = self._values[token]
            return value
        return self._item.get(self._named(token))

    def _named(self, token: str) -> str:
        return str(self._names[token]) if token.startswith("#") else token

    def _set(self, after: Item) -> None:
        name = self._named(self._take())
        self._take("=")
        value = self._operand()
        assert value is not None, name
        if self._peek() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            other = self._operand()
            assert other is not None
            value = {"N": str(Decimal(value["N"]) + sign * Decimal(other["N"]))}
        after[name] = value

    def _remove(self, after: Item) -> None:
        after.pop(self._named(self._take()), None)

    def _add(self, after: Item) -> None:
        name = self._named(self._take())
        value = self._operand()
        assert value is not None
        if "SS" in value:
            held = self._item.get(name, {"SS": []})["SS"]
            after[name] = {"SS": sorted({*held, *value["SS"]})}
            return
        before = self._item.get(name, {"N": "0"})
        after[name] = {"N": str(Decimal(before["N"]) + Decimal(value["N"]))}


_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "if_not_exists": lambda found, otherwise: otherwise if found is None else found,
    "list_append": lambda first, second: {"L": [*first["L"], *second["L"]]},
}


def _rank(value: Item) -> Any:
    [(kind, content)] = value.items()
    if kind == "N":
        return Decimal(content)
    if kind == "BOOL":
        return content
    if kind not in ("S", "B"):
        raise NotKnown(kind)
    return base64.b64decode(content) if kind == "B" else content.encode(errors="surrogatepass")


class Table:
    """The events table. Items are kept as the wire has them: `B` in base64."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._partitions: dict[str, dict[str, Item]] = {}
        self._tokens: dict[str, tuple[float, str]] = {}
        self.stream: list[Item] = []  # what Lambda gets of the table's updates, before its filter
        self.puts: Counter[tuple[str, str]] = Counter()  # how often each item was put
        self.changes: Counter[tuple[str, str]] = Counter()  # how often an event got a status
        wanted = stack.properties("EventsTable")
        self._indexes = {index["IndexName"]: index for index in wanted["GlobalSecondaryIndexes"]}

    def items(self) -> Iterator[Item]:
        for partition in self._partitions.values():
            yield from partition.values()

    def get(self, pk: str, sk: str) -> Item:
        return self._partitions.get(pk, {}).get(sk, {})

    def put(self, item: Item) -> None:
        self._partitions.setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = item

    def remove(self, pk: str, sk: str) -> None:
        self._partitions.get(pk, {}).pop(sk, None)

    # ---- the calls, by AWS's names

    def PutItem(self, arguments: Values) -> Item:  # noqa: N802
        self._apply([("Put", arguments)])
        return {}

    def UpdateItem(self, arguments: Values) -> Item:  # noqa: N802
        self._apply([("Update", arguments)])
        if arguments.get("ReturnValues") == "ALL_NEW":
            return {"Attributes": deepcopy(self.get(*_place(arguments["Key"])))}
        return {}

    def DeleteItem(self, arguments: Values) -> Item:  # noqa: N802
        self._apply([("Delete", arguments)])
        return {}

    def GetItem(self, arguments: Values) -> Item:  # noqa: N802
        found = self.get(*_place(arguments["Key"]))
        return {"Item": deepcopy(found)} if found else {}

    def BatchGetItem(self, arguments: Values) -> Item:  # noqa: N802
        [(name, wanted)] = arguments["RequestItems"].items()
        assert 0 < len(wanted["Keys"]) <= 100
        found = [self.get(*_place(key)) for key in wanted["Keys"]]
        shown = [one for one in found if one]
        if text := wanted.get("ProjectionExpression"):
            aliases = wanted.get("ExpressionAttributeNames", {})
            names = [aliases.get(one, one) for one in text.replace(" ", "").split(",")]
            shown = [{name: one[name] for name in names if name in one} for one in shown]
        return {"Responses": {name: deepcopy(shown)}, "UnprocessedKeys": {}}

    def TransactWriteItems(self, arguments: Values) -> Item:  # noqa: N802
        token = arguments["ClientRequestToken"]
        steps = [next(iter(one.items())) for one in arguments["TransactItems"]]
        digest = json.dumps(steps, sort_keys=True)
        now = self._clock()
        at, before = self._tokens.get(token, (0.0, ""))
        if before and now - at < _DEDUPLICATED_SECONDS:
            assert before == digest, "IdempotentParameterMismatch"
            return {}
        self._apply(steps, transaction=True)
        self._tokens[token] = (now, digest)
        return {}

    def Query(self, arguments: Values) -> Item:  # noqa: N802
        if arguments.keys() & {"Limit", "ExclusiveStartKey", "FilterExpression", "Select"}:
            raise NotKnown(str(arguments))
        index = self._indexes.get(arguments.get("IndexName", ""))
        found = self._listed(index) if index else self._partition(arguments)
        text = arguments["KeyConditionExpression"]
        items = [deepcopy(one) for one in found if _Expression(text, arguments, one).condition()]
        if not arguments.get("ScanIndexForward", True):
            items.reverse()
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    # ---- below them

    def _partition(self, arguments: Values) -> list[Item]:
        pk = arguments["ExpressionAttributeValues"][":pk"]["S"]
        found = self._partitions.get(pk, {})
        return [found[sk] for sk in sorted(found)]

    def _listed(self, index: Values) -> list[Item]:
        names = [one["AttributeName"] for one in index["KeySchema"]]
        listed = [one for one in self.items() if all(name in one for name in names)]
        listed.sort(key=lambda one: [one[name]["S"] for name in names])
        wanted = {"pk", "sk", *names, *index["Projection"].get("NonKeyAttributes", [])}
        return [{name: one[name] for name in one if name in wanted} for one in listed]

    def _apply(self, steps: list[tuple[str, Any]], *, transaction: bool = False) -> None:
        """Check every condition, then write; nothing is written if one fails."""
        places = [_place(step.get("Key") or step["Item"]) for _, step in steps]
        assert len(set(places)) == len(places), "one item twice in a transaction"
        reasons: list[Item] = []
        for (_, step), place in zip(steps, places, strict=True):
            reasons.append(_refused(step, self.get(*place)))
        if any(reasons):
            if transaction:
                told = [one or {"Code": "None"} for one in reasons]
                raise Refusal("TransactionCanceledException", CancellationReasons=told)
            old = {"Item": reasons[0]["Item"]} if "Item" in reasons[0] else {}
            raise Refusal("ConditionalCheckFailedException", **old)
        for (verb, step), place in zip(steps, places, strict=True):
            self._write(verb, step, place)

    def _write(self, verb: str, step: Values, place: tuple[str, str]) -> None:
        if verb == "Put":
            self.puts[place] += 1
            self.put(deepcopy(step["Item"]))
        elif verb == "Update":
            before = self.get(*place) or dict(step["Key"])
            after = _Expression(step["UpdateExpression"], step, before).update()
            if "status" in after and before.get("status") != after["status"]:
                self.changes[place[0], after["status"]["S"]] += 1
            self.put(after)
            images = {"Keys": step["Key"], "OldImage": before, "NewImage": after}
            self.stream.append({"eventName": "MODIFY", "dynamodb": images})
        elif verb == "Delete":
            self.remove(*place)
        elif verb != "ConditionCheck":
            raise NotKnown(verb)


def _place(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def _refused(step: Values, found: Item) -> Item:
    """Return why a step's condition fails, nothing if it holds."""
    text = step.get("ConditionExpression")
    if text is None or _Expression(text, step, found).condition():
        return {}
    shown = step.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and found
    return {"Code": "ConditionalCheckFailed", **({"Item": deepcopy(found)} if shown else {})}


# ------------------------------------------------------------ SQS


class Letter:
    """One message in a queue."""

    def __init__(self, number: int, text: str, sent_at: float, group: str | None = None) -> None:
        self.id = f"message-{number:06d}"
        self.text = text
        self.sent_at = sent_at
        self.group = group
        self.receives = 0
        self.visible_at = 0.0
        self.handle = ""


class _Kind(NamedTuple):
    """What a queue is told by the template."""

    visibility: float
    most_receives: int
    dead_letters: str


class Queues:
    """The queues, in the order of sending; `lying` may be reordered, as SQS may."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._numbers = count(1)
        self._kinds: dict[str, _Kind] = {}
        self.lying: dict[str, list[Letter]] = {}
        for wanted in (*map(stack.properties, stack.resources("AWS::SQS::Queue")), *_nested()):
            redrive = wanted.get("RedrivePolicy", {})
            self.lying[wanted["QueueName"]] = []
            self._kinds[wanted["QueueName"]] = _Kind(
                float(wanted.get("VisibilityTimeout", 30)),
                int(redrive.get("maxReceiveCount", 0)),
                redrive.get("deadLetterTargetArn", "").rsplit(":", 1)[-1],
            )

    # ---- the calls, by AWS's names

    def SendMessage(self, arguments: Values) -> Item:  # noqa: N802
        now, group = self._clock(), arguments.get("MessageGroupId")
        letter = Letter(next(self._numbers), arguments["MessageBody"], now, group)
        letter.visible_at = now + arguments.get("DelaySeconds", 0)
        self._queue(arguments).append(letter)
        return {"MessageId": letter.id, "MD5OfMessageBody": _md5(letter.text)}

    def ReceiveMessage(self, arguments: Values) -> Item:  # noqa: N802
        name = _name(arguments)
        kind, queue, now = self._kinds[name], self._queue(arguments), self._clock()
        for letter in [one for one in queue if one.visible_at <= now]:
            if kind.most_receives and letter.receives >= kind.most_receives:
                queue.remove(letter)
                self.lying[kind.dead_letters].append(letter)
        taken = [one for one in queue if one.visible_at <= now]
        taken = taken[: arguments.get("MaxNumberOfMessages", 1)]
        for letter in taken:
            letter.receives += 1
            letter.visible_at = now + arguments.get("VisibilityTimeout", kind.visibility)
            letter.handle = f"{letter.id}/{letter.receives}"
        return {"Messages": [_received(one) for one in taken]} if taken else {}

    def DeleteMessage(self, arguments: Values) -> Item:  # noqa: N802
        queue = self._queue(arguments)
        queue[:] = [one for one in queue if one.handle != arguments["ReceiptHandle"]]
        return {}

    def ChangeMessageVisibility(self, arguments: Values) -> Item:  # noqa: N802
        for letter in self._queue(arguments):
            if letter.handle == arguments["ReceiptHandle"]:
                letter.visible_at = self._clock() + arguments["VisibilityTimeout"]
        return {}

    def ChangeMessageVisibilityBatch(self, arguments: Values) -> Item:  # noqa: N802
        for entry in arguments["Entries"]:
            self.ChangeMessageVisibility({"QueueUrl": arguments["QueueUrl"], **entry})
        return {"Successful": [{"Id": one["Id"]} for one in arguments["Entries"]], "Failed": []}

    def GetQueueAttributes(self, arguments: Values) -> Item:  # noqa: N802
        now, queue = self._clock(), self._queue(arguments)
        visible = sum(one.visible_at <= now for one in queue)
        counts = {
            "ApproximateNumberOfMessages": visible,
            "ApproximateNumberOfMessagesNotVisible": len(queue) - visible,
            "ApproximateNumberOfMessagesDelayed": 0,
        }
        return {"Attributes": {one: str(counts[one]) for one in arguments["AttributeNames"]}}

    def _queue(self, arguments: Values) -> list[Letter]:
        return self.lying[_name(arguments)]


def _nested() -> Iterator[Item]:
    """Yield the properties of the queues of the nested templates that have functions of their own."""
    dead = {"deliveries": "DeadLetterQueue", "recordings": "UnarchivedQueue"}
    for template, dead_letters in dead.items():
        queues = stack.nested_resources(template, "AWS::SQS::Queue")
        for name in (dead_letters, "Queue"):
            own = queues[name]["Properties"]
            redrive = own.get("RedrivePolicy")
            arn = {"deadLetterTargetArn": _queue_name(queues[dead_letters])}
            yield {
                **own,
                "QueueName": _queue_name(queues[name]),
                "RedrivePolicy": redrive | arn if redrive else {},
            }


def _queue_name(resource: Item) -> str:
    text: str = resource["Properties"]["QueueName"]["Fn::Sub"]
    return text.replace("${StackName}", stack.STACK)


def _name(arguments: Values) -> str:
    return str(arguments["QueueUrl"]).rsplit("/", 1)[-1]


def _received(letter: Letter) -> Item:
    return {
        "MessageId": letter.id,
        "ReceiptHandle": letter.handle,
        "Body": letter.text,
        "MD5OfBody": _md5(letter.text),
        "Attributes": {
            "ApproximateReceiveCount": str(letter.receives),
            "SentTimestamp": str(int(letter.sent_at * 1000)),
        },
    }


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
