"""The result: a model in Hugging Face layout with its card, moved into place whole."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .fence import check_fence
from .files import move_folder, read_json, sync_tree, write_json
from .job import Job
from .metrics import finite
from .runtime import Run
from .spans import spanned

Values = dict[str, float | None]


@dataclass(frozen=True)
class Outcome:
    """What a training came to."""

    steps: int
    rows_seen: int
    before: Values
    after: Values


def known_before(run: Run) -> Values | None:
    """What an earlier attempt measured before the first step: a resumed one has no such model any more."""
    path = run.job.folder / "before.json"
    return run.from_main(read_json(path) if run.main else None)


def keep_before(run: Run, values: Values) -> None:
    """Keeps what was measured before the first step for later attempts."""
    if run.main:
        write_json(run.job.folder / "before.json", {name: finite(value) for name, value in values.items()})


@spanned("save")
def publish_result(run: Run, outcome: Outcome, metric: tuple[str, str], save: Callable[[Path], int]) -> None:
    """Writes `result/`.

    Args:
        metric: name of what the recipe is judged by, and `lower` or `higher`.
        save: writes model and tokenizer into a folder, called on rank 0 alone. Returns the number of parameters.

    Raises:
        Fenced: where a later attempt has taken over.
    """
    if run.main:
        folder = run.job.folder / f".result-{run.job.attempt}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        parameters = save(folder)
        result = {
            "attempt": run.job.attempt,
            "steps": outcome.steps,
            "before": {name: finite(value) for name, value in outcome.before.items()},
            "after": {name: finite(value) for name, value in outcome.after.items()},
            "metric": {"name": metric[0], "better": metric[1]},
            "architecture": _architecture(folder),
            "parameters": parameters,
            "rowsSeen": outcome.rows_seen,
        }
        (folder / "README.md").write_text(card(run.job, result), encoding="utf-8")
        write_json(folder / "result.json", result)
        sync_tree(folder)
        check_fence(run.job)
        move_folder(folder, run.job.folder / "result")
    run.barrier()


def _architecture(folder: Path) -> str:
    """Class in `config.json`; sentence-transformers have it in the folder of their first module."""
    paths = [folder / "config.json", *sorted(folder.glob("*/config.json"))]
    for path in paths:
        if path.is_file():
            names = json.loads(path.read_text(encoding="utf-8")).get("architectures")
            if names:
                return names[0]
    return "unknown"


def card(job: Job, result: dict) -> str:
    """The model card: what it was made of, how, and what was measured on rows that nothing was learnt from."""
    lineage = [f"| {name} | `{value}` |" for name, value in sorted(job.lineage.items())]
    names = sorted({*result["before"], *result["after"]})
    measured = [f"| {name} | {_said(result['before'].get(name))} | {_said(result['after'].get(name))} |" for name in names]
    parameters = json.dumps(job.parameters, indent=2, sort_keys=True)
    parts = [
        "---",
        "library_name: transformers",
        f"tags: [temporal-llm-pack, {job.recipe}]",
        "---",
        f"# {job.id}",
        f"{result['architecture']} with {result['parameters']:,} parameters, trained by the recipe `{job.recipe}` in "
        f"{result['steps']:,} steps over {result['rowsSeen']:,} rows.",
        "",
        "## What it was made of",
        *(["| | |", "| --- | --- |", *lineage] if lineage else ["Not said."]),
        "",
        "## What was measured",
        "On rows that nothing was learnt from, before the first step and after the last one."
        f" It is judged by {result['metric']['name']}, where {result['metric']['better']} is better.",
        "",
        *(["| | before | after |", "| --- | --- | --- |", *measured] if measured else ["Nothing was held back."]),
        "",
        "## Parameters",
        "```json",
        parameters,
        "```",
        "",
    ]
    return "\n".join(parts)


def _said(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
