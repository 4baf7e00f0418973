"""A dense model as a mixture of experts that says the same: each expert begins as a copy of the feed-forward layer.

Komatsuzaki et al., "Sparse Upcycling" (2023). The routers begin at small noise: with equal experts whose weights sum to 1
the output is the dense one, and the noise is what lets them grow apart.
"""

import torch
from transformers import AutoModelForCausalLM, MixtralConfig, PreTrainedConfig, PreTrainedModel, Qwen3MoeConfig

from .errors import UserError

# What the configurations of a family have in common, and not their names for the classes.
_OWN = {"model_type", "architectures", "transformers_version", "layer_types", "dtype", "_name_or_path"}
_MIXTRAL_BASES = {"llama", "mistral"}


def is_dense(config: PreTrainedConfig) -> bool:
    """Whether a model has no experts."""
    return not hasattr(config, "router_aux_loss_coef")


def upcycle(dense: PreTrainedModel, experts: int, chosen: int, noise: float) -> PreTrainedModel:
    """A mixture of experts of a dense model: Llama and Mistral become Mixtral, Qwen3 becomes Qwen3-MoE.

    Args:
        chosen: experts for each token.
        noise: standard deviation of the routers' weights.

    Raises:
        UserError: for other models.
    """
    model = AutoModelForCausalLM.from_config(_config(dense.config, experts, chosen), dtype=dense.dtype)
    weights = dense.state_dict()
    for name in [name for name in weights if ".mlp." in name]:
        del weights[name]
    for at, layer in enumerate(dense.model.layers):
        gate_up = torch.cat([layer.mlp.gate_proj.weight, layer.mlp.up_proj.weight])
        into = f"model.layers.{at}.mlp"
        weights[f"{into}.experts.gate_up_proj"] = gate_up.expand(experts, -1, -1).clone()
        weights[f"{into}.experts.down_proj"] = layer.mlp.down_proj.weight.expand(experts, -1, -1).clone()
        weights[f"{into}.gate.weight"] = torch.randn(experts, dense.config.hidden_size, dtype=dense.dtype) * noise
    model.load_state_dict(weights)
    model.tie_weights()
    return model


def _config(dense: PreTrainedConfig, experts: int, chosen: int) -> PreTrainedConfig:
    options = {name: value for name, value in dense.to_dict().items() if name not in _OWN}
    if options.get("attention_bias") or options.get("mlp_bias"):
        raise UserError("A base whose layers have biases can not become a mixture of experts")
    if dense.model_type in _MIXTRAL_BASES:
        options.setdefault("sliding_window", None)
        return MixtralConfig(**options, num_local_experts=experts, num_experts_per_tok=chosen)
    if dense.model_type == "qwen3":
        return Qwen3MoeConfig(
            **options,
            num_experts=experts,
            num_experts_per_tok=chosen,
            moe_intermediate_size=dense.intermediate_size,
            norm_topk_prob=True,
        )
    raise UserError(f"A {dense.model_type} can not become a mixture of experts: Llama, Mistral and Qwen3 can")
