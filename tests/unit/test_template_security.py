"""General security rules of the template; test_template.py holds the rights of each role."""

from typing import Any

import pytest

from tests.support import stack

ROLES = stack.resources("AWS::IAM::Role")
SERVICES = {"lambda.amazonaws.com", "scheduler.amazonaws.com"}


def listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def statements() -> list[tuple[str, dict[str, Any]]]:
    """Return every statement of roles and managed policies, with the resource's logical id."""
    found = []
    for name in ROLES:
        for policy in stack.properties(name).get("Policies", []):
            found += [(name, one) for one in policy["PolicyDocument"]["Statement"]]
    for name in stack.resources("AWS::IAM::ManagedPolicy"):
        document = stack.properties(name)["PolicyDocument"]
        found += [(name, one) for one in document["Statement"]]
    return found


def test_actions_are_named() -> None:
    """Actions are named, and none of them grants rights. Only KMS's groups end in a star."""
    assert statements()
    for name, one in statements():
        assert "NotAction" not in one, name
        for action in listed(one["Action"]):
            service, _, verb = action.partition(":")
            assert verb.rstrip("*"), (name, action)
            assert "*" not in verb or service == "kms", (name, action)
            assert service not in ("iam", "sts", "organizations", "*"), (name, action)


@pytest.mark.parametrize("name", ROLES)
def test_only_services_assume_a_role(name: str) -> None:
    for one in stack.properties(name)["AssumeRolePolicyDocument"]["Statement"]:
        assert set(one["Principal"]) == {"Service"}
        assert set(listed(one["Principal"]["Service"])) <= SERVICES
        assert one["Action"] == "sts:AssumeRole"


@pytest.mark.parametrize("name", stack.resources("AWS::Lambda::Permission"))
def test_permission_names_its_source(name: str) -> None:
    assert {"SourceArn", "SourceAccount"} & set(stack.properties(name))


@pytest.mark.parametrize("name", stack.resources("AWS::Logs::LogGroup"))
def test_logs_expire(name: str) -> None:
    assert int(stack.properties(name)["RetentionInDays"]) > 0


def test_table_has_point_in_time_recovery() -> None:
    recovery = stack.properties("EventsTable")["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is True


def test_api_has_an_access_log() -> None:
    [stage] = stack.resources("AWS::ApiGatewayV2::Stage")
    assert stack.properties(stage)["AccessLogSettings"]["DestinationArn"]
