"""Catalogue ⇄ modules ⇄ template ⇄ samples ⇄ tests: a forgotten piece is red here, not a lost event."""

import ast
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aws import emf, observability
from aws.deadline import ANSWER_SECONDS
from justcall.catalogue import KINDS, REPEATABLE, TYPES, kind_of, logical_name, module_name
from ledger import schema
from messaging.message import MESSAGE_BYTES
from tests.support import samples, stack, url_samples

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
EVENTS = ROOT / "events"
MODULES = sorted(
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    for path in SRC.rglob("*.py")
)
NAMES = [logical_name(kind) for kind in KINDS]
PIECES = (
    "Queue",
    "DeadLetterQueue",
    "Processor",
    "Source",
    "LogGroup",
    "DeadLettersAlarm",
    "OldestMessageAlarm",
)
FOURTEEN_DAYS = 14 * 86_400

kinds = pytest.mark.parametrize("kind", KINDS)


def queue(kind: str) -> dict[str, Any]:
    return stack.properties(f"{logical_name(kind)}Queue")


def dead_letters(kind: str) -> dict[str, Any]:
    return stack.properties(f"{logical_name(kind)}DeadLetterQueue")


def processor(kind: str) -> dict[str, Any]:
    return stack.function(f"{logical_name(kind)}Processor")


def source(kind: str) -> dict[str, Any]:
    return stack.properties(f"{logical_name(kind)}Source")


# ------------------------------------------------------------ every kind has its pieces


def test_names() -> None:
    """One rule makes module and template names of a kind."""
    assert module_name("call.completed") == "call_completed"
    assert logical_name("call.completed") == "CallCompleted"


@kinds
def test_every_kind_has_a_processor(kind: str) -> None:
    """The module exists, and what Lambda calls is there."""
    module = importlib.import_module(f"processors.{module_name(kind)}")
    assert callable(module.handler)
    assert callable(module.entry)


@kinds
def test_every_kind_has_its_resources(kind: str) -> None:
    """Each kind has a queue, its dead letters, a processor with its source, and a log."""
    pieces = {f"{logical_name(kind)}{piece}" for piece in PIECES}
    assert pieces <= set(stack.resources())


@kinds
def test_every_kind_has_samples_and_a_test(kind: str) -> None:
    """A request, a batch and a test file bear the module's name."""
    name = module_name(kind)
    assert (EVENTS / "http" / f"{name}.json").is_file()
    assert (EVENTS / "sqs" / f"{name}.json").is_file()
    assert (ROOT / "tests" / "unit" / "processors" / f"test_{name}.py").is_file()
    assert kind_of(samples.BY_KIND[kind]["event"]) == kind


def test_every_type_has_a_kind_and_a_url_signed_sample() -> None:
    """The table knows both dialects' lists, and no kind that is none."""
    assert set(TYPES.values()) == set(KINDS)
    assert set(url_samples.DATA) <= set(TYPES)
    assert len(url_samples.DATA) == 23
    for event_type in url_samples.DATA:
        name = f"url_{module_name(event_type)}"
        assert (EVENTS / "http" / f"{name}.json").is_file()
    assert set(TYPES) >= REPEATABLE


def test_every_type_has_a_sample() -> None:
    """Each name of either dialect's list is in a file of events/."""
    bodied = {samples.BY_KIND[kind]["event"] for kind in KINDS} | set(samples.FURTHER)
    assert bodied | set(url_samples.DATA) == set(TYPES)
    for event_type in samples.FURTHER:
        assert (EVENTS / "http" / f"{module_name(event_type)}.json").is_file()


# ------------------------------------------------------------ and nothing else is there


def test_every_processor_has_a_kind() -> None:
    """No module, no test and no sample is left over from a kind that is gone."""
    names = {module_name(kind) for kind in KINDS}
    assert {path.stem for path in (SRC / "processors").glob("*.py")} - {"__init__"} == names
    tests = (ROOT / "tests" / "unit" / "processors").glob("test_*.py")
    assert {path.stem.removeprefix("test_") for path in tests} == names
    assert set(samples.BY_KIND) == set(KINDS)


def test_every_queue_and_processor_has_a_kind() -> None:
    """The template has no block that the catalogue does not know."""
    assert set(stack.resources("AWS::SQS::Queue")) == {
        f"{name}{piece}" for name in NAMES for piece in ("Queue", "DeadLetterQueue")
    }
    mappings = stack.resources("AWS::Lambda::EventSourceMapping")
    assert set(mappings) == {f"{name}Source" for name in NAMES}
    functions = set(stack.resources("AWS::Serverless::Function"))
    assert {name for name in functions if name.endswith("Processor")} == {
        f"{name}Processor" for name in NAMES
    }


