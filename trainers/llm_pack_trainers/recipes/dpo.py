"""Direct preference optimisation: the answer that people prefer becomes the likelier one, held near the base."""

from dataclasses import dataclass
from typing import Literal

from transformers import AutoModelForCausalLM
from trl import DPOConfig, DPOTrainer

from .. import base, hf
from ..data import read_rows
from ..job import Lora
from ..job import Parameters as Common
from ..runtime import Run


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, adapters, and how far it may go from the base."""

    lora: Lora | None = None
    beta: float
    loss: Literal["sigmoid", "ipo", "hinge", "robust"]


def train(run: Run) -> None:
    """Learns from answers to a `prompt`, or from whole texts, whose common beginning is taken for the prompt."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("prompt", "chosen", "rejected"), ("chosen", "rejected")))
    trainer = DPOTrainer(
        model=base.load_model(run, AutoModelForCausalLM, parameters.lora),
        args=DPOConfig(
            **hf.arguments(run, *run.micro_batch(parameters.batch_size)),
            max_length=parameters.max_length,
            # The answers are at the end.
            truncation_mode="keep_end",
            beta=parameters.beta,
            loss_type=[parameters.loss],
        ),
        train_dataset=rows,
        eval_dataset=kept,
        processing_class=base.load_tokenizer(run.job.model("base")),
        peft_config=base.adapters(run, parameters.lora, "CAUSAL_LM"),
    )
    outcome = hf.train(run, trainer)
    hf.finish(run, trainer, outcome, ("loss", "lower"), parameters.lora)
