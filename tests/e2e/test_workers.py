"""MiniStack starts functions as `local.workers` wants it."""

from pathlib import Path

from justcall.signature import sign
from tests.e2e.conftest import Stack
from tests.e2e.test_path import fresh
from tests.support.polling import until
from tests.support.samples import SECRET


def test_processes_of_functions_link_to_one_unpacked_copy(stack: Stack) -> None:
    key, body = fresh("call.missed")
    assert stack.post(body, sign(body, SECRET)).status == 200
    stack.wait_for(key, "processed")  # so a processor runs too
    temporary = stack.place.temporary.resolve()

    def folders() -> list[Path]:
        return list(temporary.glob("ministack-lambda-*/code"))

    # A process that is just starting has an empty folder, which the link replaces.
    until(lambda: all(one.is_symlink() for one in folders()), "each process to have its link")
    assert len(folders()) >= 2
    assert {one.resolve() for one in folders()} <= set(temporary.glob("code-*"))
