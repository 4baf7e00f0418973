"""Keeps a job's share of one node: starts torchrun, and sees to it that nothing of it outlives the job.

    python -I -S supervise.py start|status|stop FOLDER NODE
    python -I -S supervise.py run FOLDER NODE [ADDRESS-OF-NODE-0]
    python -I -S supervise.py capacity

Standard library only: it starts in 50 ms. FOLDER, which every node sees, holds `request.json`, and per node N

- `node-N.lock`: locked for as long as the supervisor lives, by the kernel; so two never run, and a dead one is known,
- `node-N.started.json`: which process it is, written under the lock before anything is started,
- `node-N.exit.json`: how it ended, written when nothing of it runs any more,
- `node-N.log`: what torchrun and the ranks wrote;

and `stop`, an empty file, where all nodes are asked to end.

A node that has been started once is never started again. If the supervisor is killed, the kernel kills torchrun, and ranks
with it (`lifeline`); what these had started themselves is ended by the next `status` or `stop`, by its mark.
"""

import fcntl
import json
import os
import selectors
import signal
import socket
import sys
import time

# At the end: nothing in this folder may hide a module of the standard library.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from lifeline import (  # noqa: E402
    LAUNCH_MARK,
    TORCHRUN_PID,
    adopt_orphans,
    descendants,
    die_with,
    marked,
    send,
    start_time,
)
from peers import Peers, free_port, interface_of, own_address  # noqa: E402

# Nodes are started one after another; where one of them can not be, the others give up.
JOIN_SECONDS = 120.0
# What a rank gets that waits for a lost one: it can not finish its step anyway.
FOLLOW_GRACE_SECONDS = 3.0
KILL_SECONDS = 10.0
POLL_SECONDS = 0.02
FOUND = 75


