"""The resources that the template comes to after SAM's transform, with the default parameters."""

import json
import subprocess
from collections import Counter

from bench.measure import ROOT

_SAM = ROOT / ".local" / "venv-sam" / "bin" / "python"
# Conditions that are false with the default parameters.
_OFF = ("HasDashboard", "HasTableKey", "HasDeliveries")
# SAM's own translator, in its own environment; packages need not be built to count resources.
_COUNT = """
import json
import sys
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

template = yaml_parse(open("template.yaml").read())
template["Transform"] = "AWS::Serverless-2016-10-31"
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
values = {name: one.get("Default", "x") for name, one in template["Parameters"].items()}
values["Stage"] = sys.argv[1]
made = Translator({}, Parser()).translate(template, values)["Resources"].values()
print(json.dumps([[one["Type"], one.get("Condition")] for one in made]))
"""


def count(stage: str) -> Counter[str] | None:
    """Return the number of resources by type, None without SAM's environment (`make setup`).

    A resource whose condition the default parameters do not fulfil does not exist.
    """
    if not _SAM.exists():
        return None
    command = [str(_SAM), "-c", _COUNT, stage]
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return Counter(kind for kind, condition in json.loads(done.stdout) if condition not in _OFF)
