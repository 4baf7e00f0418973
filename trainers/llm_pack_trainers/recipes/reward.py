"""A reward model: which of two answers people prefer, by the logistic loss of the difference of their rewards."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from datasets import Dataset
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerBase
from trl import RewardConfig, RewardTrainer

from .. import base, hf
from ..data import read_rows
from ..errors import DataError
from ..job import Lora
from ..job import Parameters as Common
from ..runtime import Run


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, and adapters."""

    lora: Lora | None = None


def train(run: Run) -> None:
    """Learns from whole texts, `chosen` and `rejected`, or from such answers to a `prompt`."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("chosen", "rejected"),), ("prompt",))
    tokenizer = base.load_tokenizer(run.job.model("base"))
    trainer = RewardTrainer(
        model=base.load_model(run, AutoModelForSequenceClassification, parameters.lora, num_labels=1),
        args=RewardConfig(
            **hf.arguments(run, *run.micro_batch(parameters.batch_size)),
            max_length=parameters.max_length,
        ),
        train_dataset=_tokenised(run, rows, tokenizer),
        eval_dataset=_tokenised(run, kept, tokenizer),
        processing_class=tokenizer,
        peft_config=base.adapters(run, parameters.lora, "SEQ_CLS"),
    )
    outcome = hf.train(run, trainer)
    hf.finish(run, trainer, outcome, ("rewardAccuracy", "higher"), parameters.lora)


def _tokenised(run: Run, rows: Dataset | None, tokenizer: PreTrainedTokenizerBase) -> Dataset | None:
    """The last `maxLength` tokens of each text, where the answers are: TRL would leave out every pair that has more."""
    if rows is None:
        return None
    with run.main_first():
        tokenise = partial(_tokenise, tokenizer=tokenizer, length=run.parameters.max_length)
        return rows.map(tokenise, remove_columns=rows.column_names)


def _tokenise(row: dict[str, Any], tokenizer: PreTrainedTokenizerBase, length: int) -> dict[str, list[int]]:
    prompt = row.get("prompt")
    ids = {}
    for side in ("chosen", "rejected"):
        if row[side] is None:
            raise DataError(f"A row has no {side!r} answer")
        text = row[side] if prompt is None else prompt + row[side]
        if isinstance(text, str):
            tokens = [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]
        else:
            tokens = tokenizer.apply_chat_template(text, tokenize=True, return_dict=True)["input_ids"]
        ids[f"{side}_ids"] = tokens[-length:]
    return ids
