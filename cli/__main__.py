"""`python -m cli`, which `./hooks` runs."""

import signal
import sys

if __name__ == "__main__":
    try:
        from cli.app import main  # takes a moment, in which one may have thought better of it

        main()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
