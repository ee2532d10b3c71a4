"""docs/openapi.yaml says what the code does: routes, headers, types, statuses and their words."""

import ast
import inspect
import json
from pathlib import Path
from typing import Any

import yaml

from handler import answers, receive
from handler.app import handler
from justcall import signature, url_signature
from justcall.catalogue import TYPES
from justcall.envelope import _TYPE
from justcall.event import QUARANTINED, UNHANDLED
from tests.support import deliveries, stack

ROOT = Path(__file__).parents[2]
DESCRIPTION: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
ENDPOINT = DESCRIPTION["paths"][deliveries.PATH]
PARTS = DESCRIPTION["components"]
# API Gateway answers these itself, before anything of ours runs.
GATEWAY = {404, 429}


def words(operation: str, status: int) -> set[str]:
    """Return the words that the description knows for a status."""
    schema = ENDPOINT[operation]["responses"][str(status)]["content"]["application/json"]["schema"]
    named = [one["$ref"].rpartition("/")[2] for one in schema.get("anyOf", [schema])]
    found = [PARTS["schemas"][name] for name in named if name != "Gateway"]
    return {word for one in found for word in one["properties"]["status"]["enum"]}


def outcomes() -> set[str]:
    """Return every word that an `Outcome` in `receive` may have for a name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(receive))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Outcome":
            name = ast.unparse(node.args[0])
            # What is not sent anywhere is answered with its status.
            kept = {UNHANDLED, QUARANTINED}
            found |= kept if name == "event.status" else {getattr(receive, name)}
    return found


def test_statuses_and_their_words() -> None:
    """Each answer that the handler has is described, and no other."""
    described = {int(status) for status in ENDPOINT["post"]["responses"]} - GATEWAY
    expected = {(answers.KEPT, word) for word in outcomes()}
    expected |= {(status, word) for _, status, word in answers._STATUS} | {answers._TRY_AGAIN}
    assert {(status, word) for status in described for word in words("post", status)} == expected


def test_whoever_looks_is_told_what_is_described() -> None:
    """GET is answered with the one word, and the described header."""
    told = handler(deliveries.request(None, method="GET"), None)
    assert {json.loads(told["body"])["status"]} == words("get", told["statusCode"])
    assert told["headers"]["cache-control"] in PARTS["headers"]["NoStore"]["schema"]["enum"]


def test_routes() -> None:
    """The template's routes are the described operations."""
    routes = {stack.properties(f"{name}Route")["RouteKey"] for name in ("Post", "Get", "Head")}
    described = {
        f"{method.upper()} {path}" for path, of in DESCRIPTION["paths"].items() for method in of
    }
    assert described == routes


def test_headers() -> None:
    """The described parameters are the headers that are read."""
    assert {parameter["name"] for parameter in PARTS["parameters"].values()} == {
        signature.HEADER,
        url_signature.VERSION_HEADER,
        url_signature.TIMESTAMP_HEADER,
    }
    assert PARTS["parameters"]["SignatureVersion"]["schema"]["enum"] == [url_signature.VERSION]


def test_types() -> None:
    """Every name of the catalogue is an example, and a type's form is the one that is read."""
    assert PARTS["schemas"]["Type"]["examples"] == list(TYPES)
    assert PARTS["schemas"]["Type"]["pattern"] == f"^{_TYPE.pattern}$"


def test_size() -> None:
    """The largest body is the one that is kept."""
    assert f"{receive.MAX_BODY_BYTES:,} bytes" in ENDPOINT["post"]["requestBody"]["description"]
