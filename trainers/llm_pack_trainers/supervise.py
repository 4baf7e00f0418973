"""Keeps a job's share of one node: starts torchrun, and sees to it that nothing of it outlives the job.

    python -I -S supervise.py start|status|stop FOLDER NODE
    python -I -S supervise.py run FOLDER NODE [ADDRESS]
    python -I -S supervise.py capacity

Standard library only: it starts in 50 ms. ADDRESS is where node 0 is found; those of the others are not read. FOLDER, which
every node sees, holds `request.json`, and per node N

- `node-N.lock`: locked for as long as the supervisor lives, by the kernel; so two never run, and a dead one is known,
- `node-N.started.json`: which process it is, written under the lock before anything is started,
- `node-N.exit.json`: how it ended, written when nothing of it runs any more,
- `node-N.log`: what torchrun and the ranks wrote;

and `stop`, an empty file, where all nodes are asked to end.

A node that has been started once is never started again. If the supervisor is killed, the kernel kills torchrun, and ranks
with it (`lifeline`); what these had started themselves is ended by the next `status` or `stop`, by its mark.
"""

import json
import os
import signal
import sys
import time

# At the end: nothing in this folder may hide a module of the standard library.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from launch_folder import POLL_SECONDS, Folder
from lifeline import marked, send, start_time
from node_facts import capacity
from supervisor import KILL_SECONDS, Supervisor

# Exit code of a `run` that finds the node started already.
FOUND = 75


def start(folder: Folder) -> None:
    """Starts a supervisor that stays when this process, its session and its connection are gone."""
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            answer = pipe.read().decode()
        os.wait()
        if not answer:
            sys.exit("the supervisor ended before it could say how")
        print(answer)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.close(read)
    if not folder.claim():
        os.write(write, b'{"found": true}')
        os._exit(0)
    error_log = os.open(folder.file("supervisor.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for old, new in ((os.open(os.devnull, os.O_RDONLY), 0), (error_log, 1), (error_log, 2)):
        os.dup2(old, new)

    def announce() -> None:
        os.write(write, b'{"found": false}')
        os.close(write)

    Supervisor(folder, announce=announce).keep()
    os._exit(0)


def run(folder: Folder) -> None:
    """Keeps the node in this process, for launchers that keep processes themselves. Ends as torchrun did."""
    parent = os.getppid()
    if not folder.claim():
        sys.exit(FOUND)
    end = Supervisor(folder, parent).keep()
    print(json.dumps(end))
    sys.stdout.flush()
    os._exit(0 if end["word"] == "succeeded" else end["exitCode"] or 1)


def look(folder: Folder) -> dict:
    """How the node stands. Of a supervisor that was killed, what may be left is ended first, and its end written."""
    end = folder.read("exit.json")
    if end is None and folder.read("started.json") is not None and folder.lock():
        end = folder.read("exit.json")
        if end is None:
            _sweep(folder.mark)
            end = _untold("lost", "its supervisor was killed")
            folder.write("exit.json", end)
        folder.unlock()
    if end is not None:
        return {"state": "ended", "end": end}
    return {"state": "none" if folder.read("started.json") is None else "running", "end": None}


def stop(folder: Folder) -> dict:
    """Ends the node, and returns when nothing of it runs."""
    if folder.read("started.json") is None and folder.claim():
        folder.write("exit.json", _untold("stopped", "before it began"))
        folder.unlock()
    until = time.monotonic() + folder.request["graceSeconds"] + KILL_SECONDS
    asked = False
    while (state := look(folder))["state"] != "ended":
        started = folder.read("started.json")
        ours = started is not None and start_time(started["pid"]) == started["startTime"]
        if not asked:
            # One that lives where its pid means nothing here looks for the file.
            send(started["pid"], signal.SIGTERM) if ours else folder.tell_to_stop()
            asked = True
        elif ours and time.monotonic() > until:
            send(started["pid"], signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    return state


def _untold(word: str, reason: str) -> dict:
    """An end that no supervisor could write."""
    return {"word": word, "exitCode": None, "reason": reason, "followed": False, "at": time.time()}


def _sweep(mark: str) -> None:
    until = time.monotonic() + KILL_SECONDS
    while (left := marked(mark)) and time.monotonic() < until:
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)


def main(argv: list[str]) -> None:
    if argv == ["capacity"]:
        print(json.dumps(capacity()))
        return
    command, path, node, *host = argv
    folder = Folder(path, int(node))
    if host:
        folder.request["rendezvousHost"] = host[0]
    if command == "start":
        start(folder)
    elif command == "run":
        run(folder)
    elif command == "status":
        print(json.dumps(look(folder)))
    elif command == "stop":
        print(json.dumps(stop(folder)))
    else:
        sys.exit(f"no such command: {command}")


if __name__ == "__main__":
    main(sys.argv[1:])
