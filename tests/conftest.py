"""What every test gets: the environment that template.yaml declares, and nobody's credentials."""

import os

from hypothesis import settings

from tests.support import stack
from tests.support.models_once import share_models

_NOBODY = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": stack.REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def _set_environment() -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
        del os.environ[name]
    declared = stack.environment("HandlerFunction")
    powertools = {name: declared[name] for name in declared if name.startswith("POWERTOOLS_")}
    os.environ.update(_NOBODY | powertools)


# Here and not in a fixture: Powertools reads its variables when it is imported, and the conftest
# files of the folders below import it. The settings that this project reads itself are set by the
# tests that need them.
_set_environment()
share_models()

# The same examples at every run, and no examples refused for a slow machine's sake.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.load_profile("same")
