"""How many resources the stack has, and when the handler gets a new version."""

import copy
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from justcall.catalogue import KINDS
from local.place import tool
from tests.support import stack

type Template = dict[str, Any]
type Change = Callable[[Template], None]

# At most 75 resources with ten kinds; each kind has three.
MAX_RESOURCES, RESOURCES_PER_KIND = 45, 3
PROGRAM = Path(__file__).parent / "sam_transform.py"
# Properties of the handler that only SAM reads; they are not part of the Lambda function.
SAM_ONLY = ("AutoPublishAlias", "AutoPublishAliasAllProperties", "DeploymentPreference",
            "VersionDescription")  # fmt: skip

# Another valid value of each parameter.
PARAMETERS: Mapping[str, str] = {
    "JustCallApiSecret": "another secret",
    "Stage": "dev",
    "Architecture": "x86_64",
    "RetentionDays": "401",
    "LogRetentionDays": "14",
    "RequestsPerSecond": "1999",
    "RequestBurst": "4999",
    "AcceptedDialects": "body-signed",
    "CustomWebhookUrl": "https://hooks.example.test/justcall",
    "TimestampPastMinutes": "11",
    "TimestampFutureMinutes": "6",
    "TableKmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
    "OptOutWords": "STOPP, ENDE",
    "OptInWords": "LOS",
    "OptInAfterOptOutWords": "JA",
    "EventBus": "off",
    "HttpDeliveries": "on",
    "DeliveryNetworks": "10.0.0.0/8",
    "Recordings": "on",
    "RecordingHosts": "files.example.test",
    "RecordingColdDays": "0",
    "RecordingExpiryDays": "401",
    "Notices": "instant",
    "NoticeContent": "on",
    "Dashboard": "on",
    "AlarmEmail": "on-call@example.test",
}
# Another valid value of each global.
GLOBALS: Mapping[str, Any] = {
    "Runtime": "python3.14",
    "CodeUri": "s3://bucket/new-code",
    "Architectures": ["x86_64"],
    "Timeout": 31,
    "MemorySize": 1024,
    "Tracing": "PassThrough",
    "LoggingConfig": {"LogGroup": {"Ref": "SweeperLogGroup"}},
}


def base() -> Template:
    """Return the template as it is deployed to production, its code uploaded."""
    template = copy.deepcopy(stack.template())
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code"
    template["Parameters"]["Stage"]["Default"] = "prod"
    return template


def set_parameter(name: str) -> Change:
    def change(template: Template) -> None:
        template["Parameters"][name]["Default"] = PARAMETERS[name]

    return change


def set_global(name: str) -> Change:
    def change(template: Template) -> None:
        template["Globals"]["Function"][name] = GLOBALS[name]

    return change


def set_variable(name: str, place: str) -> Change:
    def change(template: Template) -> None:
        functions = {"Globals": template["Globals"]["Function"]} | {
            "Handler": template["Resources"]["HandlerFunction"]["Properties"]
        }
        functions[place]["Environment"]["Variables"][name] = "changed"

    return change


def variables() -> dict[str, str]:
    """Return where each of the handler's variables is declared."""
    handler = stack.resources()["HandlerFunction"]["Properties"]
    everywhere = {"Globals": stack.template()["Globals"]["Function"], "Handler": handler}
    return {
        name: place
        for place, function in everywhere.items()
        for name in function["Environment"]["Variables"]
    }


CHANGES: Mapping[str, Change] = {
    "nothing": lambda template: None,
    **{f"parameter {name}": set_parameter(name) for name in PARAMETERS},
    **{f"global {name}": set_global(name) for name in GLOBALS},
    **{f"variable {name}": set_variable(name, place) for name, place in variables().items()},
}


def changed(name: str) -> Template:
    template = base()
    CHANGES[name](template)
    return template


@pytest.fixture(scope="module")
def transformed() -> dict[str, Template]:
    """Return every changed template after SAM's transform."""
    done = subprocess.run(
        [str(tool("sam", "python")), str(PROGRAM)],
        input=json.dumps([changed(name) for name in CHANGES]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CHANGES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("stage", ["nothing", "parameter Stage"], ids=["prod", "dev"])
def test_number_of_resources(transformed: dict[str, Template], stage: str) -> None:
    """Resources with a condition count too."""
    limit = MAX_RESOURCES + RESOURCES_PER_KIND * len(KINDS)
    assert len(transformed[stage]["Resources"]) <= limit


def test_every_parameter_and_global_has_another_value() -> None:
    template = stack.template()
    assert set(PARAMETERS) == set(template["Parameters"]), f"add the parameter to {__file__}"
    names = set(template["Globals"]["Function"]) - {"Environment"}
    assert set(GLOBALS) == names, f"add the global to {__file__}"


class Deployed:
    """One template as CloudFormation deploys it."""

    def __init__(self, template: Template, transformed: Template) -> None:
        self._template = template
        self._resources = transformed["Resources"]

    def function(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """Return the function's configuration, of which a version is a copy."""
        with monkeypatch.context() as patch:
            patch.setattr(stack, "template", lambda: self._template)
            whole = stack.function("HandlerFunction")
        return {name: value for name, value in whole.items() if name not in SAM_ONLY}

    def version(self, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
        """Return what CloudFormation knows the version by: another value makes another version."""
        [(name, version)] = [
            (name, one)
            for name, one in self._resources.items()
            if one["Type"] == "AWS::Lambda::Version"
        ]
        with monkeypatch.context() as patch:
            patch.setattr(stack, "template", lambda: self._template)
            return name, stack.resolve(version["Properties"]["Description"])


@pytest.mark.parametrize("change", CHANGES)
def test_new_version_exactly_when_the_function_changes(
    monkeypatch: pytest.MonkeyPatch, transformed: dict[str, Template], change: str
) -> None:
    """A missing version leaves the old settings in use; a needless one makes the deploy fail."""
    before = Deployed(base(), transformed["nothing"])
    after = Deployed(changed(change), transformed[change])
    function_changes = before.function(monkeypatch) != after.function(monkeypatch)
    version_changes = before.version(monkeypatch) != after.version(monkeypatch)
    assert version_changes == function_changes, "see VersionDescription in template.yaml"


def test_version_description_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda allows 256 characters; the longest value of each parameter fits."""
    template = base()
    for parameter in template["Parameters"].values():
        longest = parameter.get("MaxValue", "x" * parameter.get("MaxLength", 0))
        parameter["Default"] = max(map(str, parameter.get("AllowedValues", [longest])), key=len)
    monkeypatch.setattr(stack, "template", lambda: template)
    handler = stack.properties("HandlerFunction")
    assert len(handler["VersionDescription"]) <= 256


def test_only_the_handler_has_versions(transformed: dict[str, Template]) -> None:
    """Processors and the sweeper run $LATEST, so their deploy takes effect at once."""
    resources = transformed["nothing"]["Resources"]
    kinds = [one["Type"] for one in resources.values()]
    assert kinds.count("AWS::Lambda::Version") == kinds.count("AWS::Lambda::Alias") == 1
    policies = [one for one in resources.values() if "UpdatePolicy" in one]
    assert [policy["Type"] for policy in policies] == ["AWS::Lambda::Alias"]
