"""Named places where a fault harness may end the process, as a power cut would. Nothing happens without its setting.

`DOLEANCE_CRASH_AT=name` or `name:3` (the third time it is passed) kills the process there, with no farewell.
"""

import os
import signal

_WANTED, _, _TIMES = os.environ.get("DOLEANCE_CRASH_AT", "").partition(":")
_passed = 0


def point(name: str) -> None:
    """Pass the place `name`; the process dies here when its environment asked for it."""
    global _passed  # noqa: PLW0603  how often it was passed is this process's own
    if name != _WANTED:
        return
    _passed += 1
    if _passed >= int(_TIMES or 1):
        os.kill(os.getpid(), signal.SIGKILL)
