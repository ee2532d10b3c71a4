"""The folder of a stack is its owner's only, and its programs use no proxy for this machine."""

import os
import stat
from pathlib import Path

import pytest

from local import deploy, place
from local.ministack import Process
from local.place import LocalError, Place

KEY = "root-key"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_its_owners_only(tmp_path: Path) -> None:
    here = Place(tmp_path / "a" / "stack")
    here.protect()
    assert mode(here.home) == 0o700


def test_permissions_of_an_earlier_version_are_repaired(tmp_path: Path) -> None:
    here = Place(tmp_path / "stack")
    for folder in here.folders:
        (folder / "inner").mkdir(parents=True)
    deep = [folder / "inner" / "data" for folder in here.folders]
    for file in [*here.files, here.lock, *deep]:
        file.touch()
        file.chmod(0o664)
    program = here.build / "program"
    program.touch()
    program.chmod(0o755)
    for folder in [here.home, *here.folders, *(one / "inner" for one in here.folders)]:
        folder.chmod(0o775)
    here.protect()
    assert {mode(one) for one in here.home.rglob("*")} == {0o700, 0o600}
    assert mode(here.home) == 0o700
    assert mode(program) == 0o700
    assert {mode(one) for one in [*here.files, here.lock, *deep]} == {0o600}


def test_other_things_in_the_folder_and_targets_of_links_stay(tmp_path: Path) -> None:
    """JUSTCALL_HOOKS_LOCAL may name a folder that holds other things."""
    here = Place(tmp_path / "stack")
    here.state.mkdir(parents=True)
    others = [here.home / "notes.txt", tmp_path / "elsewhere"]
    for other in others:
        other.touch()
        other.chmod(0o644)
    (here.state / "link").symlink_to(others[1])
    here.protect()
    assert [mode(other) for other in others] == [0o644, 0o644]


def test_a_folder_of_another_user_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(LocalError, match="another user"):
        Place(tmp_path).protect()


def test_every_token_is_new_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    here = Place(tmp_path)
    tokens = set()
    for _ in range(3):
        here.renew_token()
        tokens.add(here.token.read_text())
        assert mode(here.token) == 0o600
    assert len(tokens) == 3
    assert {len(token) for token in tokens} == {64}


@pytest.mark.parametrize("others", [None, "inside.test"])
def test_programs_use_no_proxy_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, others: str | None
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if others:
        monkeypatch.setenv("NO_PROXY", others)
    wanted = [*([others] if others else []), "127.0.0.1", "localhost"]
    environment = place.environment(KEY)
    assert environment["no_proxy"].split(",") == environment["NO_PROXY"].split(",") == wanted


def test_clients_ignore_the_users_profile_files_and_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("[half a section")
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(broken))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(broken))
    monkeypatch.setenv("http_proxy", "http://proxy.example.test:3128")
    client = deploy.client(Process(1, 4566, KEY), "sqs")
    assert client.meta.config.proxies == {}
    assert client._request_signer._credentials.access_key == KEY
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert os.environ["AWS_PROFILE"] == "there-is-none"