class Folder:
    """The files of one node of a job."""

    def __init__(self, path: str, node: int):
        self.path, self.node = path, node
        with open(os.path.join(path, "request.json"), encoding="utf-8") as file:
            self.request = json.load(file)
        self.mark = f"{self.request['id']}:{node}"
        self._lock: int | None = None

    def file(self, kind: str, node: int | None = None) -> str:
        return os.path.join(self.path, f"node-{self.node if node is None else node}.{kind}")

    def told_to_stop(self) -> bool:
        return os.path.exists(os.path.join(self.path, "stop"))

    def read(self, kind: str, node: int | None = None) -> dict | None:
        try:
            with open(self.file(kind, node), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def write(self, kind: str, value: dict) -> None:
        """By rename: it is there whole or not at all."""
        aside = f"{self.file(kind)}.{os.getpid()}"
        with open(aside, "w", encoding="utf-8") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self.file(kind))

    def lock(self) -> bool:
        """Whether no supervisor lives; then none can start until this process ends or unlocks."""
        if self._lock is None:
            self._lock = os.open(self.file("lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def claim(self) -> bool:
        """Whether the node is this process's to start. A `stop` that looks for a moment is waited for."""
        while self.read("started.json") is None and self.read("exit.json") is None:
            if self.lock():
                if self.read("started.json") is None and self.read("exit.json") is None:
                    return True
                self.unlock()
                return False
            time.sleep(POLL_SECONDS)
        return False


class Supervisor:
    """Of one node; `keep` runs it to its end. SIGTERM asks for the end."""

    def __init__(self, folder: Folder, parent: int | None):
        self.folder, self.parent = folder, parent
        self.request = folder.request
        self.selector = selectors.DefaultSelector()
        self.peers: Peers | None = None
        self.torchrun: int | None = None
        self.status: int | None = None
        self.ending: tuple[str, str | None] | None = None
        # Whether it ends for no reason of its own.
        self.followed = False
        self.kill_at = float("inf")
        self.asked = False

    def keep(self) -> dict:
        adopt_orphans()
        wake = self._catch_signals()
        node, nodes, host = self.folder.node, self.request["nodes"], self.request["rendezvousHost"]
        started = {"pid": os.getpid(), "startTime": start_time(os.getpid()), "host": socket.gethostname(), "at": time.time()}
        if nodes > 1:
            silence = self.request["nodeTimeoutSeconds"]
            self.peers = Peers(self.selector, node, nodes, self.request["token"], silence, JOIN_SECONDS)
            if node == 0:
                started |= {"beats": self.peers.listen(host), "rendezvous": free_port(host)}
        self.folder.write("started.json", started)
        self._announce()
        oom_kills = _oom_kills()
        head = started if node == 0 or nodes == 1 else self._head()
        if head is not None:
            if self.peers and node > 0:
                self.peers.join(host, head["beats"])
                # Before anything that takes time: from then on a loss is noticed soon.
                self.peers.tick()
            self._start_torchrun(head)
            self._wait(wake)
        self._kill_all()
        end = self._end(_oom_kills() - oom_kills)
        if self.peers:
            self.peers.end(end["word"])
        self.folder.write("exit.json", end)
        return end

    def _announce(self) -> None:
        """Overridden by who waits for the start."""

    def _catch_signals(self) -> int:
        wake, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        self.selector.register(wake, selectors.EVENT_READ)
        return wake

    def _ask(self, *_: object) -> None:
        self.asked = True

    def _head(self) -> dict | None:
        """What node 0 has announced; None where the job ends before."""
        until = time.monotonic() + JOIN_SECONDS
        while not self.asked and time.monotonic() < until:
            head = self.folder.read("started.json", 0)
            if head is not None:
                return head
            self.selector.select(timeout=0.2)
        self.ending = ("stopped", None) if self.asked else ("lost", "node 0 did not start")
        return None

    def _start_torchrun(self, head: dict) -> None:
        request, host = self.request, self.request["rendezvousHost"]
        address = own_address(host)
        words = {
            "{endpoint}": f"{host}:{head.get('rendezvous', 0)}",
            "{is_host}": str(self.folder.node == 0).lower(),
            "{address}": address,
        }
        argv = request["command"]
        for name, value in words.items():
            argv = [word.replace(name, value) for word in argv]
        env = dict(os.environ)
        interface = interface_of(address)
        if interface is not None:
            env |= {"GLOO_SOCKET_IFNAME": interface, "NCCL_SOCKET_IFNAME": interface, "TP_SOCKET_IFNAME": interface}
        env |= request["env"] | {LAUNCH_MARK: self.folder.mark}
        supervisor = os.getpid()
        self.torchrun = os.fork()
        if self.torchrun:
            return
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            os.setsid()
            die_with(supervisor)
            log = os.open(self.folder.file("log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.chdir(request["dir"])
            os.execvpe(argv[0], argv, env | {TORCHRUN_PID: str(os.getpid())})
        except BaseException as error:  # noqa: BLE001 - a forked child must not return
            os.write(2, f"{argv[0]}: {error}\n".encode())
            os._exit(127)

    def _wait(self, wake: int) -> None:
        """Until torchrun has ended."""
        time_limit = time.monotonic() + self.request["timeLimitSeconds"]
        while self.status is None:
            patience = min(1.0, max(0.0, self.kill_at - time.monotonic()))
            for key, _ in self.selector.select(timeout=patience):
                if key.fd == wake:
                    os.read(wake, 4096)
                elif self.peers:
                    self.peers.on_ready(key.fileobj)
            self._reap()
            if self.peers:
                self.peers.tick()
            now = time.monotonic()
            if self.asked or self.folder.told_to_stop():
                self._begin_end("stopped", None, self.request["graceSeconds"])
            elif self.peers and self.peers.problem:
                self.followed = self.followed or self.ending is None
                self._begin_end(*self.peers.problem, FOLLOW_GRACE_SECONDS)
            elif now > time_limit:
                reason = f"longer than {self.request['timeLimitSeconds']} s"
                self._begin_end("timeout", reason, self.request["graceSeconds"])
            elif self.parent is not None and os.getppid() != self.parent:
                self._begin_end("lost", "what had started it ended", 0)
            if now > self.kill_at:
                return

    def _begin_end(self, word: str, reason: str | None, grace: float) -> None:
        if self.ending is None:
            self.ending = (word, reason)
            self.kill_at = time.monotonic() + grace
            # It forwards the signal to its ranks; one that is still being imported just ends.
            send(self.torchrun, signal.SIGTERM)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.torchrun:
                self.status = status

    def _kill_all(self) -> None:
        """Ranks have sessions of their own; this process is the parent of all whose own has ended."""
        until = time.monotonic() + KILL_SECONDS
        while (left := descendants(os.getpid())) and time.monotonic() < until:
            for pid in left:
                send(pid, signal.SIGKILL)
            self._reap()
            time.sleep(POLL_SECONDS)
        self._reap()

    def _end(self, oom_kills: int) -> dict:
        code = None if self.status is None else _exit_code(self.status)
        if self.ending is not None:
            word, reason = self.ending
        elif code == 0:
            word, reason = "succeeded", None
        elif code == 128 + signal.SIGKILL:
            word, reason = "lost", "torchrun was killed"
        else:
            word, reason = "failed", None
        if word == "failed" and oom_kills > 0:
            reason = f"the kernel ended {oom_kills} processes of this node for lack of memory"
        return {"word": word, "exitCode": code, "reason": reason, "followed": self.followed, "at": time.time()}


def _exit_code(status: int) -> int:
    """As a shell tells it: 128 and the signal."""
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _oom_kills() -> int:
    """Processes ended for lack of memory: of this process's control group, where it has one with a count, or of the node."""
    try:
        with open("/proc/self/cgroup", encoding="ascii") as file:
            own = next(line[3:].strip() for line in file if line.startswith("0::"))
        counts = f"/sys/fs/cgroup{own.rstrip('/')}/memory.events"
    except (OSError, StopIteration):
        counts = ""
    for path in (counts, "/proc/vmstat"):
        try:
            with open(path, encoding="ascii") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
        except (OSError, StopIteration):
            continue
    return 0


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
    supervisor = Supervisor(folder, None)

    def announce() -> None:
        os.write(write, b'{"found": false}')
        os.close(write)

    supervisor._announce = announce
    supervisor.keep()
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
        if ours and not asked:
            send(started["pid"], signal.SIGTERM)
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


def capacity() -> dict:
    """What this node has: cores that this process may use, GPUs, and bytes of memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path, encoding="ascii") as file:
                memory = min(memory, int(file.read()))
        except (OSError, ValueError):
            pass
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    devices = os.listdir("/dev") if os.path.isdir("/dev") else []
    gpus = sum(name.startswith("nvidia") and name[6:].isdigit() for name in devices)
    return {"cpus": cpus, "gpus": gpus, "memoryBytes": memory}


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
