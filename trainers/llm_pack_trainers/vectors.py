"""Vectors of a base, made once for each text of a job, and a linear layer on them."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from .contrastive import key_of
from .runtime import Run

_AT_ONCE = 32
# What a crash costs at most.
_KEEP_SECONDS = 60
FILE = "vectors.safetensors"


class LinearHead(nn.Module):
    """A square layer without a bias that begins as the identity: what nothing was learnt of stays as it was."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.linear.weight)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return self.linear(vectors)


class VectorTable:
    """The vector of each text, by the text's key."""

    def __init__(self, keys: torch.Tensor, vectors: torch.Tensor) -> None:
        self._places = {key: at for at, key in enumerate(keys.tolist())}
        self._vectors = vectors

    def of(self, keys: Iterable[int]) -> torch.Tensor:
        return self._vectors[[self._places[key] for key in keys]]


def vector_table(run: Run, texts: Iterable[str], embed: Callable[[list[str]], torch.Tensor]) -> VectorTable:
    """Embeds what `vectors.safetensors` in the job's folder does not hold yet: a later attempt makes none anew.

    Args:
        embed: called on rank 0 alone.
    """
    path = run.job.folder / FILE
    if run.main:
        _complete(path, {key_of(text): text for text in texts}, embed)
    run.barrier()
    held = load_file(path)
    return VectorTable(held["keys"], held["vectors"])


def _complete(path: Path, texts: dict[int, str], embed: Callable[[list[str]], torch.Tensor]) -> None:
    held = load_file(path) if path.is_file() else {}
    keys = held.get("keys", torch.empty(0, dtype=torch.int64)).tolist()
    vectors = [held["vectors"]] if held else []
    known = set(keys)
    # Texts of about one length together, so that little is padded.
    missing = sorted((key for key in texts if key not in known), key=lambda key: len(texts[key]))
    kept = time.monotonic()
    for at in range(0, len(missing), _AT_ONCE):
        some = missing[at : at + _AT_ONCE]
        vectors.append(embed([texts[key] for key in some]).float().cpu())
        keys.extend(some)
        if at + _AT_ONCE >= len(missing) or time.monotonic() - kept > _KEEP_SECONDS:
            vectors = [torch.cat(vectors)]
            passing = path.with_suffix(".making")
            save_file({"keys": torch.tensor(keys), "vectors": vectors[0]}, passing)
            passing.replace(path)
            kept = time.monotonic()
