"""The template beyond the kinds: the table, rights, secrets, deletion, alarms."""

import re
from pathlib import Path
from typing import Any

import pytest

from aws import emf, observability
from aws.deadline import ANSWER_SECONDS
from justcall.catalogue import KINDS
from justcall.consent import DEFAULT_WORDS
from ledger import schema
from tests.support import runbook, stack
from tests.support.runbook import RUNBOOK

ROOT = Path(__file__).parents[2]
# At most 900 lines with ten kinds; each further kind may add 22.
MAX_LINES, MAX_LINES_PER_KIND = 680, 22
ALARM = "AWS::CloudWatch::Alarm"
ALARMS = stack.resources(ALARM)
ROLES = stack.resources("AWS::IAM::Role")
FOURTEEN_DAYS = 14 * 86_400


def test_number_of_lines() -> None:
    lines = stack.TEMPLATE.read_text().splitlines()
    assert len(lines) <= MAX_LINES + MAX_LINES_PER_KIND * len(KINDS)


# ------------------------------------------------------------ settings


def test_every_declared_variable_is_read() -> None:
    text = (ROOT / "src" / "aws" / "settings.py").read_text()
    read = set(re.findall(r'_(?:text|number|words|optional)\("(\w+)"\)', text))
    declared = {
        variable
        for name in stack.resources("AWS::Serverless::Function")
        for variable in stack.environment(name)
    } | {variable for name in stack.NESTED for variable in stack.nested_variables(name)}
    declared = {one for one in declared if not one.startswith(("AWS_ENDPOINT_URL_", "POWERTOOLS_"))}
    assert declared == read, "template.yaml and src/aws/settings.py name different variables"


WORDS = {
    "OptOutWords": ("OPT_OUT_WORDS", DEFAULT_WORDS.stop),
    "OptInWords": ("OPT_IN_WORDS", DEFAULT_WORDS.start),
    "OptInAfterOptOutWords": ("OPT_IN_AFTER_OPT_OUT_WORDS", DEFAULT_WORDS.confirm),
}


@pytest.mark.parametrize("name", WORDS)
def test_words_of_consent_are_a_parameter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processors that read texts get them; the description names the usual words."""
    variable, usual = WORDS[name]
    parameter = stack.template()["Parameters"][name]
    listed = parameter["Description"].partition("instead of ")[2].rstrip(".").split(", ")
    assert {word.lower() for word in listed} == usual
    readers = ("SmsReceivedProcessor", "SmsSentProcessor")
    assert {stack.environment(one)[variable] for one in readers} == {parameter["Default"]} == {""}
    monkeypatch.setitem(parameter, "Default", "ARRÊT, ja")
    assert {stack.environment(one)[variable] for one in readers} == {"ARRÊT, ja"}
    assert variable not in stack.environment("HandlerFunction")


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("", True),
        ("STOP", True),
        ("STOP,ARRÊT", True),
        ("STOP, 停止, стоп", True),
        ("OPTOUT", True),
        ("STOP END", False),
        ("opt-out", False),
        ("STOP;END", False),
        ("STOP,", False),
        (",STOP", False),
        ("STOP,,END", False),
        ("'STOP'", False),
        ("x" * 101, False),
    ],
)
def test_words_of_consent_are_checked(name: str, value: str, allowed: bool) -> None:
    """CloudFormation refuses a value that would not be the words that it looks like."""
    pattern = stack.template()["Parameters"][name]["AllowedPattern"]
    assert (re.fullmatch(pattern, value) is not None) is allowed


def test_secret_is_in_no_environment() -> None:
    """A function gets the secret's ARN, not its value."""
    parameter = "JustCallApiSecret"
    for name in stack.resources("AWS::Serverless::Function"):
        assert parameter not in repr(stack.resources()[name]), name
    assert parameter not in repr(stack.template()["Globals"])
    assert stack.template()["Parameters"][parameter]["NoEcho"] is True
    assert "Default" not in stack.template()["Parameters"][parameter]


def test_handler_outlives_its_answer() -> None:
    """Lambda ends the handler after its own deadline, and before JustCall gives up at 10 s."""
    assert ANSWER_SECONDS < stack.function("HandlerFunction")["Timeout"] < 10


def test_sweeper_is_not_retried() -> None:
    function = stack.function("SweeperFunction")
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
    schedule = stack.properties("SweeperSchedule")
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


# ------------------------------------------------------------ table


