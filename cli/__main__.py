"""`python -m cli`, which `./hooks` runs."""

import signal
import sys

if __name__ == "__main__":
    try:
        from cli.app import main  # slow enough to be interrupted

        main()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
