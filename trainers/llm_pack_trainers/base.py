"""Base models, their tokenizers and adapters."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from .errors import UserError
from .job import Lora
from .runtime import Run


def load_tokenizer(folder: str) -> PreTrainedTokenizerBase:
    """With a token for padding, which many bases do without."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if tokenizer.eos_token is None:
        raise UserError(f"The tokenizer in {folder} has no token for the end of a text")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(run: Run, kind: Any, lora: Lora | None, **options: Any) -> PreTrainedModel:
    """The base of the job.

    Weights that are trained are kept in 32 bits, those below adapters as they will be used.

    Args:
        kind: one of transformers' Auto classes.

    Raises:
        UserError: where 4 bits are asked for and there is no GPU, or no bitsandbytes.
    """
    folder = run.job.model("base")
    options["dtype"] = torch.bfloat16 if lora is not None and run.bf16 else torch.float32
    if lora is not None and lora.quantised:
        options["quantization_config"] = _four_bits(run)
        options["device_map"] = {"": run.device.index}
    return kind.from_pretrained(folder, **options)


def _four_bits(run: Run) -> Any:
    if run.device.type != "cuda":
        raise UserError("lora.quantised (QLoRA) needs a GPU")
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise UserError("lora.quantised (QLoRA) needs the package bitsandbytes") from error
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def adapters(run: Run, lora: Lora | None, task: str) -> Any:
    """PEFT's configuration, or None for whole weights.

    Args:
        task: `CAUSAL_LM` or `SEQ_CLS`, whose head is trained too.

    Raises:
        UserError: with sharded parameters, of which the adapters could not be merged.
    """
    if lora is None:
        return None
    if run.parameters.parallel == "fsdp":
        raise UserError("lora goes with ddp: adapters of sharded parameters can not be merged")
    from peft import LoraConfig

    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        task_type=task,
    )


def save_trained(run: Run, trainer: Any, lora: Lora | None, state: dict[str, Any], folder: Path) -> int:
    """Writes a trainer's model in the number format that its base has, and the tokenizer.

    Returns:
        the number of its parameters.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    base = AutoConfig.from_pretrained(run.job.model("base"))
    dtype = base.dtype or torch.float32
    if lora is None:
        model.config.dtype = dtype
        model.save_pretrained(folder, state_dict={name: _as(value, dtype) for name, value in state.items()})
    elif lora.result == "adapter":
        model.save_pretrained(folder)
        base.save_pretrained(folder)
    else:
        model = model.merge_and_unload()
        model.to(dtype).save_pretrained(folder)
    trainer.processing_class.save_pretrained(folder)
    return model.num_parameters()


def _as(value: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return value.to(dtype) if value.is_floating_point() else value
