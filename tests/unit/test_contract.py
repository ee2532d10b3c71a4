"""A kind of event is a module, a block in the template, a sample and a test; nothing is missing or left over.

Each failure names the file and what to add. README ("Kinds of event") has the steps.
"""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from justcall.catalogue import KINDS, REPEATABLE, TYPES, logical_name, module_name
from messaging.message import MESSAGE_BYTES
from tests.support import make_docs, samples, stack, url_samples

ROOT = Path(__file__).parents[2]
CATALOGUE = "src/justcall/catalogue.py"
MAKE_EVENTS = "run .venv/bin/python -m tests.support.make_events"
FOURTEEN_DAYS = 14 * 86_400
# SQS keeps a message for so long where a queue does not say otherwise.
DEFAULT_RETENTION = 4 * 86_400
# A stack's name must leave room for the longest queue name; README says so.
MAX_STACK_NAME, MAX_QUEUE_NAME = 48, 80
PIECES = ("Queue", "Processor", "Source")

kinds = pytest.mark.parametrize("kind", KINDS)


def queue(kind: str) -> dict[str, Any]:
    return stack.properties(f"{logical_name(kind)}Queue")


def processor(kind: str) -> dict[str, Any]:
    return stack.function(f"{logical_name(kind)}Processor")


def source(kind: str) -> dict[str, Any]:
    return stack.properties(f"{logical_name(kind)}Source")


def dashboard() -> str:
    """Return the dashboard's body in one form; it must be JSON."""
    return json.dumps(json.loads(stack.properties("StackDashboard")["DashboardBody"]))


# ------------------------------------------------------------ nothing is missing


def missing(kind: str) -> Iterator[str]:
    """Yield what a kind lacks."""
    name = module_name(kind)
    for path, advice in (
        (f"src/processors/{name}.py", "add the processor, with `handler` and `entry`"),
        (f"tests/unit/processors/test_{name}.py", "add the processor's test"),
        (f"events/http/{name}.json", MAKE_EVENTS),
        (f"events/sqs/{name}.json", MAKE_EVENTS),
    ):
        if not (ROOT / path).is_file():
            yield f"{path}: {advice}"
    for piece in PIECES:
        if f"{logical_name(kind)}{piece}" not in stack.resources():
            yield f"template.yaml: add {logical_name(kind)}{piece}, as another kind has it"
    if f'"{stack.STACK}-events-{name}"' not in dashboard():
        yield f"template.yaml: add the queue ${{AWS::StackName}}-events-{name} to the Dashboard"
    if kind not in TYPES.values():
        yield f"{CATALOGUE}: add the types of {kind} to TYPES"
    if kind not in samples.BY_KIND:
        yield f"tests/support/samples.py: add a document of {kind} to BY_KIND"


@kinds
def test_kind_is_complete(kind: str) -> None:
    assert list(missing(kind)) == []


@kinds
def test_processor_has_what_lambda_calls(kind: str) -> None:
    module = importlib.import_module(f"processors.{module_name(kind)}")
    assert callable(module.handler)
    assert callable(module.entry)


def test_every_type_has_a_sample() -> None:
    bodies = {document["event"] for document in samples.BY_KIND.values()} | set(samples.FURTHER)
    without = set(TYPES) - bodies - set(url_samples.DATA)
    advice = "tests/support/samples.py (FURTHER) or url_samples.py (DATA): add a sample of each"
    assert not without, advice


def test_documents_are_up_to_date() -> None:
    assert make_docs.stale() == []


def test_repeatable_types_are_types() -> None:
    assert set(TYPES) >= REPEATABLE, f"{CATALOGUE}: add them to TYPES too"


# ------------------------------------------------------------ nothing is left over


