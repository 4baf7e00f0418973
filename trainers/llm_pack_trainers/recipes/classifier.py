"""A head on an encoder: classes of a text, for guards; or one score of a text with a second one, for ranking again."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from datasets import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
)

from .. import hf
from ..data import read_rows
from ..errors import DataError, UserError
from ..freezing import freeze
from ..job import Parameters as Common
from ..runtime import Run

Label = str | int | float | bool
# More would be a regression, or a column that is none of classes.
_CLASSES_MOST = 1_000


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, and what the head says."""

    head: Literal["classes", "score"]
    freeze_layers: int


def train(run: Run) -> None:
    """Learns rows of `text` and `label`; with a column `pair` the two texts are read together."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("text", "label"),), ("pair",))
    folder = run.job.model("base")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    labels = None if parameters.head == "score" else _labels(run, rows, kept)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, **_head(labels))
    _freeze(model, parameters.freeze_layers)
    micro, accumulated = run.micro_batch(parameters.batch_size)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(**hf.arguments(run, micro, accumulated)),
        train_dataset=_tokenised(run, rows, tokenizer, labels),
        eval_dataset=_tokenised(run, kept, tokenizer, labels),
        processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_loss_func=_score_loss if labels is None else None,
        compute_metrics=_separation if labels is None else _accuracy,
        # Logits of the loss alone; other outputs are not of one length.
        preprocess_logits_for_metrics=lambda logits, _: logits,
    )
    outcome = hf.train(run, trainer)
    hf.finish(run, trainer, outcome, ("separation" if labels is None else "accuracy", "higher"))


def _labels(run: Run, rows: Dataset, kept: Dataset | None) -> dict[Label, int]:
    """The classes, in an order that only their names decide."""
    found = set(rows["label"]) | (set(kept["label"]) if kept is not None else set())
    if None in found:
        raise DataError("A row has no 'label'")
    if not 2 <= len(found) <= _CLASSES_MOST:
        raise DataError(f"The column 'label' has {len(found)} different values; classes are 2 to {_CLASSES_MOST}")
    return {label: number for number, label in enumerate(sorted(found, key=str))}


def _head(labels: dict[Label, int] | None) -> dict[str, Any]:
    if labels is None:
        return {"num_labels": 1}
    return {
        "num_labels": len(labels),
        "id2label": {number: str(label) for label, number in labels.items()},
        "label2id": {str(label): number for label, number in labels.items()},
    }


def _freeze(model: Any, layers: int) -> None:
    """The encoder below the head."""
    encoder = getattr(model, model.base_model_prefix, None)
    if encoder is None:
        raise UserError(f"{type(model).__name__} has no encoder below its head")
    if layers > 0:
        freeze(encoder, layers)
        for name, parameter in encoder.named_parameters():
            if name.startswith("pooler."):
                parameter.requires_grad_(True)


def _tokenised(
    run: Run, rows: Dataset | None, tokenizer: PreTrainedTokenizerBase, labels: dict[Label, int] | None
) -> Dataset | None:
    if rows is None:
        return None
    with run.main_first():
        work = partial(_tokenise, tokenizer=tokenizer, labels=labels, length=run.parameters.max_length)
        return rows.map(work, remove_columns=rows.column_names)


def _tokenise(
    row: dict[str, Any], tokenizer: PreTrainedTokenizerBase, labels: dict[Label, int] | None, length: int
) -> dict[str, Any]:
    text, pair, label = row["text"], row.get("pair"), row["label"]
    if not isinstance(text, str) or ("pair" in row and not isinstance(pair, str)):
        raise DataError("A row's 'text', or its 'pair', is not a text")
    if labels is None:
        if isinstance(label, str) or label is None or not 0 <= float(label) <= 1:
            raise DataError(f"A score's 'label' is {label!r}, and must be a number from 0 to 1")
        label = float(label)
    else:
        label = labels[label]
    # Of two texts the longer one gives way.
    made = tokenizer(text, pair, truncation="longest_first" if pair else True, max_length=length)
    return {**made, "labels": label}


def _score_loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
    logits = outputs.logits.squeeze(-1).float()
    total = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels.float(), reduction="sum")
    return total / (num_items_in_batch if num_items_in_batch is not None else len(labels))


def _accuracy(judged: Any) -> dict[str, float]:
    chosen = np.argmax(judged.predictions, axis=-1)
    return {"class_accuracy": float((chosen == judged.label_ids).mean())}


def _separation(judged: Any) -> dict[str, float]:
    """How often a text that answers is scored above one that does not: the area under the ROC curve (Mann-Whitney)."""
    scores, answers = np.asarray(judged.predictions).reshape(-1), np.asarray(judged.label_ids).reshape(-1) >= 0.5
    above, below = scores[answers], scores[~answers]
    if len(above) == 0 or len(below) == 0:
        return {}
    pairs = above[:, None] - below[None, :]
    return {"separation": float(((pairs > 0) + 0.5 * (pairs == 0)).mean())}
