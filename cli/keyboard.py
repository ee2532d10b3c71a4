"""Single keys of a terminal, without Enter."""

import os
import select
import sys
import time
from typing import Any, Self


class Keyboard:
    """Waits for a key; in a pipe it only waits."""

    def __init__(self) -> None:
        self._saved: list[Any] | None = None

    @property
    def works(self) -> bool:
        """Tell whether a person can press keys."""
        return self._saved is not None

    def __enter__(self) -> Self:
        if sys.stdin.isatty():
            import termios  # noqa: PLC0415  (absent on some systems, which have no such terminals)
            import tty  # noqa: PLC0415  (see above)

            self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)  # Ctrl-C still interrupts
        return self

    def __exit__(self, *_: object) -> None:
        if self._saved is not None:
            import termios  # noqa: PLC0415  (see above)

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)

    def wait(self, seconds: float) -> str:
        """Return the key that is pressed within some seconds, else an empty text."""
        if not self.works:
            time.sleep(seconds)
            return ""
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        # Not `sys.stdin.read`, whose buffer would take further keys where select does not see them.
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace") if ready else ""
