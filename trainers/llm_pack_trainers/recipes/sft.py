"""Supervised fine-tuning of a causal language model, of all weights or of adapters."""

from dataclasses import dataclass

from datasets import Dataset
from transformers import AutoModelForCausalLM
from trl import SFTConfig, SFTTrainer

from .. import base, hf
from ..data import read_rows
from ..errors import UserError
from ..job import Lora
from ..job import Parameters as Common
from ..runtime import Run


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, adapters, and what is learnt of."""

    lora: Lora | None = None
    packing: bool
    completion_only: bool


def train(run: Run) -> None:
    """Learns texts, completions of prompts, or the assistant's turns of dialogues."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("messages",), ("prompt", "completion"), ("text",)))
    tokenizer = base.load_tokenizer(run.job.model("base"))
    if "messages" in rows.column_names and tokenizer.chat_template is None:
        raise UserError("The base has no chat template, which messages need; map prompt and completion, or text")
    by_turn = "messages" in rows.column_names and parameters.completion_only
    marked = by_turn and "generation %}" in tokenizer.chat_template
    if by_turn and not marked:
        rows, kept = _last_turns(rows), _last_turns(kept)
    trainer = SFTTrainer(
        model=base.load_model(run, AutoModelForCausalLM, parameters.lora),
        args=SFTConfig(
            **hf.arguments(run, *run.micro_batch(parameters.batch_size)),
            max_length=parameters.max_length,
            packing=parameters.packing,
            eval_packing=False,
            completion_only_loss=parameters.completion_only if "prompt" in rows.column_names else None,
            assistant_only_loss=marked,
        ),
        train_dataset=rows,
        eval_dataset=kept,
        processing_class=tokenizer,
        peft_config=base.adapters(run, parameters.lora, "CAUSAL_LM"),
    )
    outcome = hf.train(run, trainer)
    hf.finish(run, trainer, outcome, ("loss", "lower"), parameters.lora)


def _last_turns(rows: Dataset | None) -> Dataset | None:
    """The last answer of each dialogue as a completion, for chat templates that do not say where answers are."""
    if rows is None:
        return None
    return rows.map(
        lambda row: {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]},
        remove_columns=["messages"],
    )
