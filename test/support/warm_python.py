"""A Python that has loaded what tests need, and runs commands in forks of itself.

PyTorch, transformers and TRL take 6 s to import, in every process; a fork has them at once. Started with the names of modules
to load. Each line of stdin is a command, `{"id": 1, "argv": ["-m", "pytest"], "cwd": "...", "output": "FILE"}`, which runs as
`python ARGV` would: `-m MODULE`, `-c CODE` or a file, and what it writes goes to the file. Lines of stdout say how it went:
`{"id": 1, "pid": 42}` and `{"id": 1, "code": 0}`, where a negative code is the signal that ended it.

No thread of Python's runs when it forks, and those of its libraries begin with the first tensor, which is a fork's.
"""

import importlib
import json
import os
import runpy
import select
import signal
import sys
import threading
import traceback
from typing import Any

from llm_pack_trainers.lifeline import die_with
from llm_pack_trainers.run import OFFLINE


def main(modules: list[str]) -> None:
    os.environ.update(OFFLINE)
    for module in modules:
        importlib.import_module(module)
    if threading.active_count() > 1:
        raise RuntimeError(f"threads that a fork would lose: {threading.enumerate()}")
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([sys.stdin, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(running)
        if sys.stdin in ready:
            # One at a time: what Python had read ahead would not wake `select`.
            line = sys.stdin.buffer.raw.readline()
            if not line:
                return
            command = json.loads(line)
            pid = _fork(command)
            running[pid] = command["id"]
            _say({"id": command["id"], "pid": pid})


def _reap(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        _say({"id": running.pop(pid), "code": os.waitstatus_to_exitcode(status)})


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


def _fork(command: dict[str, Any]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with(parent)
        output = os.open(command["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(command["cwd"])
        code = _run(command["argv"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(argv: list[str]) -> int:
    """Does as `python ARGV`, and says with which code it ends."""
    try:
        if argv[0] == "-m":
            sys.argv = argv[1:]
            runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
        elif argv[0] == "-c":
            sys.argv = ["-c", *argv[2:]]
            exec(compile(argv[1], "<command>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = argv
            runpy.run_path(argv[0], run_name="__main__")
        return 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    main(sys.argv[1:])
