"""End a command in a line and with exit code 130 when it is stopped, by Ctrl-C or by SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

EXIT_STOPPED = 130

_asked: list[int] = []


def stop_when_asked() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that what is half done is cleared away."""
    signal.signal(signal.SIGTERM, _stop)
    # A job in the background of a shell is started with Ctrl-C switched off.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _stop)


def is_stopped() -> bool:
    """Tell whether this process was asked to end.

    An exception alone does not tell: of one that comes during a query, DuckDB makes its own error.
    """
    return bool(_asked)


def run_and_exit(main: Callable[[], int], said: str) -> None:
    """Run a command and exit with its code.

    Args:
        main: the command.
        said: line for standard error if it is stopped, which tells what stands.
    """
    stop_when_asked()
    code = EXIT_STOPPED
    try:
        code = main()
    except KeyboardInterrupt:
        _asked.append(signal.SIGINT)
    if is_stopped() and code:
        print(said, file=sys.stderr)
        code = EXIT_STOPPED
    sys.exit(code)


def _stop(number: int, *_: object) -> None:
    _asked.append(number)
    raise KeyboardInterrupt
