"""samconfig.toml and the built template: what is built is what is deployed."""

import tomllib
from pathlib import Path

import pytest

from local import deploy
from local.place import ROOT, LocalError, Place
from tests.support import stack


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_build_and_deploy_agree(stage: str) -> None:
    """The architecture that packages are fetched for is the one that Lambda is told."""
    with (ROOT / "samconfig.toml").open("rb") as file:
        settings = tomllib.load(file)[stage]
    built, deployed = (
        settings[command]["parameters"]["parameter_overrides"] for command in ("build", "deploy")
    )
    assert built == deployed
    assert f"Stage={stage}" in built.split()


def test_local_parameters_are_parameters() -> None:
    with (ROOT / "samconfig.toml").open("rb") as file:
        text = tomllib.load(file)["local"]["deploy"]["parameters"]["parameter_overrides"]
    names = {pair.partition("=")[0] for pair in text.split()}
    assert names <= set(stack.template()["Parameters"])


def test_built_template_gets_a_default_stage(tmp_path: Path) -> None:
    """MiniStack transforms the template without the parameters' values."""
    place = Place(tmp_path)
    place.build.mkdir()
    (place.build / "template.yaml").write_text("Parameters:\n  Stage:\n    Type: String\n")
    deploy._default_stage(place)
    text = (place.build / "template.yaml").read_text()
    assert text == "Parameters:\n  Stage:\n    Default: dev\n    Type: String\n"


def test_built_template_without_a_stage_is_an_error(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.build.mkdir()
    (place.build / "template.yaml").write_text("Resources: {}\n")
    with pytest.raises(LocalError, match="Stage"):
        deploy._default_stage(place)
