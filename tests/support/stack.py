"""The resources of template.yaml, read from the template itself: change it and the tests change.

It resolves the few intrinsic functions that the template uses, for one stack in one account.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
TEMPLATES = TEMPLATE.parent / "templates"
NESTED = tuple(sorted(one.stem for one in TEMPLATES.glob("*.yaml")))
ACCOUNT = "123456789012"
REGION = "us-east-1"
STACK = "justcall-hooks-test"

_PSEUDO: Mapping[str, str] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
# AWS::NoValue removes what it is the value of.
_NOTHING = object()
_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short tags (`!Ref x`) as their long form (`{"Ref": "x"}`).

    It is libyaml's, which is ten times as fast as the one in Python, and in every wheel of PyYAML.
    """


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    """Return the template as it stands in its file."""
    return load(TEMPLATE)


@cache
def nested(name: str) -> dict[str, Any]:
    """Return the template of a nested stack as it stands in its file, nothing resolved."""
    return load(TEMPLATES / f"{name}.yaml")


def nested_resources(name: str, kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of one type of a nested stack's template, nothing resolved."""
    every: dict[str, dict[str, Any]] = nested(name)["Resources"]
    return {one: found for one, found in every.items() if found["Type"] == kind}


def nested_properties(name: str, logical_id: str) -> dict[str, Any]:
    """Return the properties of a resource of a nested stack's template, nothing resolved."""
    found: dict[str, Any] = nested(name)["Resources"][logical_id]["Properties"]
    return found


def nested_statements(name: str, role: str) -> list[dict[str, Any]]:
    """Return the statements of the one policy of a nested stack's role."""
    [policy] = nested_properties(name, role)["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def listed(value: str | list[str]) -> list[str]:
    """Return what a template gives as one text or as a list, as a list."""
    return value if isinstance(value, list) else [value]


def nested_variables(name: str) -> dict[str, Any]:
    """Return the variables in the environments of a nested stack's functions, not resolved."""
    functions = nested_resources(name, "AWS::Lambda::Function").values()
    return {
        variable: value
        for one in functions
        for variable, value in one["Properties"]["Environment"]["Variables"].items()
    }


def load(path: Path) -> dict[str, Any]:
    """Return a template file."""
    # A subclass of CSafeLoader, which makes nothing but plain values.
    document: dict[str, Any] = yaml.load(path.read_text(), _Loader)  # noqa: S506
    return document


def resources(kind: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the resources by logical id, or those of one type."""
    every: dict[str, dict[str, Any]] = template()["Resources"]
    return every if not kind else {name: one for name, one in every.items() if one["Type"] == kind}


def properties(logical_id: str) -> dict[str, Any]:
    """Return a resource's resolved properties."""
    resolved: dict[str, Any] = resolve(resources()[logical_id].get("Properties", {}))
    return resolved


def function(logical_id: str) -> dict[str, Any]:
    """Return a function's resolved properties on top of the template's globals."""
    defaults: dict[str, Any] = resolve(template()["Globals"]["Function"])
    own = properties(logical_id)
    variables = {
        **defaults.get("Environment", {}).get("Variables", {}),
        **own.get("Environment", {}).get("Variables", {}),
    }
    return {**defaults, **own, "Environment": {"Variables": variables}}


def environment(logical_id: str) -> dict[str, str]:
    """Return the variables that a function finds in its environment."""
    variables = function(logical_id)["Environment"]["Variables"]
    return {name: str(value) for name, value in variables.items()}


@cache
def physical_name(logical_id: str) -> str:
    """Return the name that the resource has on AWS."""
    own = resources()[logical_id].get("Properties", {})
    for name in ("TableName", "QueueName", "Name", "FunctionName"):
        if name in own:
            return str(resolve(own[name]))
    return f"{STACK}-{logical_id}"


def arn(logical_id: str) -> str:
    """Return the resource's ARN."""
    name = physical_name(logical_id)
    forms = {
        "AWS::DynamoDB::Table": f"dynamodb:{REGION}:{ACCOUNT}:table/{name}",
        "AWS::SQS::Queue": f"sqs:{REGION}:{ACCOUNT}:{name}",
        "AWS::Serverless::Function": f"lambda:{REGION}:{ACCOUNT}:function:{name}",
        "AWS::Logs::LogGroup": f"logs:{REGION}:{ACCOUNT}:log-group:{name}",
        "AWS::SecretsManager::Secret": f"secretsmanager:{REGION}:{ACCOUNT}:secret:{name}",
        "AWS::SNS::Topic": f"sns:{REGION}:{ACCOUNT}:{name}",
        "AWS::IAM::Role": f"iam::{ACCOUNT}:role/{name}",
        "AWS::IAM::ManagedPolicy": f"iam::{ACCOUNT}:policy/{name}",
    }
    return f"arn:aws:{forms[resources()[logical_id]['Type']]}"


def queue_url(logical_id: str) -> str:
    """Return a queue's URL."""
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical_name(logical_id)}"


def resolve(value: Any) -> Any:
    """Return a value of the template with every intrinsic function in it resolved."""
    if isinstance(value, list):
        every = [resolve(one) for one in value]
        return [one for one in every if one is not _NOTHING]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](argument)
    fields = {name: resolve(one) for name, one in value.items()}
    return {name: one for name, one in fields.items() if one is not _NOTHING}


def _ref(name: str) -> Any:
    if name == "AWS::NoValue":
        return _NOTHING
    if name in _PSEUDO:
        return _PSEUDO[name]
    # SAM's name for the alias that it publishes.
    name = name.removesuffix(".Alias")
    parameters = template().get("Parameters", {})
    if name in parameters:
        # A stack as it is in production, where a parameter has no default.
        return parameters[name].get("Default", {"Stage": "prod"}.get(name, ""))
    kind = resources()[name]["Type"]
    if kind == "AWS::SQS::Queue":
        return queue_url(name)
    known_by_arn = ("AWS::SecretsManager::Secret", "AWS::IAM::ManagedPolicy")
    return arn(name) if kind in known_by_arn else physical_name(name)


def _sub(argument: Any) -> str:
    text, own = argument if isinstance(argument, list) else (argument, {})

    def replacement(found: re.Match[str]) -> str:
        name = found[1]
        if name in own:
            return str(resolve(own[name]))
        return str(_get_att(name.split(".", 1)) if "." in name else _ref(name))

    return _PLACEHOLDER.sub(replacement, text)


def _get_att(argument: list[str]) -> str:
    logical_id, attribute = argument
    if attribute in ("QueueName", "Name"):
        return physical_name(logical_id)
    if attribute == "Version.Version":  # SAM's name for the version that it publishes
        return "1"
    if attribute == "StreamArn":
        return f"{arn(logical_id)}/stream/2026-03-12T00:00:00.000"
    if attribute.startswith("Outputs."):
        return f"{logical_id}-{attribute}"
    # A secret's id is its ARN.
    assert attribute in ("Arn", "Id"), f"GetAtt {logical_id}.{attribute} is not known here"
    return arn(logical_id)


def _if(argument: list[Any]) -> Any:
    name, yes, no = argument
    return resolve(yes if resolve(template()["Conditions"][name]) else no)


def _equals(argument: list[Any]) -> bool:
    left, right = resolve(argument)
    return bool(left == right)


def _find_in_map(argument: list[Any]) -> Any:
    name, first, second = resolve(argument)
    return template()["Mappings"][name][first][second]


_FUNCTIONS: Mapping[str, Any] = {
    "Ref": _ref,
    "Fn::Sub": _sub,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Equals": _equals,
    "Fn::And": lambda argument: all(map(resolve, argument)),
    "Condition": lambda name: resolve(template()["Conditions"][name]),
    "Fn::Not": lambda argument: not resolve(argument[0]),
    "Fn::FindInMap": _find_in_map,
    "Fn::Join": lambda argument: argument[0].join(resolve(argument[1])),
}
