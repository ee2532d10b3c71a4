"""samconfig.toml: what is built is what is deployed."""

import tomllib

import pytest

from local.place import ROOT


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
