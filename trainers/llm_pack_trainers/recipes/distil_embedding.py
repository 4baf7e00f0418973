"""A sentence encoder of fewer layers that gives the vectors of a teacher."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase, TrainingArguments

from .. import base, hf
from ..contrastive import key_of
from ..data import read_rows
from ..errors import DataError, UserError
from ..freezing import freeze
from ..reference import leave_reference
from ..result import publish_result
from ..runtime import Run
from ..sentence_folder import as_sentence_transformer, has_head
from ..sentences import as_text, check_dims, embed, padded, share_of, takes_first_token, vectors_of
from ..similarity import SimilarityTrainer
from ..student import READ, StudentParameters, narrow, take_layers, without_dropout
from ..vectors import VectorTable, vector_table
from ..words import begin_with_words, count_tokens, fit_words


@dataclass(frozen=True, kw_only=True)
class Parameters(StudentParameters):
    """Those of a student, and what counts how much."""

    begin: Literal["words", "layers"]
    vector_weight: float
    similarity_weight: float
    scale: float
    dims: list[int] = field(default_factory=list)


def train(run: Run) -> None:
    """Learns rows of `text` and `vector`; vectors that the data has not are made by the teacher, or by the base as it is."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("text",),), ("vector",))
    folder = Path(run.job.model("base"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if "vector" not in rows.column_names:
        rows, kept = _taught(run, [rows, kept])
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    width = model.config.hidden_size
    check_dims(width, parameters.dims)
    if has_head(folder):
        raise UserError("The base has a layer on its vectors: begin with one that has none")
    if len(rows[0]["vector"]) != width:
        raise UserError(f"The teacher's vectors have {len(rows[0]['vector'])} numbers, and those of the base {width}")
    first = takes_first_token(folder)
    learnt, judged = (_tokenised(run, part, tokenizer, width) for part in (rows, kept))
    take_layers(model, parameters.layers)
    without_dropout(model)
    if parameters.begin == "words" and not first:
        _begin_with_words(run, model, tokenizer, learnt)
    elif parameters.intermediate is not None:
        freeze(model, 0)
        some = [as_text(text, "text") for text in rows[: min(READ, len(rows))]["text"]]
        narrow(model, parameters.intermediate, partial(vectors_of, run, model.to(run.device).eval(), tokenizer, first, some))
    freeze(model, 0)
    trainer = SimilarityTrainer(
        model=model,
        args=TrainingArguments(
            **hf.arguments(run, share_of(run), 1),
            remove_unused_columns=False,
            average_tokens_across_devices=False,
            ddp_broadcast_buffers=False,
        ),
        train_dataset=learnt,
        eval_dataset=judged,
        processing_class=tokenizer,
        data_collator=partial(_collate, pad=tokenizer.pad_token_id or 0),
        embed=partial(embed, first=first),
        at_once=parameters.micro_batch_size,
        scale=parameters.scale,
        dims=[*(asked for asked in parameters.dims if asked != width), width],
        vector_weight=parameters.vector_weight,
        similarity_weight=parameters.similarity_weight,
    )
    outcome = hf.train(run, trainer, [len(ids) for ids in learnt["ids"]])
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)

    def save(target: Path) -> int:
        count = base.save_trained(run, trainer, None, state, target)
        as_sentence_transformer(folder, target, parameters.max_length, width)
        saved = AutoModel.from_pretrained(target, dtype=torch.float32).eval()
        outputs = partial(embed, saved, first=first)
        leave_reference(target, tokenizer, parameters.max_length, rows["text"], outputs)
        return count

    publish_result(run, outcome, ("neighbours", "higher"), save)


def _taught(run: Run, parts: list[Dataset | None]) -> list[Dataset | None]:
    """Adds the column `vector`, each text embedded once in the life of the job."""
    table = _told(run, (as_text(text, "text") for part in parts if part is not None for text in part["text"]))

    def taught(part: Dataset) -> Dataset:
        with run.main_first():
            return part.map(lambda row: {"vector": table.of([key_of(row["text"])])[0].tolist()})

    return [None if part is None else taught(part) for part in parts]


def _told(run: Run, texts: Iterable[str]) -> VectorTable:
    """What the teacher says of texts, or the base as it is where none is named."""
    folder = Path(run.job.models.get("teacher", run.job.model("base")))
    teacher = AutoModel.from_pretrained(folder, dtype=torch.float32).to(run.device).eval()
    vectors = partial(vectors_of, run, teacher, AutoTokenizer.from_pretrained(folder), takes_first_token(folder))
    return vector_table(run, texts, vectors)


def _begin_with_words(run: Run, model: Any, tokenizer: PreTrainedTokenizerBase, learnt: Dataset) -> None:
    """Fits vectors of words once in the life of the job, and has the model begin with them."""
    path = run.job.folder / "words.safetensors"
    alone = [token.removeprefix("##") for token in tokenizer.batch_decode([[at] for at in range(model.config.vocab_size)])]
    table = _told(run, alone)
    if run.main and not path.is_file():
        texts = learnt["ids"]
        taught = normalize(learnt.with_format("torch")[:]["taught"].float(), dim=-1)
        words = fit_words(texts, taught, table.of(key_of(token) for token in alone))
        passing = path.with_suffix(".making")
        save_file({"words": words, "counts": count_tokens(texts, len(words))}, passing)
        passing.replace(path)
    run.barrier()
    held = load_file(path)
    begin_with_words(model, held["words"], held["counts"], run.parameters.intermediate)


def _tokenised(run: Run, rows: Dataset | None, tokenizer: Any, width: int) -> Dataset | None:
    if rows is None:
        return None

    def tokenise(row: dict[str, Any]) -> dict[str, Any]:
        if row["vector"] is None or len(row["vector"]) != width:
            raise DataError(f"A row's 'vector' has not {width} numbers")
        ids = tokenizer(as_text(row["text"], "text"), truncation=True, max_length=run.parameters.max_length)["input_ids"]
        return {"ids": ids, "taught": row["vector"]}

    with run.main_first():
        return rows.map(tokenise, remove_columns=rows.column_names)


def _collate(rows: list[dict[str, Any]], pad: int) -> dict[str, Any]:
    # Their order means nothing here, and what is taken at once is then of about one length.
    rows = sorted(rows, key=lambda row: len(row["ids"]))
    taught = torch.tensor([row["taught"] for row in rows], dtype=torch.float32)
    return {"columns": [padded([row["ids"] for row in rows], pad)], "taught": normalize(taught, dim=-1)}
