"""What ties processes together, so that none outlives what started it. Linux; elsewhere `prctl` does nothing.

Standard library only, and quick to load: every rank calls `tie_to_torchrun` before it imports anything else.
"""

import ctypes
import os
import signal
import sys

# Pid of torchrun, which its supervisor gives to the ranks by their environment.
TORCHRUN_PID = "LLM_PACK_TORCHRUN_PID"
# Marks all processes of a job on a node: "<id>:<node>".
LAUNCH_MARK = "LLM_PACK_LAUNCH"

# prctl(2)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def die_with(parent: int) -> None:
    """Has this process killed when `parent`, which started it, ends; ends it now where that has ended already."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have ended before the call; then nothing would ever tell us.
    if os.getppid() != parent:
        os._exit(1)


def tie_to_torchrun() -> None:
    """Has this rank killed when torchrun ends: ranks have sessions of their own, and would train on for ever.

    Where no supervisor has named torchrun, its parent is taken for it.
    """
    die_with(int(os.environ.get(TORCHRUN_PID, os.getppid())))


def adopt_orphans() -> None:
    """Makes this process the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def start_time(pid: int) -> str | None:
    """When a process started, in clock ticks since boot: with the pid it names one process. None where it has ended."""
    fields = _stat(pid)
    # proc(5): fields[0] is the third, the state.
    return None if fields is None or fields[0] in "ZX" else fields[19]


def descendants(of: int) -> list[int]:
    """Pids of all processes that `of` or a descendant of it has started and that have not been waited for."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        fields = _stat(pid)
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(pid)
    found, waiting = [], [of]
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


def marked(mark: str) -> list[int]:
    """Pids of the processes of this user with that mark."""
    wanted = f"{LAUNCH_MARK}={mark}".encode()
    found = []
    for pid in _pids():
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            pass
    return found


def send(pid: int, number: int) -> None:
    """Sends a signal to a process, if there is one."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _stat(pid: int) -> list[str] | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            text = file.read()
    except OSError:
        return None
    # The name, in parentheses, may hold anything.
    return text[text.rindex(")") + 2 :].split(" ")
