"""`metrics.jsonl`: what a trainer says of its steps."""

import json
import math
import os
import time
from collections.abc import Mapping

from .job import Job


def finite(value: float | None) -> float | None:
    """JSON has neither NaN nor infinity."""
    return value if value is not None and math.isfinite(value) else None


class MetricLog:
    """Appends lines of `metricLine` (schemas/training.ts); only rank 0 writes."""

    def __init__(self, job: Job, main: bool) -> None:
        self._attempt = job.attempt
        self._file = None
        if main:
            path = job.folder / "metrics.jsonl"
            _cut_torn_line(path)
            self._file = path.open("ab", buffering=0)

    def write(
        self,
        step: int,
        steps: int,
        values: Mapping[str, float | None],
        extra: Mapping[str, float | None] | None = None,
    ) -> None:
        """A line in one write, so that readers never see the half of one that was finished."""
        if self._file is None:
            return
        line = {"attempt": self._attempt, "step": step, "steps": steps, "at": time.time()}
        line.update({name: finite(value) for name, value in values.items()})
        if extra:
            line["extra"] = {name: finite(value) for name, value in extra.items()}
        self._file.write(json.dumps(line).encode() + b"\n")
        said = ", ".join(f"{name} {value:.6g}" for name, value in {**values, **(extra or {})}.items() if value is not None)
        print(f"step {step} of {steps}: {said}", flush=True)


def _cut_torn_line(path: os.PathLike[str]) -> None:
    """A trainer that was killed may have left the half of a line."""
    try:
        with open(path, "r+b") as file:
            text = file.read()
            if text and not text.endswith(b"\n"):
                file.truncate(text.rfind(b"\n") + 1)
    except FileNotFoundError:
        pass
