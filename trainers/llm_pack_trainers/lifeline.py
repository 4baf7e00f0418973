"""What ties processes together, so that none outlives what started it.

Elsewhere than on Linux the kernel offers no such tie: what is left then is that a supervisor ends all that it has started.
Standard library only, and quick to load: every rank calls `tie_to_torchrun` before it imports anything else.
"""

import contextlib
import ctypes
import os
import signal
import sys

_LINUX = sys.platform == "linux"
# Pid of torchrun, which its supervisor gives to the ranks by their environment.
TORCHRUN_PID = "LLM_PACK_TORCHRUN_PID"
# Marks all processes of a job on a node: "<id>:<node>".
LAUNCH_MARK = "LLM_PACK_LAUNCH"

# prctl(2)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if not _LINUX:
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
    """When a process started, in the words of the system: with the pid it names one process. None where it has ended."""
    if not _LINUX:
        return _ps("-o", "lstart=", "-p", str(pid)).strip() or None
    fields = _stat(pid)
    # proc(5): fields[0] is the third, the state.
    return None if fields is None or fields[0] in "ZX" else fields[19]


def children(of: int) -> list[int]:
    """Pids of the processes whose parent is `of`."""
    return _families().get(of, [])


def descendants(of: int) -> list[int]:
    """Pids of all processes that `of` or a descendant of it has started and that have not been waited for."""
    families = _families()
    found, waiting = [], [of]
    while waiting:
        own = families.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


def _families() -> dict[int, list[int]]:
    """Children of each process that has some."""
    families: dict[int, list[int]] = {}
    if not _LINUX:
        for line in _ps("-ax", "-o", "pid=,ppid=").splitlines():
            pid, parent = line.split()
            families.setdefault(int(parent), []).append(int(pid))
    for pid in _pids():
        fields = _stat(pid)
        if fields is not None:
            families.setdefault(int(fields[1]), []).append(pid)
    return families


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
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _ps(*options: str) -> str:
    import subprocess

    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if _LINUX else []


def _stat(pid: int) -> list[str] | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            text = file.read()
    except OSError:
        return None
    # The name, in parentheses, may hold anything.
    return text[text.rindex(")") + 2 :].split(" ")
