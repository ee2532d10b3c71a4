"""MiniStack's files: what a clean stop leaves, and what one that was killed leaves."""

import json
from pathlib import Path

import pytest

import local.__main__ as program
from local import deploy, guard, ministack, patches, processes
from local.place import LocalError, Place

PID = 4711


class Machine:
    """A machine on which one process is MiniStack, or not any more."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.runs = False
        self.environment: dict[str, str] = {}
        self.commands: list[list[str]] = []

    def start(self) -> None:
        """Start MiniStack as `make up` does."""
        ministack.start(self.place)

    def leave(self, name: str) -> Path:
        """Let MiniStack leave something in its temporary folder."""
        left = Path(self.environment["TMPDIR"]) / name
        left.write_text("a function's code")
        return left


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    """Return a machine on which nothing has run yet."""
    here = Machine(Place(tmp_path))

    class Child:
        pid = PID

        def __init__(self, command: list[str], *, env: dict[str, str], **_: object) -> None:
            here.commands.append(command)
            here.environment = env
            here.runs = True

        def poll(self) -> None:
            return None

    def kill(pid: int, _signal: int) -> None:
        assert pid == PID
        here.runs = False

    monkeypatch.setattr("local.ministack.subprocess.Popen", Child)
    monkeypatch.setattr(processes, "_CHILDREN", [])
    monkeypatch.setattr("local.ministack.os.kill", kill)
    monkeypatch.setattr(ministack, "_alive", lambda _: here.runs)
    monkeypatch.setattr(ministack, "_answers", lambda *_: here.runs)
    monkeypatch.setattr(ministack, "_port", lambda _place: ministack.FIRST_PORT)
    monkeypatch.setattr(ministack, "tool", lambda *_: Path("python"))
    return here


def test_a_clean_stop_leaves_nothing_unsaved(machine: Machine) -> None:
    """Up, down, up again: nothing is lost, and nothing says so."""
    assert not ministack.was_killed(machine.place)
    machine.start()
    assert not ministack.was_killed(machine.place), "it runs"
    machine.start()
    assert ministack.stop(machine.place)
    assert not ministack.was_killed(machine.place)
    assert not ministack.stop(machine.place)


def test_one_that_was_killed_is_known(machine: Machine) -> None:
    """After a kill it is known until the next clean stop, however often it is asked for."""
    machine.start()
    machine.runs = False
    assert ministack.was_killed(machine.place)
    assert not ministack.stop(machine.place), "nothing to stop, and nothing was saved"
    assert ministack.was_killed(machine.place)
    machine.place.process.unlink()
    assert ministack.was_killed(machine.place)
    machine.start()
    ministack.stop(machine.place)
    assert not ministack.was_killed(machine.place)


def test_its_temporary_files_are_in_one_place_and_go(machine: Machine) -> None:
    """Nothing piles up: neither after a stop, nor after a kill and another start."""
    machine.start()
    assert Path(machine.environment["TMPDIR"]).is_relative_to(machine.place.home)
    left = machine.leave("ministack-lambda-1")
    ministack.stop(machine.place)
    assert not left.exists()
    machine.start()
    left = machine.leave("ministack-lambda-2")
    machine.runs = False
    machine.start()
    assert not left.exists()
    assert left.parent.is_dir()


def test_clean_removes_all_and_says_one_thing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of one that was killed; afterwards nothing was ever lost."""
    machine.start()
    machine.runs = False
    assert program.clean(machine.place) == 0
    assert capsys.readouterr().out == "the local stack is removed\n"
    assert list(machine.place.home.iterdir()) == []
    assert not ministack.was_killed(machine.place)


@pytest.mark.parametrize("killed", [False, True])
def test_up_says_what_was_lost(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    killed: bool,
) -> None:
    """After a kill `make up` says that there is a loss, after a clean stop it does not."""
    described = {"webhook_url": "http://w", "endpoint_url": "http://e"}
    monkeypatch.setattr(deploy, "deploy", lambda *_: described)
    monkeypatch.setattr("local.demo.show", lambda *_: ([], "key"))
    monkeypatch.setattr("local.console.start", lambda *_: "http://page")
    machine.start()
    if killed:
        machine.runs = False
    else:
        ministack.stop(machine.place)
    assert program.up(machine.place) == 0
    printed = capsys.readouterr().out
    assert ("is lost" in printed) == killed
    assert "page     http://page" in printed


def test_the_log_of_a_failed_start_is_no_loss(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that never answered held nothing."""
    monkeypatch.setattr(ministack, "START_SECONDS", 0.0)
    monkeypatch.setattr(ministack, "_answers", lambda *_: False)
    monkeypatch.setattr(processes, "_POLL_SECONDS", 0.0)
    with pytest.raises(LocalError, match="did not start"):
        machine.start()
    machine.runs = False
    assert not ministack.was_killed(machine.place)
    assert json.loads(machine.place.process.read_text())["pid"] == PID


def test_ministack_starts_behind_the_guard(machine: Machine) -> None:
    machine.start()
    machine.start()
    [command] = machine.commands
    assert command[1:] == ["-P", patches.__file__, guard.__file__, str(machine.place.token)]
    assert machine.place.token.read_text() not in [*command, *machine.environment.values()]


def test_its_root_key_is_random_and_stays(machine: Machine) -> None:
    """Clients keep it over a stop and a start; no command line shows it."""
    machine.start()
    key = machine.place.root_key()
    assert machine.environment["AWS_ACCESS_KEY_ID"] == key
    assert len(key) > 64
    assert not [word for command in machine.commands for word in command if key in word]
    assert key not in machine.place.process.read_text()
    ministack.stop(machine.place)
    machine.start()
    assert machine.place.root_key() == machine.environment["AWS_ACCESS_KEY_ID"] == key
    assert ministack.start(machine.place).root_key == key


def test_one_without_a_root_key_is_stopped_and_started_again(machine: Machine) -> None:
    """An earlier version started it; its root key is `test`."""
    machine.start()
    machine.place.root_key_file.unlink()
    machine.start()
    assert len(machine.commands) == 2
    assert machine.environment["AWS_ACCESS_KEY_ID"] == machine.place.root_key() != ""


def test_one_without_the_guard_is_stopped_and_started_again(machine: Machine) -> None:
    """An earlier version started it; it has no token."""
    machine.start()
    machine.place.token.unlink()
    machine.start()
    assert len(machine.commands) == 2
    assert machine.runs


def test_its_files_are_its_owners_only(machine: Machine) -> None:
    machine.start()
    paths = [machine.place.home, *machine.place.home.rglob("*")]
    assert not [path for path in paths if path.stat().st_mode & 0o077]
