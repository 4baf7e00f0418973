"""A student that begins as a part of its base: some of its layers, and of each those neurons that texts move most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel

from .errors import UserError
from .job import Parameters

# Texts by which it is seen which neurons matter.
READ = 128


@dataclass(frozen=True, kw_only=True)
class StudentParameters(Parameters):
    """Those of all recipes, and the student's measures."""

    layers: list[int] | None = None
    intermediate: int | None = None


def take_layers(encoder: PreTrainedModel, wanted: Sequence[int] | None) -> list[int]:
    """Keeps these layers of an encoder, in the order of their numbers, and says which.

    Args:
        wanted: numbers from 0; None for every second layer, the last one among them.

    Raises:
        UserError: where the model has no such layer, or its layers are not where those of BERT's kind are.
    """
    layers = bert_layers(encoder)
    chosen = sorted(set(wanted)) if wanted is not None else list(range(1 - len(layers) % 2, len(layers), 2))
    if chosen[-1] >= len(layers):
        raise UserError(f"layers has {chosen[-1]}, and the base has {len(layers)} layers, of which the first is 0")
    encoder.encoder.layer = nn.ModuleList(layers[at] for at in chosen)
    encoder.config.num_hidden_layers = len(chosen)
    return chosen


def narrow(encoder: PreTrainedModel, width: int, read: Callable[[], None]) -> None:
    """Keeps so many neurons of each feed-forward layer: those that give most to the layer's output, which is how large they are
    on average times the norm of the weights that lead on from them.

    Args:
        read: lets the encoder read some texts.

    Raises:
        UserError: where it has fewer already, or its layers are not as BERT's are.
    """
    layers = bert_layers(encoder)
    if not all(hasattr(layer, "intermediate") and isinstance(layer.output.dense, nn.Linear) for layer in layers):
        raise UserError(f"The feed-forward layers of {type(encoder).__name__} can not be made narrower: leave intermediate out")
    if width > encoder.config.intermediate_size:
        raise UserError(f"intermediate is {width}, and the base's feed-forward layers are {encoder.config.intermediate_size} wide")
    with _activity(layers) as sizes:
        read()
    for layer, size in zip(layers, sizes, strict=True):
        into, out = layer.intermediate.dense, layer.output.dense
        kept = (size * out.weight.norm(dim=0)).topk(width).indices.sort().values
        layer.intermediate.dense = _linear(into.weight[kept], into.bias[kept])
        layer.output.dense = _linear(out.weight[:, kept], out.bias)
    encoder.config.intermediate_size = width


def without_dropout(encoder: PreTrainedModel) -> None:
    """Lets nothing be left out while it learns: a teacher's vector is one exact answer of the whole text, and a student that is too
    small for it has nothing to be kept from learning by heart (Beyer et al., "Knowledge distillation: A good teacher is patient and
    consistent", 2022, for teachers and students that see the same)."""
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


class _activity:
    """How large each neuron of the feed-forward layers is on average, over what is read within."""

    def __init__(self, layers: nn.ModuleList) -> None:
        self._layers = layers
        self._sums = [torch.zeros(layer.intermediate.dense.out_features) for layer in layers]

    def __enter__(self) -> list[torch.Tensor]:
        self._hooks = [
            layer.intermediate.register_forward_hook(self._adding(at)) for at, layer in enumerate(self._layers)
        ]
        return self._sums

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _adding(self, at: int) -> Callable[..., None]:
        def add(_: nn.Module, __: object, output: torch.Tensor) -> None:
            self._sums[at] += output.detach().abs().flatten(0, -2).sum(0).float().cpu()

        return add


def bert_layers(encoder: PreTrainedModel) -> nn.ModuleList:
    """Its layers.

    Raises:
        UserError: where they are not where those of BERT's kind are.
    """
    layers = getattr(getattr(encoder, "encoder", None), "layer", None)
    if not isinstance(layers, nn.ModuleList):
        raise UserError(f"{type(encoder).__name__} keeps its layers elsewhere than BERT and its kind: it can not be made shorter")
    return layers


def _linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    made = nn.Linear(weight.shape[1], weight.shape[0])
    made.weight = nn.Parameter(weight.detach().clone())
    made.bias = nn.Parameter(bias.detach().clone())
    return made
