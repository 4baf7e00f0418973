"""`job.json`, and the parameters that every recipe has."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .errors import UserError
from .strict import parse


@dataclass(frozen=True, kw_only=True)
class DataFiles:
    """Rows of several files, one after another."""

    format: Literal["parquet", "jsonl"]
    paths: list[str]
    rows: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a trainer is started with: `trainingJob` of schemas/training.ts."""

    id: str
    attempt: int
    recipe: str
    parameters: dict[str, Any]
    models: dict[str, str]
    train: DataFiles
    eval: DataFiles | None
    columns: dict[str, str]
    resume_from: int | None
    dir: str
    lineage: dict[str, str]

    @property
    def folder(self) -> Path:
        return Path(self.dir)

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    def model(self, role: str) -> str:
        """The folder of a model.

        Raises:
            UserError: where the job names none for the role.
        """
        if role not in self.models:
            raise UserError(f"The recipe {self.recipe} needs a model for the role {role!r}")
        return self.models[role]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What every recipe takes; meanings and ranges are in schemas/training-parameters.ts, which fills in the defaults."""

    epochs: float
    steps: int | None = None
    batch_size: int
    micro_batch_size: int
    learning_rate: float
    schedule: Literal["cosine", "linear", "constant"]
    warmup_share: float
    weight_decay: float
    max_gradient_norm: float
    max_length: int
    precision: Literal["auto", "fp32", "bf16"]
    parallel: Literal["ddp", "fsdp"]
    gradient_checkpointing: bool
    eval_share: float
    eval_rows: int
    eval_every_steps: int | None = None
    log_every_steps: int
    checkpoint_every_steps: int
    keep_checkpoints: int
    timeout_seconds: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Lora:
    """Adapters instead of whole weights."""

    rank: int
    alpha: float
    dropout: float
    targets: str | list[str]
    quantised: bool
    result: Literal["merged", "adapter"]


def read_job(folder: Path) -> Job:
    """Reads `job.json`.

    Raises:
        UserError: where it is not as the schema says.
    """
    job = parse(Job, json.loads((folder / "job.json").read_text(encoding="utf-8")), "job")
    # The folder that was named counts: a node may see it under a path of its own.
    return dataclasses.replace(job, dir=str(folder))
