"""`spans.jsonl`: what a trainer did and for how long, for the trace that the job was started in.

A node of a cluster may not reach the collector of traces; whoever watches the job does, and passes the spans on.
"""

import functools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

# W3C Trace Context in the environment: where the trace of the job goes on.
_PARENT = os.environ.get("TRACEPARENT")


def write_span(folder: Path, attempt: int, name: str, began: float, error: str | None = None) -> None:
    """Appends a span that ends now, as `trainerSpan` of schemas/training.ts says; nothing where nobody traces."""
    if _PARENT is None:
        return
    line = {"attempt": attempt, "name": name, "from": began, "to": time.time(), "parent": _PARENT}
    if error is not None:
        line["error"] = error
    with open(folder / "spans.jsonl", "ab", buffering=0) as file:
        file.write(json.dumps(line).encode() + b"\n")


_loading_since: float | None = None


def start_clock() -> None:
    """Begins the span `load`: all that is imported, read and made ready before the first span of `spanned`, which ends it."""
    global _loading_since
    _loading_since = time.time()


def _end_loading(run: Any) -> None:
    global _loading_since
    if _loading_since is not None:
        write_span(run.job.folder, run.job.attempt, "load", _loading_since)
    _loading_since = None


def spanned(name: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Makes a span of a function whose first argument is the run; rank 0 tells of it."""

    def wrap(work: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(work)
        def told(run: Any, *arguments: Any, **named: Any) -> Result:
            if run.main:
                _end_loading(run)
            began, error = time.time(), None
            try:
                return work(run, *arguments, **named)
            except BaseException as thrown:
                error = type(thrown).__name__
                raise
            finally:
                if run.main:
                    write_span(run.job.folder, run.job.attempt, name, began, error)

        return told

    return wrap