def left_over() -> Iterator[str]:
    """Yield what belongs to no kind."""
    names = {module_name(kind) for kind in KINDS}
    logical_names = {logical_name(kind) for kind in KINDS}
    files = {
        *(ROOT / "src" / "processors").glob("[!_]*.py"),
        *(ROOT / "tests" / "unit" / "processors").glob("test_*.py"),
    }
    for path in sorted(files):
        if path.stem.removeprefix("test_") not in names:
            yield f"{path.relative_to(ROOT)}: no kind in {CATALOGUE}"
    for name in stack.resources():
        for piece in PIECES:
            prefix = name.removesuffix(piece)
            if prefix not in {name, *logical_names, "DeadLetter"}:
                yield f"template.yaml: {name} belongs to no kind in {CATALOGUE}"
    for kind in {*TYPES.values(), *samples.BY_KIND} - set(KINDS):
        yield f"{CATALOGUE}: {kind} is not in KINDS"


def test_nothing_is_left_over() -> None:
    assert list(left_over()) == []


def test_every_function_has_a_module() -> None:
    for name in stack.resources("AWS::Serverless::Function"):
        module, _, attribute = stack.function(name)["Handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute)), name


# ------------------------------------------------------------ a kind's block fits


@kinds
def test_source_connects_queue_and_processor(kind: str) -> None:
    assert processor(kind)["Handler"] == f"processors.{module_name(kind)}.handler"
    mapping = source(kind)
    assert mapping["FunctionName"] == stack.physical_name(f"{logical_name(kind)}Processor")
    assert mapping["EventSourceArn"] == stack.arn(f"{logical_name(kind)}Queue")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "FilterCriteria" not in mapping, "Lambda deletes the messages that match no filter"


@kinds
def test_handler_finds_the_queue_by_its_prefix(kind: str) -> None:
    prefix = stack.environment("HandlerFunction")["QUEUE_URL_PREFIX"]
    assert stack.queue_url(f"{logical_name(kind)}Queue") == prefix + module_name(kind)
    assert not stack.queue_url("DeadLetterQueue").startswith(prefix)


@kinds
def test_queue_name_fits_the_longest_stack_name(kind: str) -> None:
    name = queue(kind)["QueueName"].replace(stack.STACK, "x" * MAX_STACK_NAME)
    assert len(name) <= MAX_QUEUE_NAME, f"{CATALOGUE}: choose a shorter name than {kind}"


@kinds
def test_visibility_timeout_outlasts_the_processor(kind: str) -> None:
    """AWS advises six times the function's time-out."""
    assert queue(kind)["VisibilityTimeout"] >= 6 * processor(kind)["Timeout"]


@kinds
def test_dead_letters_outlive_the_queue(kind: str) -> None:
    """A dead letter keeps the time of its message."""
    redrive = queue(kind)["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == stack.arn("DeadLetterQueue")
    dead_letters = stack.properties("DeadLetterQueue")
    assert dead_letters["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert queue(kind).get("MessageRetentionPeriod", DEFAULT_RETENTION) < FOURTEEN_DAYS


@kinds
def test_processor_knows_the_last_receive(kind: str) -> None:
    variables = stack.environment(f"{logical_name(kind)}Processor")
    assert int(variables["MAX_RECEIVES"]) == queue(kind)["RedrivePolicy"]["maxReceiveCount"]


@pytest.mark.parametrize("name", stack.resources("AWS::SQS::Queue"))
def test_queue_takes_the_largest_message(name: str) -> None:
    assert stack.properties(name)["MaximumMessageSize"] == MESSAGE_BYTES


@pytest.mark.parametrize("piece", PIECES)
def test_blocks_of_all_kinds_are_alike(piece: str) -> None:
    """A correction in one block is made in all of them. Only settings may be a kind's own."""
    blocks = []
    for kind in KINDS:
        resource = stack.resources()[f"{logical_name(kind)}{piece}"]
        alike = {n: one for n, one in resource["Properties"].items() if n != "Environment"}
        block = repr(resource | {"Properties": alike})
        for name in (logical_name(kind), module_name(kind), kind):
            block = block.replace(name, "NAME")
        blocks.append(block)
    assert len(set(blocks)) == 1, f"template.yaml: the {piece} blocks differ"
