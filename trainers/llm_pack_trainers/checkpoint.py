"""Checkpoints: `checkpoints/step-<8 digits>/`, whole where there is a `manifest.json` and what it says is true."""

import hashlib
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .errors import CheckpointError
from .fence import check_fence
from .files import move_folder, read_json, sync_tree, write_json
from .job import Job
from .runtime import Run

MANIFEST = "manifest.json"
_PIECE = 1 << 22


def folder_of(job: Job, step: int) -> Path:
    """Where the checkpoint of a step is, or would be."""
    return job.checkpoints / f"step-{step:08d}"


def writing_folder(job: Job) -> Path:
    """Where this attempt writes what it will publish."""
    return job.checkpoints / f".writing-{job.attempt}"


def publish(run: Run, step: int, written: Path, rows_seen: int) -> None:
    """Makes a checkpoint of a folder into which every rank has written; all ranks call it together.

    Raises:
        Fenced: where a later attempt has taken over.
    """
    run.barrier()
    if run.main:
        sync_tree(written)
        manifest = {
            "step": step,
            "attempt": run.job.attempt,
            "worldSize": run.world_size,
            "rowsSeen": rows_seen,
            "at": time.time(),
            "files": _describe(written),
        }
        check_fence(run.job)
        target = folder_of(run.job, step)
        move_folder(written, target)
        write_json(target / MANIFEST, manifest)
        _retain(run)
    run.barrier()


def verify(job: Job, step: int) -> dict[str, Any]:
    """The manifest of a checkpoint whose files are all as it says.

    Raises:
        CheckpointError: which names the first file that is not.
    """
    folder = folder_of(job, step)
    manifest = read_json(folder / MANIFEST)
    if manifest is None:
        raise CheckpointError(f"There is no checkpoint of step {step}: {folder / MANIFEST} is missing")
    found = {entry["name"]: entry for entry in _describe(folder)}
    for expected in manifest["files"]:
        name = expected["name"]
        if name not in found:
            raise CheckpointError(f"The checkpoint of step {step} is damaged: {folder / name} is missing")
        for part in ("bytes", "sha256"):
            if found[name][part] != expected[part]:
                raise CheckpointError(
                    f"The checkpoint of step {step} is damaged: {part} of {folder / name} should be {expected[part]} "
                    f"and is {found[name][part]}"
                )
    return manifest


def resumed_from(run: Run) -> tuple[int, Path | None]:
    """The step to go on from and its verified checkpoint, or 0 and None.

    Raises:
        CheckpointError: on all ranks.
    """
    step = run.job.resume_from
    if step is None:
        return 0, None
    error = None
    if run.main:
        try:
            verify(run.job, step)
        except CheckpointError as caught:
            error = str(caught)
    # Once and not by each rank: the files may be hundreds of gigabytes.
    error = run.from_main(error)
    if error:
        raise CheckpointError(error)
    return step, folder_of(run.job, step)


def _describe(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    paths = [path for path in paths if path != folder / MANIFEST]

    def describe(path: Path) -> dict[str, Any]:
        return {"name": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": _sha256(path)}

    # Hashing leaves the interpreter's lock to the other threads.
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(describe, paths))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _retain(run: Run) -> None:
    """Removes all but the latest checkpoints, and what earlier attempts did not finish."""
    whole = sorted(folder for folder in run.job.checkpoints.glob("step-*") if (folder / MANIFEST).exists())
    for folder in whole[: -run.parameters.keep_checkpoints]:
        # Without its manifest it is no checkpoint, whatever is left when this is killed.
        (folder / MANIFEST).unlink()
        shutil.rmtree(folder, ignore_errors=True)
    for folder in run.job.checkpoints.glob(".writing-*"):
        if folder != writing_folder(run.job):
            shutil.rmtree(folder, ignore_errors=True)
