"""Nodes of a job watch one another: where one falls silent, or ends without success, the others end too.

Collectives would notice by themselves, but only after a timeout that has to allow for the slowest step; and a rank that
waits for a lost one holds its GPU as long. Node 0 listens; each other node has one connection to it, on which both say
"beat" every now and then, and at last "end" with the word for how they ended.
"""

import contextlib
import selectors
import socket
import time

# Beats in the time after which a node is taken for lost.
_BEATS = 5
_MAX_LINE = 256


class Peers:
    """Of one node. `problem` is why this node's share has to end: its state's word and the reason."""

    def __init__(self, selector: selectors.BaseSelector, node: int, nodes: int, token: str, silence: float, join: float):
        self.problem: tuple[str, str] | None = None
        self._selector, self._node, self._token, self._silence = selector, node, token, silence
        self._missing = set(range(1, nodes)) if node == 0 else {0}
        self._join_until = time.monotonic() + join
        self._heard: dict[socket.socket, float] = {}
        self._buffers: dict[socket.socket, bytes] = {}
        self._names: dict[socket.socket, int] = {}
        self._next_beat = 0.0
        self._next_try = 0.0
        self._server: socket.socket | None = None
        self._address: tuple[str, int] | None = None

    def listen(self, host: str) -> int:
        """Node 0 alone. Returns the port."""
        self._server = socket.create_server((host, 0), family=socket.getaddrinfo(host, 0)[0][0], backlog=64)
        self._server.setblocking(False)
        self._selector.register(self._server, selectors.EVENT_READ, self)
        return self._server.getsockname()[1]

    def join(self, host: str, port: int) -> None:
        """All others: node 0 is there. Tried from `tick` until it answers."""
        self._address = (host, port)

    def tick(self) -> None:
        """Called once a second or more often."""
        now = time.monotonic()
        if self._missing and self._address and now >= self._next_try:
            self._next_try = now + 1
            self._connect()
        if self._missing and now > self._join_until:
            self._fail("lost", f"node {min(self._missing)} did not join")
        for peer, heard in list(self._heard.items()):
            if now - heard > self._silence:
                self._drop(peer, f"nothing was heard of node {self._names.get(peer, '?')} for {self._silence:g} s")
        if now >= self._next_beat:
            self._next_beat = now + self._silence / _BEATS
            self._say("beat")

    def on_ready(self, ready: socket.socket) -> None:
        """There is something to read."""
        if ready is self._server:
            peer, _ = ready.accept()
            self._watch(peer)
            return
        try:
            data = ready.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(ready, f"the supervisor of node {self._names.get(ready, '?')} ended")
            return
        *lines, rest = (self._buffers[ready] + data).split(b"\n")
        self._buffers[ready] = rest[:_MAX_LINE]
        for line in lines:
            self._hear(ready, line.decode("latin-1").split(" "))

    def end(self, word: str) -> None:
        """Tells the others how this node has ended."""
        self._say(f"end {word}")
        for peer in self._heard:
            # What is left unread would make the last word a reset of the connection.
            with contextlib.suppress(OSError):
                peer.recv(65536)
            peer.close()

    def _connect(self) -> None:
        try:
            peer = socket.create_connection(self._address, timeout=1)
            peer.sendall(f"{self._token} {self._node}\n".encode())
        except OSError:
            return
        self._watch(peer)
        self._names[peer] = 0
        self._missing.clear()

    def _watch(self, peer: socket.socket) -> None:
        peer.setblocking(False)
        self._heard[peer] = time.monotonic()
        self._buffers[peer] = b""
        self._selector.register(peer, selectors.EVENT_READ, self)

    def _hear(self, peer: socket.socket, words: list[str]) -> None:
        if peer not in self._heard:
            return
        if peer not in self._names:
            if len(words) != 2 or words[0] != self._token or not words[1].isdigit():
                self._drop(peer, None)
                return
            self._names[peer] = int(words[1])
            self._missing.discard(self._names[peer])
        self._heard[peer] = time.monotonic()
        if words[0] == "end":
            node, word = self._names[peer], words[1]
            self._drop(peer, None)
            # The word of a job is that of the node that ended first; the others were only made to follow.
            if word != "succeeded":
                self._fail(word, f"node {node} ended: {word}")

    def _drop(self, peer: socket.socket, reason: str | None) -> None:
        self._selector.unregister(peer)
        self._heard.pop(peer)
        peer.close()
        if reason is not None and peer in self._names:
            self._fail("lost", reason)

    def _fail(self, word: str, reason: str) -> None:
        self.problem = self.problem or (word, reason)

    def _say(self, text: str) -> None:
        for peer in list(self._heard):
            # Full or broken: its silence, or its end, says so.
            with contextlib.suppress(OSError):
                peer.send(f"{text}\n".encode())


def own_address(towards: str) -> str:
    """The address by which this node goes to another; no packet is sent."""
    family, kind, _, _, address = socket.getaddrinfo(towards, 9, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as probe:
        probe.connect(address)
        return probe.getsockname()[0]


def free_port(host: str) -> int:
    """A TCP port that nothing listens on at this moment."""
    with socket.create_server((host, 0), family=socket.getaddrinfo(host, 0)[0][0]) as server:
        return server.getsockname()[1]


def interface_of(address: str) -> str | None:
    """Name of the interface with that IPv4 address; gloo and NCCL take the one of the host's name otherwise."""
    import fcntl
    import struct

    siocgifaddr = 0x8915
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe.fileno(), siocgifaddr, struct.pack("256s", name.encode()))
            except OSError:
                continue
            if socket.inet_ntoa(answer[20:24]) == address:
                return name
    return None
