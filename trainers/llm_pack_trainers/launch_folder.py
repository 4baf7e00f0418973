"""The files of one node of a job, by which its supervisor and the launcher speak; `supervise` lists them."""

import fcntl
import json
import os
import time

POLL_SECONDS = 0.02


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

    def tell_to_stop(self) -> None:
        """Asks for the end of all nodes."""
        with open(os.path.join(self.path, "stop"), "w", encoding="ascii"):
            pass

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
