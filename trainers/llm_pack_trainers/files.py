"""Files that are whole or not there, also after a crash of the machine."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import STORAGE

# Seconds: what has filled a disk is often what goes away with who wrote it.
_ROOM_SECONDS = 60.0


def sync(path: Path) -> None:
    """Has what was written to a file or folder reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Has all files below a folder, and the folders, reach the disk."""
    for parent, _, names in os.walk(folder):
        for name in names:
            sync(Path(parent, name))
        sync(Path(parent))


def write_json(path: Path, value: Any) -> None:
    """Writes JSON by rename: readers see the former file or this one."""
    passing = path.with_name(f".{path.name}.{os.getpid()}")
    with open(passing, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(passing, path)
    sync(path.parent)


def when_there_is_room(write: Callable[[], None], seconds: float = _ROOM_SECONDS) -> None:
    """Writes again where the disk is full, once a second for so long.

    Raises:
        OSError: the last one.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return write()
        except OSError as error:
            if error.errno not in STORAGE or time.monotonic() > until:
                raise
        time.sleep(min(1.0, seconds / 10))


def read_json(path: Path) -> Any | None:
    """What a JSON file says; None where there is none, or it is being written by someone who does not rename."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def move_folder(source: Path, target: Path) -> None:
    """Puts a folder in place of another, which is removed."""
    former = target.with_name(f".former-{target.name}")
    shutil.rmtree(former, ignore_errors=True)
    if target.exists():
        os.rename(target, former)
    os.rename(source, target)
    sync(target.parent)
    shutil.rmtree(former, ignore_errors=True)
