"""What PyTorch gives of a few texts, left beside a model: whoever builds a graph of it can see that the graph gives the same."""

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from .files import write_json

FILE = "reference.json"
_TEXTS = 16


def leave_reference(
    folder: Path,
    tokenizer: PreTrainedTokenizerBase,
    length: int,
    texts: Iterable[str],
    outputs: Callable[[dict[str, torch.Tensor]], torch.Tensor],
) -> None:
    """Writes `reference.json`, as `{"texts": [...], "outputs": [[...], ...]}`: the first texts that need not be cut; no file where
    there is none.

    Args:
        length: tokens of which more would be cut.
        outputs: what the saved model gives of features, a row for each text.
    """
    some: list[str] = []
    for text in texts:
        if len(tokenizer(text, truncation=True, max_length=length + 1)["input_ids"]) <= length:
            some.append(text)
        if len(some) == _TEXTS:
            break
    if not some:
        return
    features = tokenizer(some, padding=True, truncation=True, max_length=length, return_tensors="pt")
    with torch.no_grad():
        rows = outputs(features).float().cpu().tolist()
    write_json(folder / FILE, {"texts": some, "outputs": rows})