def test_table_has_the_schemas_indexes() -> None:
    table = stack.properties("EventsTable")
    keys = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert keys == {"timeline": ["contact", "at"], "by_status": ["cell", "received_at"]}
    names = {value for name, value in vars(schema).items() if name.endswith("_INDEX")}
    assert names == set(keys), "template.yaml and src/ledger/schema.py name different indexes"


def test_ledger_outlives_dead_letters() -> None:
    """An event is on the ledger for as long as its dead letter can be redriven."""
    assert stack.template()["Parameters"]["RetentionDays"]["MinValue"] * 86_400 > FOURTEEN_DAYS


def test_table_key_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default AWS owns the key; a key of the user's brings the roles the right to use it."""
    assert "SSESpecification" not in stack.properties("EventsTable")
    users = ["HandlerRole", "ProcessorRole", "SweeperRole"]
    assert all(stack.properties(role)["ManagedPolicyArns"] == [] for role in users)
    arn = "arn:aws:kms:us-east-1:123456789012:key/1"
    monkeypatch.setitem(stack.template()["Parameters"]["TableKmsKeyArn"], "Default", arn)
    assert stack.properties("EventsTable")["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": arn,
    }
    policy = [stack.arn("TableKeyPolicy")]
    assert all(stack.properties(role)["ManagedPolicyArns"] == policy for role in users)


# ------------------------------------------------------------ replacement and deletion

# CloudFormation replaces a resource when one of these changes. The replacement is empty: events in
# the old table and messages in the old queue are read by nobody.
REPLACING = {
    "AWS::DynamoDB::Table": ("TableName", "KeySchema"),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::SecretsManager::Secret": ("Name",),
}
FROZEN: dict[str, dict[str, Any]] = {
    "EventsTable": {
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ]
    },
    "ApiSecret": {},
    "DeadLetterQueue": {"QueueName": f"{stack.STACK}-dead-letters"},
    # Queues of kinds added later are frozen by test_contract.py, which derives their names.
    "CallCompletedQueue": {"QueueName": f"{stack.STACK}-events-call_completed"},
    "CallMissedQueue": {"QueueName": f"{stack.STACK}-events-call_missed"},
    "CallUpdatedQueue": {"QueueName": f"{stack.STACK}-events-call_updated"},
    "VoicemailReceivedQueue": {"QueueName": f"{stack.STACK}-events-voicemail_received"},
    "SmsReceivedQueue": {"QueueName": f"{stack.STACK}-events-sms_received"},
    "SmsSentQueue": {"QueueName": f"{stack.STACK}-events-sms_sent"},
    "MessageStatusQueue": {"QueueName": f"{stack.STACK}-events-message_status"},
    "ConsentChangedQueue": {"QueueName": f"{stack.STACK}-events-consent_changed"},
    "ContactCreatedQueue": {"QueueName": f"{stack.STACK}-events-contact_created"},
    "AppointmentScheduledQueue": {"QueueName": f"{stack.STACK}-events-appointment_scheduled"},
}


@pytest.mark.parametrize("name", FROZEN)
def test_stores_are_never_replaced(name: str) -> None:
    assert name in stack.resources(), "CloudFormation would delete it with its contents"
    own = stack.properties(name)
    replacing = REPLACING[stack.resources()[name]["Type"]]
    assert {one: own[one] for one in replacing if one in own} == FROZEN[name]


@pytest.mark.parametrize("name", ["EventsTable", "ApiSecret"])
def test_deleting_the_stack_keeps_table_and_secret(name: str) -> None:
    resource = stack.resources()[name]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_table_of_prod_is_protected() -> None:
    assert stack.properties("EventsTable")["DeletionProtectionEnabled"] is True  # Stage is prod


# ------------------------------------------------------------ rights


def statements(role: str) -> list[dict[str, Any]]:
    policies = stack.properties(role).get("Policies", [])
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def actions(role: str) -> set[str]:
    every = [one["Action"] for one in statements(role)]
    return {name for one in every for name in (one if isinstance(one, list) else [one])}


ANY_FUNCTION = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


def test_every_function_has_a_role_of_the_template() -> None:
    """SAM would add AWSLambdaBasicExecutionRole, which may write to every log group."""
    for name in stack.resources("AWS::Serverless::Function"):
        assert stack.function(name)["Role"] in map(stack.arn, ROLES), name


@pytest.mark.parametrize("role", ROLES)
def test_rights_name_their_resources(role: str) -> None:
    for one in statements(role):
        assert one["Resource"] != "*" or set(one["Action"]) <= ANY_FUNCTION, one


