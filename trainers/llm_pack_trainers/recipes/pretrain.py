"""Pre-training of a causal language model: from nothing, with an architecture of parameters, or on from a base."""

from dataclasses import dataclass

from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from ..errors import UserError
from ..job import Parameters as Common
from ..runtime import Run
from ..scratch import Architecture, read_sequences, train_and_publish


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, and the architecture of a new model."""

    architecture: Architecture | None = None


def train(run: Run) -> None:
    """Learns texts, or the sequences of `buildFeatures`."""
    parameters = run.parameters
    made = parameters.architecture
    if made is None and "base" not in run.job.models:
        raise UserError("Name a base, or an architecture for a new model")
    tokenizer, rows, kept = read_sequences(run, made.vocabulary if made else 0)
    if "base" in run.job.models:
        model = AutoModelForCausalLM.from_pretrained(run.job.model("base"))
    else:
        model = LlamaForCausalLM(LlamaConfig(**made.options(tokenizer, parameters.max_length)))
    train_and_publish(run, model, tokenizer, rows, kept)
