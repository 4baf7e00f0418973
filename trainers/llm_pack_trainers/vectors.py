"""Vectors of a base, made once for each text of a job, and a linear layer on them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from .contrastive import key_of
from .runtime import Run

_AT_ONCE = 32
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
    keys = held.get("keys", torch.empty(0, dtype=torch.int64))
    known = set(keys.tolist())
    # Texts of about one length together, so that little is padded.
    missing = sorted((key for key in texts if key not in known), key=lambda key: len(texts[key]))
    made = [embed([texts[key] for key in missing[at : at + _AT_ONCE]]) for at in range(0, len(missing), _AT_ONCE)]
    if not made:
        return
    passing = path.with_suffix(".making")
    vectors = torch.cat([*([held["vectors"]] if held else []), *made]).float().cpu().contiguous()
    save_file({"keys": torch.cat([keys, torch.tensor(missing)]), "vectors": vectors}, passing)
    passing.replace(path)
