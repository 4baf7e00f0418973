"""Keeps torchrun on one node; nothing of it outlives the job."""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable

from launch_folder import POLL_SECONDS, Folder
from lifeline import LAUNCH_MARK, TORCHRUN_PID, adopt_orphans, children, descendants, die_with, send, start_time
from node_facts import oom_kills
from peers import Peers, free_port, interface_of, own_address

# Nodes are started one after another; where one of them can not be, the others give up.
JOIN_SECONDS = 120.0
# What a rank gets that waits for a lost one: it can not finish its step anyway.
FOLLOW_GRACE_SECONDS = 3.0
# What the kernel may take to end a process.
KILL_SECONDS = 10.0
LOG_TAIL_BYTES = 65536


class Supervisor:
    """Of one node; `keep` runs it to its end. SIGTERM asks for the end."""

    def __init__(self, folder: Folder, parent: int | None = None, announce: Callable[[], None] = lambda: None):
        """With a parent it ends when that does; `announce` is called when the node is known to be kept."""
        self.folder, self.parent, self.announce = folder, parent, announce
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
                started |= {"address": host, "beats": self.peers.listen(host), "rendezvous": free_port(host)}
        self.folder.write("started.json", started)
        self.announce()
        oom_kills_before = oom_kills()
        head = started if node == 0 or nodes == 1 else self._head()
        if head is not None:
            if self.peers and node > 0:
                # Where it has said that it is: of a pod nobody knows that before.
                self.peers.join(head["address"], head["beats"])
                # Before anything that takes time: from then on a loss is noticed soon.
                self.peers.tick()
            self._start_torchrun(head)
            self._wait(wake)
        self._kill_all()
        end = self._end(oom_kills() - oom_kills_before)
        if self.peers:
            self.peers.end(end["word"])
        self.folder.write("exit.json", end)
        return end

    def _catch_signals(self) -> int:
        wake, write = os.pipe()
        for end in (wake, write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        self.selector.register(wake, selectors.EVENT_READ)
        return wake

    def _ask(self, *_: object) -> None:
        self.asked = True

    def _is_asked(self) -> bool:
        return self.asked or self.folder.told_to_stop()

    def _head(self) -> dict | None:
        """What node 0 has announced; None where the job ends before."""
        until = time.monotonic() + JOIN_SECONDS
        while not self._is_asked() and time.monotonic() < until:
            head = self.folder.read("started.json", 0)
            if head is not None:
                return head
            self.selector.select(timeout=0.2)
        self.ending = ("stopped", None) if self._is_asked() else ("lost", "node 0 did not start")
        return None

    def _start_torchrun(self, head: dict) -> None:
        request, host = self.request, head.get("address", self.request["rendezvousHost"])
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
            if self._is_asked():
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
            # To the ranks themselves, where there are some: torchrun would kill them after 30 s, whatever the grace.
            if self.status is None:
                for pid in children(self.torchrun) or [self.torchrun]:
                    send(pid, signal.SIGTERM)

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

    def _end(self, killed: int) -> dict:
        code = None if self.status is None else _exit_code(self.status)
        if self.ending is not None:
            word, reason = self.ending
        elif code == 0:
            word, reason = "succeeded", None
        elif code == 128 + signal.SIGKILL:
            word, reason = "lost", "torchrun was killed"
        elif killed > 0 and self._has_killed_rank():
            word, reason = "out_of_memory", f"the kernel ended {killed} processes of this node for lack of memory"
        else:
            word, reason = "failed", None
        return {"word": word, "exitCode": code, "reason": reason, "followed": self.followed, "at": time.time()}

    def _has_killed_rank(self) -> bool:
        """Whether torchrun has told of a rank that was ended by SIGKILL: the exit codes of ranks are known to it alone."""
        with open(self.folder.file("log"), "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - LOG_TAIL_BYTES))
            return b"exitcode: -9" in log.read()


def _exit_code(status: int) -> int:
    """As a shell tells it: 128 and the signal."""
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code