def test_handler_can_only_store_and_send() -> None:
    """It cannot read what other deliveries stored, or what is in a queue."""
    assert actions("HandlerRole") - ANY_FUNCTION == {
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "sqs:SendMessage",
        "secretsmanager:GetSecretValue",
    }


@pytest.mark.parametrize("role", ["ProcessorRole", "SweeperRole"])
def test_nobody_deletes_events_or_reads_the_secret(role: str) -> None:
    forbidden = {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "secretsmanager:GetSecretValue"}
    assert not actions(role) & forbidden


def test_processors_only_put_consent() -> None:
    """Nothing updates, reads or deletes a number's history."""
    own = {"Query", "UpdateItem"}
    for one in statements("ProcessorRole"):
        if own & {action.removeprefix("dynamodb:") for action in one["Action"]}:
            assert one["Condition"] == {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "event#*"}
            }
    assert {action for action in actions("ProcessorRole") if action.startswith("dynamodb:")} == {
        "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
    }  # fmt: skip


def test_sweeper_cannot_delete_messages() -> None:
    assert "sqs:DeleteMessage" not in actions("SweeperRole")


# ------------------------------------------------------------ deployment


def test_only_the_new_version_can_stop_a_deploy() -> None:
    """Old dead letters and forged requests do not count for the new version."""
    handler = stack.resources()["HandlerFunction"]["Properties"]
    alarms = [alarm["Ref"] for alarm in handler["DeploymentPreference"]["Alarms"]]
    assert alarms
    for name in alarms:
        dimensions = {one["Name"] for one in stack.properties(name)["Dimensions"]}
        assert dimensions == {"FunctionName", "Resource", "ExecutedVersion"}


def test_traffic_shifts_gradually_in_prod_only() -> None:
    stages = stack.template()["Mappings"]["Stages"]
    assert stages["prod"]["GradualDeployment"] is True
    assert stages["dev"]["GradualDeployment"] is False
    assert stack.function("HandlerFunction")["DeploymentPreference"]["Enabled"] is True


def test_throttling_is_capped() -> None:
    settings = stack.properties("ApiStage")["DefaultRouteSettings"]
    assert settings == {"ThrottlingRateLimit": 2000, "ThrottlingBurstLimit": 5000}
    parameters = stack.template()["Parameters"]
    assert {"MinValue", "MaxValue"} <= set(parameters["RequestsPerSecond"])
    assert {"MinValue", "MaxValue"} <= set(parameters["RequestBurst"])


# ------------------------------------------------------------ alarms and dashboard


@pytest.mark.parametrize("alarm", ALARMS)
def test_alarm_has_a_section_in_the_runbook(alarm: str) -> None:
    section = runbook.section_of(stack.properties(alarm)["AlarmDescription"])
    assert f"`{alarm}`" in section, (
        "docs/runbook.md: add the section that AlarmDescription links to"
    )
    assert "- Look: " in section
    assert "- Fix: " in section


@pytest.mark.parametrize("alarm", ALARMS)
def test_alarm_reaches_the_topic(alarm: str) -> None:
    assert stack.properties(alarm)["AlarmActions"] == [stack.physical_name("AlarmTopic")]


def test_runbook_has_no_alarm_that_is_gone() -> None:
    named = set(re.findall(r"`(\w+Alarm)`", RUNBOOK))
    nested = {one for name in stack.NESTED for one in stack.nested_resources(name, ALARM)}
    assert named == {*ALARMS, *nested}


def test_alarms_and_dashboard_use_metrics_of_the_code() -> None:
    emitted = {
        value
        for value in (*vars(observability).values(), *vars(emf).values())
        if isinstance(value, str) and value.isalpha()
    }
    filters = {
        transformation["MetricName"]
        for name in stack.resources("AWS::Logs::MetricFilter")
        for transformation in stack.properties(name)["MetricTransformations"]
    }
    body = stack.properties("StackDashboard")["DashboardBody"]
    shown = set(re.findall(r'"(?:JustCallHooks|\.)", "([\w-]+)"', body))
    alarms = [stack.properties(alarm) for alarm in ALARMS]
    alarming = {one["MetricName"] for one in alarms if one["Namespace"] == "JustCallHooks"}
    assert shown | alarming <= emitted | filters


def test_dashboard_is_one_per_region() -> None:
    """Dashboards are global: two stacks of one name need two dashboards."""
    assert stack.properties("StackDashboard")["DashboardName"] == f"{stack.STACK}-{stack.REGION}"
