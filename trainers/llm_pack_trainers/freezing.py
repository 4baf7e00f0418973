"""Layers that stay as they are."""

import re

from torch import nn

from .errors import UserError

_LAYER = re.compile(r"(?:^|\.)(?:layers?|h|block)\.(\d+)\.")


def freeze(model: nn.Module, layers: int) -> None:
    """Keeps the embeddings and the lowest layers of an encoder, and a pooler that no loss sees, from being trained.

    Args:
        layers: how many; of 0 the embeddings are trained, too.

    Raises:
        UserError: where it has not so many, or would have none left.
    """
    numbered = {name: int(found[1]) for name, _ in model.named_parameters() if (found := _LAYER.search(name))}
    count = len(set(numbered.values()))
    if layers >= count:
        raise UserError(f"freezeLayers is {layers}, and the base has {count} layers")
    for name, parameter in model.named_parameters():
        low = numbered[name] < layers if name in numbered else layers > 0
        # Ranks would wait for gradients that never come.
        if low or name.startswith("pooler."):
            parameter.requires_grad_(False)
