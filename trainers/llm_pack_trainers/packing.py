"""Packed sequences: rows of tokens, all of about one length, and how many belong to each piece of a document."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from .errors import DataError
from .runtime import Run

IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """Sequences as tensors of rows by tokens. Positions begin anew with each piece, which keeps documents apart."""

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    labels: torch.Tensor

    @property
    def targets(self) -> int:
        """Tokens that are learnt."""
        return int((self.labels[:, 1:] != IGNORED).sum())


def pack(run: Run, rows: Dataset | None, tokenizer: PreTrainedTokenizerBase) -> Dataset | None:
    """Texts as sequences of `maxLength` tokens, each with the token of its end; what is packed already stays as it is."""
    if rows is None or "input_ids" in rows.column_names:
        return rows
    function = partial(_pack, tokenizer=tokenizer, length=run.parameters.max_length)
    with run.main_first():
        packed = rows.map(function, batched=True, batch_size=1000, remove_columns=rows.column_names)
    if len(packed) == 0:
        raise DataError("All texts are empty")
    return packed


def _pack(rows: dict[str, list[Any]], tokenizer: PreTrainedTokenizerBase, length: int) -> dict[str, list[list[int]]]:
    packed: dict[str, list[list[int]]] = {"input_ids": [], "seq_lengths": []}
    tokens: list[int] = []
    pieces: list[int] = []

    def close() -> None:
        packed["input_ids"].append(tokens.copy())
        packed["seq_lengths"].append(pieces.copy())
        tokens.clear()
        pieces.clear()

    texts = [text for text in rows["text"] if text]
    for ids in tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []:
        left = [*ids, tokenizer.eos_token_id]
        while left:
            piece, left = left[: length - len(tokens)], left[length - len(tokens) :]
            tokens += piece
            pieces.append(len(piece))
            if len(tokens) == length:
                close()
    if tokens:
        close()
    return packed


def collate(rows: list[dict[str, Any]], pad: int, device: torch.device) -> Batch:
    """Rows as one batch, padded to the longest of them."""
    width = max(len(row["input_ids"]) for row in rows)
    input_ids = torch.full((len(rows), width), pad)
    position_ids = torch.zeros((len(rows), width), dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORED)
    for at, row in enumerate(rows):
        tokens = torch.tensor(row["input_ids"])
        lengths = row.get("seq_lengths") or [len(tokens)]
        used = sum(lengths)
        positions = torch.cat([torch.arange(length) for length in lengths])
        input_ids[at, :used] = tokens[:used]
        position_ids[at, :used] = positions
        # Padding is a piece of its own, so that it is apart from the last document.
        position_ids[at, used:] = torch.arange(width - used)
        # The first token of a piece would be guessed from another document.
        labels[at, :used] = torch.where(positions == 0, IGNORED, tokens[:used])
    return Batch(input_ids.to(device), position_ids.to(device), labels.to(device))


def check_tokens(rows: Dataset, vocabulary: int, length: int) -> None:
    """That packed rows are of the model's tokenizer and of the length that was planned for, as far as a look at some can say.

    Raises:
        DataError: where there is a token that the model does not have, or a longer sequence.
    """
    for row in rows.select(range(min(len(rows), 100))):
        if len(row["input_ids"]) > length:
            raise DataError(f"A sequence has {len(row['input_ids'])} tokens, and maxLength is {length}: set it to that")
        if row["input_ids"] and max(row["input_ids"]) >= vocabulary:
            raise DataError(f"input_ids has the token {max(row['input_ids'])}, and the model has {vocabulary} tokens")
