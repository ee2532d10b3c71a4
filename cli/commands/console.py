"""`hooks console`: the page that shows the stack and steers it."""

import sys
from typing import Annotated

import typer

from cli import options, output
from cli.options import Session

Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port of 127.0.0.1; default: from 8642 on.")
]
Write = Annotated[
    bool, typer.Option("--write", help="Let the page change a deployed stack, not only show it.")
]


@options.command
def console(session: Session, port: Port = None, write: Write = False) -> None:
    """Serve a page on 127.0.0.1 that shows events as they come, and print its link.

    The page of the local stack can replay, redrive and send samples; that of a deployed stack only
    with --write. Ctrl-C ends it.
    """
    from cli.console import server  # noqa: PLC0415  (0.2 s that no other command needs)

    stack = session.stack
    listening = server.listen(port)
    access = server.access_to(
        listening.getsockname()[1], stack.console_key, writes=write or stack.is_local
    )
    serving = server.Server(stack, listening, access)
    session.show({"link": serving.link, "writes": access.writes}, lambda _: _print(serving.link))
    sys.stdout.flush()  # a pipe would keep the link to the end
    serving.serve_until_stopped()


def _print(link: str) -> None:
    output.text(f"Open {link}", "Ctrl-C ends it. Who has the link can read the events.")
