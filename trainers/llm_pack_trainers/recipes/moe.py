"""Mixtures of experts: from nothing, or a dense base whose feed-forward layers become the experts."""

from dataclasses import dataclass
from typing import Literal

from transformers import AutoConfig, AutoModelForCausalLM, MixtralConfig, Qwen3MoeConfig

from ..errors import UserError
from ..job import Parameters as Common
from ..runtime import Run
from ..scratch import Architecture, read_sequences, train_and_publish
from ..upcycle import is_dense, upcycle


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, the experts, and the architecture of a new model."""

    architecture: Architecture | None = None
    family: Literal["mixtral", "qwen3"]
    experts: int
    experts_per_token: int
    balance_weight: float
    router_noise: float


def train(run: Run) -> None:
    """Learns texts, or the sequences of `buildFeatures`; how evenly the experts are used is measured with each step."""
    parameters = run.parameters
    made = parameters.architecture
    if parameters.experts_per_token > parameters.experts:
        raise UserError(f"expertsPerToken is {parameters.experts_per_token}, and there are {parameters.experts} experts")
    if made is None and "base" not in run.job.models:
        raise UserError("Name a base to make experts of, or an architecture for a new model")
    tokenizer, rows, kept = read_sequences(run, made.vocabulary if made else 0)
    if "base" in run.job.models:
        model = AutoModelForCausalLM.from_pretrained(run.job.model("base"))
        if is_dense(model.config):
            model = upcycle(model, parameters.experts, parameters.experts_per_token, parameters.router_noise)
    else:
        model = AutoModelForCausalLM.from_config(_config(parameters, made.options(tokenizer, parameters.max_length)))
    if not hasattr(model.config, "router_aux_loss_coef"):
        raise UserError(f"{type(model).__name__} is neither a mixture of experts nor can it become one")
    model.config.router_aux_loss_coef = parameters.balance_weight
    train_and_publish(run, model, tokenizer, rows, kept)


def _config(parameters: Parameters, options: dict) -> AutoConfig:
    chosen = {"num_experts_per_tok": parameters.experts_per_token}
    if parameters.family == "mixtral":
        return MixtralConfig(**options, **chosen, num_local_experts=parameters.experts, sliding_window=None)
    return Qwen3MoeConfig(
        **options,
        **chosen,
        num_experts=parameters.experts,
        moe_intermediate_size=options["intermediate_size"],
        head_dim=options["hidden_size"] // options["num_attention_heads"],
        norm_topk_prob=True,
    )
