"""Transform SAM templates: a JSON list of templates in, a JSON list of CloudFormation templates out.

`.local/venv-sam/bin/python` runs this file, because the transform is installed only there.
"""

# mypy: disable-error-code="import-not-found, unused-ignore"
import json
import logging
import os
import sys
from typing import Any
from unittest.mock import Mock

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform


def main() -> None:
    """Transform every template with its parameters' defaults."""
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    logging.disable()
    policies = ManagedPolicyLoader(Mock())  # the template names none of AWS's managed policies
    templates: list[dict[str, Any]] = json.load(sys.stdin)
    json.dump([transform(one, defaults(one), policies) for one in templates], sys.stdout)


def defaults(template: dict[str, Any]) -> dict[str, str]:
    """Return the parameters' defaults as text, which is how CloudFormation passes them."""
    parameters = template["Parameters"]
    return {name: str(one["Default"]) for name, one in parameters.items() if "Default" in one}


if __name__ == "__main__":
    main()
