"""How many resources the template comes to after SAM's transform."""

import subprocess

from bench.measure import ROOT

_SAM = ROOT / ".local" / "venv-sam" / "bin" / "python"
# SAM's own translator, in its own environment; packages need not be built to count resources.
_COUNT = """
import sys
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

template = yaml_parse(open("template.yaml").read())
template["Transform"] = "AWS::Serverless-2016-10-31"
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
values = {name: one.get("Default", "x") for name, one in template["Parameters"].items()}
values["Stage"] = sys.argv[1]
print(len(Translator({}, Parser()).translate(template, values)["Resources"]))
"""


def count(stage: str) -> int | None:
    """Return the number of resources, None without SAM's environment (`make setup` makes it)."""
    if not _SAM.exists():
        return None
    command = [str(_SAM), "-c", _COUNT, stage]
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return int(done.stdout)
