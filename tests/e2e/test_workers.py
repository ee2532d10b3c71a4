"""MiniStack starts functions as `local.workers` wants it."""

from justcall.signature import sign
from tests.e2e.conftest import Stack
from tests.e2e.test_path import fresh
from tests.support.samples import SECRET


def test_processes_of_functions_link_to_one_unpacked_copy(stack: Stack) -> None:
    key, body = fresh("call.missed")
    assert stack.post(body, sign(body, SECRET)).status == 200
    stack.wait_for(key, "processed")  # so a processor runs too
    temporary = stack.place.temporary.resolve()
    folders = list(temporary.glob("ministack-lambda-*/code"))
    assert len(folders) >= 2
    assert all(folder.is_symlink() for folder in folders)
    assert {folder.resolve() for folder in folders} <= set(temporary.glob("code-*"))