def test_every_function_has_a_module() -> None:
    """What Lambda is told to call is there."""
    for name in stack.resources("AWS::Serverless::Function"):
        module, _, attribute = stack.function(name)["Handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute)), name


# ------------------------------------------------------------ and the pieces fit


@kinds
def test_processor_is_the_kinds(kind: str) -> None:
    """The kind's queue calls the kind's module, whose failures come back one by one."""
    assert processor(kind)["Handler"] == f"processors.{module_name(kind)}.handler"
    assert processor(kind)["LoggingConfig"]["LogGroup"] == stack.physical_name(
        f"{logical_name(kind)}LogGroup"
    )
    mapping = source(kind)
    assert mapping["FunctionName"] == stack.physical_name(f"{logical_name(kind)}Processor")
    assert mapping["EventSourceArn"] == stack.arn(f"{logical_name(kind)}Queue")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert "FilterCriteria" not in mapping, "what matches no filter would be deleted"


@kinds
def test_queue_names_are_the_handlers(kind: str) -> None:
    """The handler finds a kind's queue by the rule alone."""
    prefix = stack.environment("HandlerFunction")["QUEUE_URL_PREFIX"]
    assert stack.queue_url(f"{logical_name(kind)}Queue") == prefix + module_name(kind)
    assert not stack.queue_url(f"{logical_name(kind)}DeadLetterQueue").startswith(prefix)


@kinds
def test_no_record_is_taken_twice_while_one_works(kind: str) -> None:
    """A message stays invisible for six times the function's time-out, as AWS advises."""
    assert queue(kind)["VisibilityTimeout"] >= 6 * processor(kind)["Timeout"]


@kinds
def test_dead_letters_are_the_queues_own_and_live_longer(kind: str) -> None:
    """A dead letter keeps the time of its message, so it must outlive the queue's retention."""
    redrive = queue(kind)["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == stack.arn(f"{logical_name(kind)}DeadLetterQueue")
    assert dead_letters(kind)["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert queue(kind)["MessageRetentionPeriod"] < FOURTEEN_DAYS


@kinds
def test_last_receive_is_the_same_for_queue_and_code(kind: str) -> None:
    """The processor marks an event failed at the receive after which SQS gives up."""
    variables = stack.environment(f"{logical_name(kind)}Processor")
    assert int(variables["MAX_RECEIVES"]) == queue(kind)["RedrivePolicy"]["maxReceiveCount"]


@kinds
def test_queues_take_what_the_handler_sends(kind: str) -> None:
    """The largest message fits the queue and its dead-letter queue; both are encrypted."""
    for one in (queue(kind), dead_letters(kind)):
        assert one["MaximumMessageSize"] == MESSAGE_BYTES
        assert one["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("piece", PIECES)
def test_the_kinds_blocks_are_alike(piece: str) -> None:
    """But for its names, every kind's block is the same: what is mended in one is mended in all."""
    blocks = []
    for kind in KINDS:
        block = repr(stack.resources()[f"{logical_name(kind)}{piece}"])
        for name in (logical_name(kind), module_name(kind), kind):
            block = block.replace(name, "NAME")
        blocks.append(block)
    assert len(set(blocks)) == 1


# ------------------------------------------------------------ the rest of the template


def test_ledger_outlives_dead_letters() -> None:
    """An event is on the ledger for as long as its dead letter can come back."""
    assert stack.template()["Parameters"]["RetentionDays"]["MinValue"] * 86_400 > FOURTEEN_DAYS


def test_table_is_the_schemas() -> None:
    """Keys, index and expiry have the names that the code writes."""
    table = stack.properties("EventsTable")
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    } == {
        schema.RECENT_INDEX: ["bucket", "received_at"],
        schema.OPEN_INDEX: ["open", "received_at"],
    }
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["SSESpecification"]["SSEEnabled"] is True


def test_handler_outlives_its_answer() -> None:
    """Lambda does not end the handler before its own deadline, nor JustCall before Lambda."""
    assert ANSWER_SECONDS < stack.function("HandlerFunction")["Timeout"] < 10


def test_handler_has_only_the_rights_it_uses() -> None:
    """It writes, sends and reads one secret; it cannot read what others sent."""
    statements = [
        statement
        for policy in stack.function("HandlerFunction")["Policies"]
        for statement in policy["Statement"]
    ]
    actions = {
        action
        for statement in statements
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }
    assert actions == {
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "sqs:SendMessage",
        "secretsmanager:GetSecretValue",
    }
    assert all(statement["Resource"] != "*" for statement in statements)


def test_secret_is_in_no_environment() -> None:
    """Functions know where the secret is, not what it is."""
    parameter = "JustCallApiSecret"
    for name in stack.resources("AWS::Serverless::Function"):
        text = repr(stack.resources()[name]) + repr(stack.template()["Globals"])
        assert parameter not in text, name
    assert stack.template()["Parameters"][parameter]["NoEcho"] is True
    assert "Default" not in stack.template()["Parameters"][parameter]


def test_every_variable_is_read() -> None:
    """What the template declares somebody reads, and what is read it declares."""
    read = set(
        re.findall(r'_(?:text|number|words)\("(\w+)"\)', (SRC / "aws" / "settings.py").read_text())
    )
    declared = {
        variable
        for name in stack.resources("AWS::Serverless::Function")
        for variable in stack.environment(name)
        if not variable.startswith(("AWS_ENDPOINT_URL_", "POWERTOOLS_"))
    }
    assert declared == read


# ------------------------------------------------------------ importing does nothing


def reads_environment(tree: ast.AST) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    return any(
        (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.alias) and node.name in names)
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("module", MODULES)
def test_one_module_reads_the_environment(module: str) -> None:
    """Settings come from one place."""
    path = SRC.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert reads_environment(ast.parse(path.read_text())) is (module == "aws.settings")


_IMPORT = """
import os, socket, sys

def refuse(*arguments, **options):
    raise AssertionError("the network was used")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
before = dict(os.environ)
import importlib
importlib.import_module(sys.argv[1])
from aws import clients
assert clients._session.cache_info().currsize == 0, "a session was made"
assert clients._client.cache_info().currsize == 0, "a client was made"
assert dict(os.environ) == before, "the environment was changed"
"""


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith(("handler", "processors", "sweeper", "secret_writer"))])  # fmt: skip
def test_importing_does_nothing(module: str) -> None:
    """Importing a Lambda's module needs no setting, makes no client and reaches nobody."""
    program = [sys.executable, "-W", "error", "-c", _IMPORT, module]
    done = subprocess.run(
        program, env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ------------------------------------------------------------ alarms, runbook, dashboard

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
ALARMS = stack.resources("AWS::CloudWatch::Alarm")


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_has_its_place_in_the_runbook(name: str) -> None:
    """It says where; there stand what it means, how to look and how to mend. Somebody is told."""
    alarm = stack.properties(name)
    anchor = alarm["AlarmDescription"].partition("docs/runbook.md#")[2]
    section = RUNBOOK.partition(f"\n## {anchor}\n")[2].partition("\n## ")[0]
    assert "- Look: " in section
    assert "- Mend: " in section
    named = re.search(r"\*(\w+)\.\*", section)
    assert named
    assert re.fullmatch(named[1].replace("Kind", rf"({'|'.join(NAMES)})"), name)
    assert alarm["AlarmActions"] == alarm["OKActions"] == [stack.physical_name("AlarmTopic")]


def test_the_runbook_has_nothing_else() -> None:
    """No section is left over from an alarm that is gone."""
    told = {stack.properties(name)["AlarmDescription"].partition("#")[2] for name in ALARMS}
    assert set(re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)) == told


def test_every_metric_that_alarms_or_is_shown_is_counted() -> None:
    """The template knows our metrics by the names that the code gives them."""
    counted = {
        value
        for value in (vars(observability) | vars(emf)).values()
        if isinstance(value, str) and value.isalpha()
    }
    own = {alarm["Properties"]["MetricName"] for alarm in ALARMS.values()
           if alarm["Properties"]["Namespace"] == "JustCallHooks"}  # fmt: skip
    body = stack.properties("Dashboard")["DashboardBody"]
    shown = set(re.findall(r'"JustCallHooks", "(\w+)"', body))
    assert own | shown <= counted
    assert {"Accepted", "Refused", "Processed", "Failed", "Resent", "Stuck"} <= shown


def test_the_dashboard_shows_every_queue() -> None:
    """It is JSON, and holds each kind's queue and dead-letter queue."""
    shown = json.dumps(json.loads(stack.properties("Dashboard")["DashboardBody"]))
    for name in stack.resources("AWS::SQS::Queue"):
        assert f'"{stack.physical_name(name)}"' in shown, name


def test_production_shifts_gradually_and_rolls_back() -> None:
    """A new version gets a tenth of the traffic at first; alarms that exist take it back."""
    stages = stack.template()["Mappings"]["Stages"]
    assert (stages["prod"]["GradualDeployment"], stages["dev"]["GradualDeployment"]) == (
        True,
        False,
    )
    for name in stack.resources("AWS::Serverless::Function"):
        if name in ("SeedFunction", "SweeperFunction"):
            continue  # nobody waits for them; a run that fails is repeated
        function = stack.resources()[name]["Properties"]
        preference = function["DeploymentPreference"]
        assert function["AutoPublishAlias"] == "live"
        assert preference["Enabled"] == {
            "Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "GradualDeployment"]
        }
        assert {alarm["Ref"] for alarm in preference["Alarms"]} <= set(ALARMS)


def test_the_documented_types_are_the_tables() -> None:
    """docs/dialects.md tells people what the catalogue tells the code."""
    text = (ROOT / "docs" / "dialects.md").read_text().partition("## Types and kinds")[2]
    told = {
        name: kind
        for kind, names in re.findall(r"^\| `([\w.]+)` \| (.+) \|$", text, re.MULTILINE)
        for name in re.findall(r"`([\w.]+)`", names)
    }
    assert told == dict(TYPES)
