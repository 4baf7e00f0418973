"""A rank's place in its job: the other ranks, the device, the precision."""

import contextlib
import datetime
import os
import random
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from .errors import UserError
from .job import Job, Parameters
from .metrics import MetricLog
from .stopping import Stopping


@dataclass(frozen=True)
class Run:
    """What a recipe is given."""

    job: Job
    parameters: Parameters
    rank: int
    world_size: int
    device: torch.device
    stopping: Stopping
    metrics: MetricLog

    @property
    def main(self) -> bool:
        """Rank 0, which alone writes what all have."""
        return self.rank == 0

    @property
    def bf16(self) -> bool:
        wanted = self.parameters.precision
        can = self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        return wanted == "bf16" or (wanted == "auto" and can)

    def micro_batch(self, rows: int) -> tuple[int, int]:
        """Rows that a rank takes at once, and how many times in a step of so many rows over all ranks.

        Raises:
            UserError: where the rows can not be shared out evenly.
        """
        if rows % self.world_size:
            raise UserError(f"{rows} rows of a step can not be shared out over {self.world_size} ranks: change batchSize")
        share = rows // self.world_size
        micro = next(size for size in range(min(self.parameters.micro_batch_size, share), 0, -1) if share % size == 0)
        return micro, share // micro

    def barrier(self) -> None:
        dist.barrier()

    @contextlib.contextmanager
    def main_first(self) -> Iterator[None]:
        """Rank 0 does it alone, the others after it, when they find in the job's folder what it has made."""
        if not self.main:
            dist.barrier()
        yield
        if self.main:
            dist.barrier()

    def from_main(self, value: Any) -> Any:
        """What rank 0 has, on every rank."""
        box = [value]
        dist.broadcast_object_list(box, src=0, device=self.device if self.device.type == "cuda" else None)
        return box[0]


def start(job: Job, parameters: Parameters, stopping: Stopping) -> Run:
    """Joins the other ranks, by NCCL where there are GPUs and by Gloo otherwise, and seeds all sources of chance.

    Raises:
        UserError: where it was not started by torchrun.
    """
    if "RANK" not in os.environ:
        raise UserError("Start trainers by torchrun: torchrun -m llm_pack_trainers.run JOB_DIR")
    rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    else:
        device = torch.device("cpu")
        _let_cpu_checkpoints_load()
    dist.init_process_group(
        backend="nccl" if device.type == "cuda" else "gloo",
        timeout=datetime.timedelta(seconds=parameters.timeout_seconds),
        device_id=device if device.type == "cuda" else None,
    )
    seed(parameters.seed)
    return Run(job, parameters, rank, world_size, device, stopping, MetricLog(job, rank == 0))


def seed(value: int) -> None:
    """The same chance on all ranks: models made anew are equal."""
    random.seed(value)
    np.random.seed(value)
    torch.manual_seed(value)


def chance() -> dict[str, torch.Tensor]:
    """Where this rank's random numbers stand."""
    state = {"cpu": torch.get_rng_state()}
    return {**state, "cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else state


def set_chance(state: dict[str, torch.Tensor]) -> None:
    """Goes on with the random numbers from there."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def greatest_memory(device: torch.device) -> int:
    """Bytes of the rank that has had the most so far, of its device or its process; all ranks call it together."""
    if device.type == "cuda":
        own = torch.cuda.max_memory_allocated(device)
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        own = peak if sys.platform == "darwin" else peak * 1024
    memory = torch.tensor(own, device=device)
    dist.all_reduce(memory, dist.ReduceOp.MAX)
    return int(memory.item())


def _let_cpu_checkpoints_load() -> None:
    """Ranks on CPUs save tensors as of "cpu:0", which torch 2.11 can not load: it knows only "cpu"."""
    torch.serialization.register_package(
        5,
        lambda storage: None,
        lambda storage, location: storage if location.startswith("cpu:") else None,
    )
