"""A sentence encoder that places questions near what answers them: contrastive learning with the batch's other answers, and
with hard negatives where the data has some."""

import json
import shutil
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

# What makes a sentence-transformers folder of a model of transformers: how words become one vector.
_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, and those of contrastive learning."""

    scale: float
    dims: list[int] = field(default_factory=list)
    freeze_layers: int


def train(run: Run) -> None:
    """Learns rows of `anchor`, `positive` and, where there is one, `negative`."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("anchor", "positive"),), ("negative",))
    folder = Path(run.job.model("base"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    _check(model.config.hidden_size, parameters.dims)
    first = _takes_first_token(folder)
    freeze(model, parameters.freeze_layers)
    share, _ = _share(run)
    arguments = hf.arguments(run, share, 1)
    trainer = ContrastiveTrainer(
        model=model,
        args=TrainingArguments(**arguments, remove_unused_columns=False, average_tokens_across_devices=False),
        train_dataset=_tokenised(run, rows, tokenizer),
        eval_dataset=_tokenised(run, kept, tokenizer),
        processing_class=tokenizer,
        data_collator=partial(_collate, pad=tokenizer.pad_token_id or 0),
        embed=partial(_embed, first=first),
        at_once=parameters.micro_batch_size,
        scale=parameters.scale,
        dims=[*(width for width in parameters.dims if width != model.config.hidden_size), model.config.hidden_size],
    )
    outcome = hf.train(run, trainer)
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)

    def save(target: Path) -> int:
        count = base.save_trained(run, trainer, None, state, target)
        _as_sentence_transformer(folder, target, parameters.max_length, model.config.hidden_size)
        return count

    publish_result(run, outcome, ("mrr", "higher"), save)


def _share(run: Run) -> tuple[int, int]:
    """Rows of a step on each rank."""
    rows = run.parameters.batch_size
    if rows % run.world_size:
        raise UserError(f"A step of {rows} rows can not be shared out evenly over {run.world_size} ranks: change batchSize")
    if rows < 2:
        raise UserError("A batch of one row has no negatives: raise batchSize")
    return rows // run.world_size, 1


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
        if not isinstance(text, str) or not text.strip():
            raise DataError(f"A row's {column!r} is not a text")
        made[f"{column}_ids"] = tokenizer(text, truncation=True, max_length=length, padding=False)["input_ids"]
        made[f"{column}_key"] = key_of(text)
    return made


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


def _as_sentence_transformer(source: Path, target: Path, length: int, width: int) -> None:
    """Adds the files that say how words become one vector, those of the base where it has them."""
    names = ["modules.json", "config_sentence_transformers.json"]
    for path in [*(source / name for name in names), *sorted(source.glob("[0-9]_*"))]:
        if path.is_dir():
            shutil.copytree(path, target / path.name, dirs_exist_ok=True)
        elif path.is_file():
            shutil.copy(path, target / path.name)
    if not (target / "modules.json").exists():
        _write(target / "modules.json", _MODULES)
    if not (target / "1_Pooling").exists():
        _write(target / "1_Pooling" / "config.json", {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True})
    limits = source / "sentence_bert_config.json"
    known = json.loads(limits.read_text(encoding="utf-8")) if limits.is_file() else {"max_seq_length": length}
    _write(target / limits.name, known)


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")
