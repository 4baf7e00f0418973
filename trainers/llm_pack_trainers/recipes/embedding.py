"""A sentence encoder that places questions near what answers them: contrastive learning with the batch's other answers, and
with hard negatives where the data has some."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase, TrainingArguments

from .. import base, hf
from ..contrastive import ContrastiveTrainer, Features, key_of, pool
from ..data import read_rows
from ..errors import DataError, UserError
from ..freezing import freeze
from ..job import Parameters as Common
from ..result import publish_result
from ..runtime import Run
from ..sentence_folder import add_head, as_sentence_transformer, copy_base, has_head
from ..vectors import LinearHead, VectorTable, vector_table


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, and those of contrastive learning."""

    scale: float
    dims: list[int] = field(default_factory=list)
    freeze_layers: int
    head: bool


def train(run: Run) -> None:
    """Learns rows of `anchor`, `positive` and, where there is one, `negative`."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("anchor", "positive"),), ("negative",))
    folder = Path(run.job.model("base"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    width = model.config.hidden_size
    _check(width, parameters.dims)
    first = _takes_first_token(folder)
    if parameters.head:
        _train_head(run, rows, kept, folder, partial(_vectors, run, model.to(run.device).eval(), tokenizer, first), width)
        return
    freeze(model, parameters.freeze_layers)
    trainer = _trainer(
        run,
        model=model,
        train_dataset=_tokenised(run, rows, tokenizer),
        eval_dataset=_tokenised(run, kept, tokenizer),
        processing_class=tokenizer,
        data_collator=partial(_collate, pad=tokenizer.pad_token_id or 0),
        embed=partial(_embed, first=first),
        at_once=parameters.micro_batch_size,
        width=width,
    )
    outcome = hf.train(run, trainer)
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
    texts = (_text(text, column) for part in both for column in part.column_names for text in part[column])
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
    outcome = hf.train(run, trainer)
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
            **{**hf.arguments(run, _share(run), 1), "bf16": run.bf16 and not parameters.head},
            remove_unused_columns=False,
            average_tokens_across_devices=False,
            # They never change, and would be written to between the passes of a step, which its gradients do not bear.
            ddp_broadcast_buffers=False,
        ),
        scale=parameters.scale,
        dims=[*(asked for asked in parameters.dims if asked != width), width],
        **options,
    )


def _share(run: Run) -> int:
    """Rows of a step on each rank: all at once, for each is a negative of the others.

    Raises:
        UserError: where they can not be shared out evenly, or there are no others.
    """
    rows = run.parameters.batch_size
    if rows % run.world_size:
        raise UserError(f"A step of {rows} rows can not be shared out evenly over {run.world_size} ranks: change batchSize")
    if rows < 2:
        raise UserError("A batch of one row has no negatives: raise batchSize")
    return rows // run.world_size


def _check(width: int, dims: list[int]) -> None:
    for asked in dims:
        if asked > width:
            raise UserError(f"dims has {asked}, and the base's vectors are of {width}")


def _tokenised(run: Run, rows: Dataset | None, tokenizer: PreTrainedTokenizerBase) -> Dataset | None:
    if rows is None:
        return None
    with run.main_first():
        work = partial(_tokenise, tokenizer=tokenizer, length=run.parameters.max_length)
        return rows.map(work, remove_columns=rows.column_names)


def _tokenise(row: dict[str, Any], tokenizer: PreTrainedTokenizerBase, length: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column, text in row.items():
        text = _text(text, column)
        made[f"{column}_ids"] = tokenizer(text, truncation=True, max_length=length, padding=False)["input_ids"]
        made[f"{column}_key"] = key_of(text)
    return made


def _text(text: Any, column: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"A row's {column!r} is not a text")
    return text


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


def _vectors(run: Run, model: Any, tokenizer: PreTrainedTokenizerBase, first: bool, texts: list[str]) -> torch.Tensor:
    """Of some texts by the base, as nothing is learnt of it."""
    length = run.parameters.max_length
    features = tokenizer(texts, truncation=True, max_length=length, padding=True, return_tensors="pt").to(run.device)
    with torch.no_grad(), torch.autocast(run.device.type, torch.bfloat16, enabled=run.bf16):
        return _embed(model, features, first)


def _collate(rows: list[dict[str, Any]], pad: int) -> dict[str, Any]:
    columns = [name for name in ("anchor", "positive", "negative") if f"{name}_ids" in rows[0]]
    keys = {name: torch.tensor([row[f"{name}_key"] for row in rows], dtype=torch.int64) for name in columns}
    return {
        "columns": [_padded([row[f"{name}_ids"] for row in rows], pad) for name in columns],
        "anchor_keys": keys["anchor"],
        "candidate_keys": [keys[name] for name in columns[1:]],
    }


def _padded(sequences: list[list[int]], pad: int) -> Features:
    longest = max(len(sequence) for sequence in sequences)
    ids = [sequence + [pad] * (longest - len(sequence)) for sequence in sequences]
    mask = [[1] * len(sequence) + [0] * (longest - len(sequence)) for sequence in sequences]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


def _embed(model: Any, features: Features, first: bool) -> torch.Tensor:
    features = {name: features[name] for name in ("input_ids", "attention_mask")}
    return pool(model(**features).last_hidden_state, features["attention_mask"], first)


def _takes_first_token(folder: Path) -> bool:
    """How the base pools, by its sentence-transformers configuration: the mean where it has none."""
    path = folder / "1_Pooling" / "config.json"
    if not path.is_file():
        return False
    said = json.loads(path.read_text(encoding="utf-8"))
    mode = said.get("pooling_mode")
    if said.get("pooling_mode_cls_token") or mode == "cls":
        return True
    if said.get("pooling_mode_mean_tokens", mode in (None, "mean")):
        return False
    raise UserError(f"The base pools in another way than by mean or first token: {path}")
