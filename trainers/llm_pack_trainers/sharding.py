"""A model over the ranks, by DDP or FSDP2, and its checkpoints, which any number of ranks and either way can load."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_state_dict,
    set_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.nn.parallel import DistributedDataParallel
from transformers import PreTrainedModel

from .runtime import Run


def spread(run: Run, model: PreTrainedModel) -> nn.Module:
    """The model as it is trained: whole on each rank, or in shards, layer by layer."""
    model.to(run.device)
    if run.parameters.parallel == "ddp":
        return DistributedDataParallel(model, device_ids=[run.device.index] if run.device.type == "cuda" else None)
    mesh = init_device_mesh(run.device.type, (run.world_size,))
    policy = MixedPrecisionPolicy()
    if run.bf16:
        policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    for layer in model.model.layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    return fully_shard(model, mesh=mesh, mp_policy=policy)


@contextlib.contextmanager
def accumulating(model: nn.Module, last: bool) -> Iterator[None]:
    """Gradients are summed over the ranks with the last part of a step only."""
    if isinstance(model, FSDPModule):
        model.set_requires_gradient_sync(last)
        yield
    elif last:
        yield
    else:
        with model.no_sync():
            yield


def clip(model: nn.Module, most: float) -> float:
    """Clips the gradient and says what its norm was, over all ranks."""
    norm = nn.utils.clip_grad_norm_(model.parameters(), most)
    return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)


def save(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Every rank writes its share."""
    weights, state = get_state_dict(model, optimizer)
    dcp.save({"model": weights, "optimizer": state}, checkpoint_id=str(folder))


def load(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Every rank reads its share of what some number of ranks has written."""
    weights, state = get_state_dict(model, optimizer)
    saved: dict[str, Any] = {"model": weights, "optimizer": state}
    dcp.load(saved, checkpoint_id=str(folder))
    set_state_dict(model, optimizer, model_state_dict=saved["model"], optim_state_dict=saved["optimizer"])


def whole_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """All weights, on the CPU of rank 0; all ranks call it together."""
    return get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
