"""A sentence encoder that places questions near what answers them: contrastive learning with the batch's other answers, and
with hard negatives where the data has some."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase, TrainingArguments

from .. import base, hf
from ..contrastive import ContrastiveTrainer, key_of
from ..data import read_rows
from ..errors import UserError
from ..freezing import freeze
from ..job import Parameters as Common
from ..result import Outcome, publish_result
from ..runtime import Run
from ..sentence_folder import add_head, as_sentence_transformer, copy_base, has_head
from ..sentences import as_text, check_dims, embed, padded, share_of, takes_first_token, vectors_of
from ..vectors import LinearHead, VectorTable, vector_table


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, and those of contrastive learning."""

    scale: float
    dims: list[int] = field(default_factory=list)
    freeze_layers: int
    head: bool
    blend: float


def train(run: Run) -> None:
    """Learns rows of `anchor`, `positive` and, where there is one, `negative`."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("anchor", "positive"),), ("negative",))
    folder = Path(run.job.model("base"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    width = model.config.hidden_size
    check_dims(width, parameters.dims)
    first = takes_first_token(folder)
    if parameters.blend < 1 and parameters.parallel == "fsdp":
        raise UserError("blend needs whole weights on each rank: use ddp")
    if parameters.head:
        _train_head(run, rows, kept, folder, partial(vectors_of, run, model.to(run.device).eval(), tokenizer, first), width)
        return
    freeze(model, parameters.freeze_layers)
    trainer = _trainer(
        run,
        model=model,
        train_dataset=_tokenised(run, rows, tokenizer),
        eval_dataset=_tokenised(run, kept, tokenizer),
        processing_class=tokenizer,
        data_collator=partial(_collate, pad=tokenizer.pad_token_id or 0),
        embed=partial(embed, first=first),
        at_once=parameters.micro_batch_size,
        width=width,
    )
    outcome = _train(run, trainer)
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)

    def save(target: Path) -> int:
        count = base.save_trained(run, trainer, None, state, target)
        as_sentence_transformer(folder, target, parameters.max_length, width)
        return count

    publish_result(run, outcome, ("mrr", "higher"), save)


def _train_head(
    run: Run, rows: Dataset, kept: Dataset | None, folder: Path, embed: Callable[[list[str]], torch.Tensor], width: int
) -> None:
    """A linear layer on the vectors of the base, which are made once."""
    if has_head(folder):
        raise UserError("The base has a layer on its vectors already: train all of it, or begin with one that has none")
    both = [rows] if kept is None else [rows, kept]
    texts = (as_text(text, column) for part in both for column in part.column_names for text in part[column])
    table = vector_table(run, texts, embed)
    trainer = _trainer(
        run,
        model=LinearHead(width),
        train_dataset=_keyed(run, rows),
        eval_dataset=_keyed(run, kept),
        data_collator=partial(_collate_vectors, table=table),
        embed=lambda model, features: torch.nn.functional.normalize(model(features["vectors"]), dim=-1),
        at_once=run.parameters.batch_size,
        width=width,
    )
    outcome = _train(run, trainer)
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)

    def save(target: Path) -> int:
        copy_base(folder, target)
        as_sentence_transformer(folder, target, run.parameters.max_length, width)
        add_head(target, state["linear.weight"])
        return sum(value.numel() for value in AutoModel.from_pretrained(folder).state_dict().values()) + width * width

    publish_result(run, outcome, ("mrr", "higher"), save)


def _trainer(run: Run, *, width: int, **options: Any) -> ContrastiveTrainer:
    parameters = run.parameters
    return ContrastiveTrainer(
        args=TrainingArguments(
            **{**hf.arguments(run, share_of(run), 1), "bf16": run.bf16 and not parameters.head},
            remove_unused_columns=False,
            average_tokens_across_devices=False,
            # They never change, and would be written to between the passes of a step, which its gradients do not bear.
            ddp_broadcast_buffers=False,
        ),
        scale=parameters.scale,
        dims=[*(asked for asked in parameters.dims if asked != width), width],
        **options,
    )


def _train(run: Run, trainer: ContrastiveTrainer) -> Outcome:
    """Trains, and goes back towards the base as far as `blend` says."""
    blend = run.parameters.blend
    begun = {name: value.detach().clone() for name, value in trainer.model.named_parameters()} if blend < 1 else {}
    outcome = hf.train(run, trainer)
    if blend == 1:
        return outcome
    with torch.no_grad():
        for name, value in trainer.accelerator.unwrap_model(trainer.model).named_parameters():
            value.lerp_(begun[name].to(value.device), 1 - blend)
    return replace(outcome, after=hf.evaluate(trainer))




def _tokenised(run: Run, rows: Dataset | None, tokenizer: PreTrainedTokenizerBase) -> Dataset | None:
    if rows is None:
        return None
    with run.main_first():
        work = partial(_tokenise, tokenizer=tokenizer, length=run.parameters.max_length)
        return rows.map(work, remove_columns=rows.column_names)


def _tokenise(row: dict[str, Any], tokenizer: PreTrainedTokenizerBase, length: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column, text in row.items():
        text = as_text(text, column)
        made[f"{column}_ids"] = tokenizer(text, truncation=True, max_length=length, padding=False)["input_ids"]
        made[f"{column}_key"] = key_of(text)
    return made



def _keyed(run: Run, rows: Dataset | None) -> Dataset | None:
    if rows is None:
        return None
    with run.main_first():
        return rows.map(
            lambda row: {f"{column}_key": key_of(text) for column, text in row.items()}, remove_columns=rows.column_names
        )


def _collate_vectors(rows: list[dict[str, int]], table: VectorTable) -> dict[str, Any]:
    columns = [name for name in ("anchor", "positive", "negative") if f"{name}_key" in rows[0]]
    keys = {name: [row[f"{name}_key"] for row in rows] for name in columns}
    return {
        "columns": [{"vectors": table.of(keys[name])} for name in columns],
        "anchor_keys": torch.tensor(keys["anchor"]),
        "candidate_keys": [torch.tensor(keys[name]) for name in columns[1:]],
    }



def _collate(rows: list[dict[str, Any]], pad: int) -> dict[str, Any]:
    columns = [name for name in ("anchor", "positive", "negative") if f"{name}_ids" in rows[0]]
    keys = {name: torch.tensor([row[f"{name}_key"] for row in rows], dtype=torch.int64) for name in columns}
    return {
        "columns": [padded([row[f"{name}_ids"] for row in rows], pad) for name in columns],
        "anchor_keys": keys["anchor"],
        "candidate_keys": [keys[name] for name in columns[1:]],
    }
