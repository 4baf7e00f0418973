"""A rank of a training: `torchrun -m llm_pack_trainers.run JOB_DIR`.

Only what Python itself has is imported here: whatever else can not be imported is a failure like any other, and told.
"""

import contextlib
import importlib
import json
import os
import sys
import traceback
from pathlib import Path

from .errors import Fenced, Stopped, failure_class
from .fence import is_fenced
from .files import read_json, when_there_is_room, write_json
from .job import Job, read_job
from .lifeline import tie_to_torchrun
from .spans import start_clock
from .stopping import Stopping
from .strict import parse

_ENDED, _FAILED = 0, 1

# All models and data are files: nothing is looked up by name, and nobody is told of it.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def main(arguments: list[str]) -> int:
    """Trains what the job says, and returns the exit code."""
    start_clock()
    tie_to_torchrun()
    stopping = Stopping()
    os.environ.update(OFFLINE)
    rank = int(os.environ.get("RANK", "0"))
    folder = Path(arguments[0]).absolute()
    job = None
    try:
        job = read_job(folder)
        _train(job, stopping)
        return _ENDED
    except Fenced as fenced:
        print(fenced, flush=True)
        return _FAILED
    except Stopped as stopped:
        if rank == 0 and job is not None:
            write_json(folder / "stopped.json", {"attempt": job.attempt, "step": stopped.step})
        return _ENDED
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        if job is not None and (read_json(folder / "result" / "result.json") or {}).get("attempt") == job.attempt:
            # The result is there: rank 0 was gone before this one had heard that all is done.
            return _ENDED
        # A full disk takes no log either. Without a reason the attempt would be taken for a defect of the recipe.
        with contextlib.suppress(OSError):
            traceback.print_exc()
        when_there_is_room(lambda: _report(folder, job, error, rank))
        return _FAILED


def _train(job: Job, stopping: Stopping) -> None:
    recipe = importlib.import_module(f"{__package__}.recipes.{job.recipe.replace('-', '_')}")
    runtime = importlib.import_module(f"{__package__}.runtime")
    run = runtime.start(job, parse(recipe.Parameters, job.parameters, "parameters"), stopping)
    if stopping.agree(job):
        raise Stopped(job.resume_from or 0)
    recipe.train(run)


def _report(folder: Path, job: Job | None, error: BaseException, rank: int) -> None:
    """Writes `failure.json`, unless another rank of this attempt was first: then its reason is the cause of this one."""
    attempt = job.attempt if job else int((read_json(folder / "job.json") or {}).get("attempt", 1))
    path = folder / "failure.json"
    if (job is not None and is_fenced(job)) or (read_json(path) or {}).get("attempt") == attempt:
        return
    lines = folder / "metrics.jsonl"
    reason = {
        "attempt": attempt,
        "class": failure_class(error),
        "type": type(error).__name__,
        "message": str(error)[:4000],
        "rank": rank,
        "step": _last_step(lines, attempt),
    }
    write_json(path, reason)


def _last_step(path: Path, attempt: int) -> int:
    """The last step that this attempt has told of."""
    step = 0
    if path.is_file():
        for line in path.read_bytes()[-65536:].splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if said.get("attempt") == attempt:
                step = said["step"]
    return step


if __name__ == "__main__":
    code = main(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    # Not by sys.exit: threads of the process group sometimes end a good run with an exit code of 1.
    os._exit(code)
