"""Sentence encoders as the recipes take them: texts to tokens to vectors."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from .contrastive import Features, pool
from .errors import DataError, UserError
from .runtime import Run


def share_of(run: Run) -> int:
    """Rows of a step on each rank: all at once, for each is a negative of the others.

    Raises:
        UserError: where they can not be shared out evenly, or there are no others.
    """
    rows = run.parameters.batch_size
    if rows % run.world_size:
        raise UserError(f"A step of {rows} rows can not be shared out evenly over {run.world_size} ranks: change batchSize")
    if rows < 2:
        raise UserError("A batch of one row has no negatives: raise batchSize")
    return rows // run.world_size


def check_dims(width: int, dims: list[int]) -> None:
    """Raises UserError where a shorter vector is to be longer than the whole one."""
    for asked in dims:
        if asked > width:
            raise UserError(f"dims has {asked}, and the base's vectors are of {width}")


def as_text(text: Any, column: str) -> str:
    """The text itself. Raises DataError where it is none, or an empty one."""
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"A row's {column!r} is not a text")
    return text


def vectors_of(run: Run, model: Any, tokenizer: PreTrainedTokenizerBase, first: bool, texts: list[str]) -> torch.Tensor:
    """Of some texts by the base, as nothing is learnt of it."""
    length = run.parameters.max_length
    features = tokenizer(texts, truncation=True, max_length=length, padding=True, return_tensors="pt").to(run.device)
    with torch.no_grad(), torch.autocast(run.device.type, torch.bfloat16, enabled=run.bf16):
        return embed(model, features, first)


def padded(sequences: list[list[int]], pad: int) -> Features:
    """Token numbers of several texts as one tensor, and which of them are tokens."""
    longest = max(len(sequence) for sequence in sequences)
    ids = [sequence + [pad] * (longest - len(sequence)) for sequence in sequences]
    mask = [[1] * len(sequence) + [0] * (longest - len(sequence)) for sequence in sequences]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


def embed(model: Any, features: Features, first: bool) -> torch.Tensor:
    """A vector of length 1 for each text; `first`: of its first token."""
    features = {name: features[name] for name in ("input_ids", "attention_mask")}
    return pool(model(**features).last_hidden_state, features["attention_mask"], first)


def takes_first_token(folder: Path) -> bool:
    """How the base pools, by its sentence-transformers configuration: the mean where it has none."""
    path = folder / "1_Pooling" / "config.json"
    if not path.is_file():
        return False
    said = json.loads(path.read_text(encoding="utf-8"))
    mode = said.get("pooling_mode")
    if said.get("pooling_mode_cls_token") or mode == "cls":
        return True
    if said.get("pooling_mode_mean_tokens", mode in (None, "mean")):
        return False
    raise UserError(f"The base pools in another way than by mean or first token: {path}")
