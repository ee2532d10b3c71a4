"""A kind is four places: a copy of the project gets `fax.received` by README's steps, and works.

The new kind is a copy of `contact.created` under another name. Every edit asserts that it found its
place, so a fifth place shows here.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "events", "docs", "template.yaml", "pyproject.toml")
NAMES = {
    "contact.created": "fax.received",
    "contact_created": "fax_received",
    "ContactCreated": "FaxReceived",
    "CONTACT_CREATED": "FAX_RECEIVED",
}
SECONDS = 180
# Deliver the sample, let the new processor take it, read the timeline.
DELIVERY = """
from handler.app import handler
from tests.support import samples
from tests.support.cloud import Cloud
from tests.support.deliveries import request


def test_fax_is_on_the_timeline(cloud: Cloud) -> None:
    document = samples.BY_KIND["fax.received"]
    assert handler(request(samples.body(document)), None)["statusCode"] == 200
    assert cloud.poll("fax.received") == []
    [entry] = cloud.timeline(document["data"]["phone"])
    assert entry["type"] == "fax.received"
    assert entry["email"] == document["data"]["email"]
"""


def renamed(text: str) -> str:
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text


class Project:
    """A copy of the project to which the kind is added."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, home / name)

    def copy_file(self, path: str) -> None:
        text = (self.home / path).read_text()
        (self.home / renamed(path)).write_text(renamed(text))

    def duplicate(self, path: str, pattern: str) -> None:
        """Write each text that the pattern finds once more, under the new kind's name."""
        file = self.home / path
        text, count = re.subn(
            pattern,
            lambda match: match[0] + renamed(match[0]),
            file.read_text(),
            flags=re.MULTILINE,
        )
        assert count, f"{path} has no place like {pattern!r}"
        file.write_text(text)

    def run(self, *arguments: str) -> str:
        """Run a Python program in the copy and return its output."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.home,
            env={"PYTHONPATH": f"{self.home}:{self.home / 'src'}"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def test(self, *paths: str) -> None:
        self.run("pytest", "-q", "-p", "no:cacheprovider", *paths)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy with the new kind, added by README's steps."""
    project = Project(tmp_path_factory.mktemp("new-kind"))
    # 1. The module and the catalogue's rows.
    project.copy_file("src/processors/contact_created.py")
    project.duplicate("src/justcall/catalogue.py", r'^ *"contact\.created": .*\n')
    # 2. The template's block and the queue on the dashboard.
    project.duplicate("template.yaml", r"^  # contact\.created: (?:.*\n)+?\n")
    project.duplicate("template.yaml", r'^.*-events-contact_created"\],\n')
    # 3. The sample.
    project.duplicate("tests/support/samples.py", r"^CONTACT_CREATED: (?:.*\n)+?}\n")
    project.duplicate("tests/support/samples.py", r"^ +CONTACT_CREATED,\n")
    project.run("tests.support.make_events")
    project.run("tests.support.make_docs")
    # 4. The test.
    project.copy_file("tests/unit/processors/test_contact_created.py")
    return project


def test_four_places_make_a_kind(project: Project) -> None:
    """Nothing else is missing, and a delivery of the new kind reaches the timeline."""
    delivery = "tests/integration/test_delivery.py"
    (project.home / delivery).write_text(DELIVERY)
    project.test(
        delivery,
        "tests/unit/processors/test_fax_received.py",
        "tests/unit/test_contract.py",
        "tests/unit/test_events.py",
        "tests/unit/test_openapi.py",
        "tests/unit/test_template.py::test_number_of_lines",
    )
