"""A classifier of fewer layers that says of a text what its teacher says, and how surely (Hinton et al., "Distilling the Knowledge in a
Neural Network", 2015)."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch.nn import functional
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
)

from .. import base, hf
from ..contrastive import key_of
from ..data import read_rows
from ..errors import DataError
from ..reference import leave_reference
from ..result import publish_result
from ..runtime import Run
from ..sentences import as_text, padded
from ..student import READ, StudentParameters, narrow, take_layers
from ..vectors import vector_table

# The class of a row that has no label.
_NONE = -100


@dataclass(frozen=True, kw_only=True)
class Parameters(StudentParameters):
    """Those of a student, and what counts how much."""

    temperature: float
    hard_weight: float


def train(run: Run) -> None:
    """Learns rows of `text`, `logits` and `label`; logits that the data has not are the teacher's, or those of the base as it is."""
    parameters = run.parameters
    rows, kept = read_rows(run, (("text",),), ("logits", "label"))
    folder = Path(run.job.model("base"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    # The classes are the teacher's, in its order.
    names = AutoConfig.from_pretrained(run.job.models.get("teacher", folder)).id2label
    if "logits" not in rows.column_names:
        rows, kept = _taught(run, [rows, kept])
    classes = {str(name): number for number, name in names.items()}
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, id2label=names, label2id=classes)
    encoder = getattr(model, model.base_model_prefix)
    model.config.num_hidden_layers = len(take_layers(encoder, parameters.layers))
    if parameters.intermediate is not None:
        some = [as_text(text, "text") for text in rows[: min(READ, len(rows))]["text"]]
        read = partial(_logits, run, model.to(run.device).eval(), tokenizer, some)
        narrow(encoder, parameters.intermediate, read)
        model.config.intermediate_size = parameters.intermediate
    prepare = partial(_tokenised, run, tokenizer=tokenizer, classes=classes)
    trainer = SoftLabelTrainer(
        model=model,
        args=TrainingArguments(
            **hf.arguments(run, *run.micro_batch(parameters.batch_size)),
            remove_unused_columns=False,
            average_tokens_across_devices=False,
            label_names=["taught", "truth"],
        ),
        train_dataset=prepare(rows),
        eval_dataset=prepare(kept),
        processing_class=tokenizer,
        data_collator=partial(_collate, pad=tokenizer.pad_token_id or 0),
        compute_metrics=_judged,
        preprocess_logits_for_metrics=lambda logits, _: logits,
        temperature=parameters.temperature,
        hard_weight=parameters.hard_weight,
    )
    outcome = hf.train(run, trainer)
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)

    def save(target: Path) -> int:
        count = base.save_trained(run, trainer, None, state, target)
        saved = AutoModelForSequenceClassification.from_pretrained(target, dtype=torch.float32).eval()
        leave_reference(target, tokenizer, parameters.max_length, rows["text"], lambda features: saved(**features).logits)
        return count

    publish_result(run, outcome, ("agreement", "higher"), save)


class SoftLabelTrainer(Trainer):
    """A trainer of classifiers on what a teacher has said."""

    def __init__(self, *, temperature: float, hard_weight: float, **options: Any) -> None:
        super().__init__(**options)
        self._temperature, self._hard_weight = temperature, hard_weight
        # The loss is a mean over rows: what is accumulated is to be averaged.
        self.model_accepts_loss_kwargs = False

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:
        taught, truth = inputs["taught"], inputs["truth"]
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        loss = soft_label_loss(outputs.logits.float(), taught, truth, self._temperature, self._hard_weight)
        return (loss, {"loss": loss, "logits": outputs.logits}) if return_outputs else loss


def soft_label_loss(
    said: torch.Tensor, taught: torch.Tensor, truth: torch.Tensor, temperature: float, hard_weight: float
) -> torch.Tensor:
    """KL divergence from the teacher's classes to the student's, both softened, and cross-entropy where there is a label; the mean of
    the rows.

    Args:
        said: [n, classes] logits of the student, `taught` those of the teacher; the divergence is times temperature², so that its
            gradients are of one size whatever the temperature.
        truth: [n] classes, -100 for none: such rows are learnt from the teacher alone.
    """
    wanted = functional.log_softmax(taught / temperature, dim=-1)
    softened = functional.log_softmax(said / temperature, dim=-1)
    soft = functional.kl_div(softened, wanted, reduction="none", log_target=True).sum(-1) * temperature**2
    hard = functional.cross_entropy(said, truth, reduction="none", ignore_index=_NONE)
    weight = hard_weight * (truth != _NONE).to(said.dtype)
    return ((1 - weight) * soft + weight * hard).mean()


def _taught(run: Run, parts: list[Dataset | None]) -> list[Dataset | None]:
    """Adds the column `logits`, each text classified once in the life of the job."""
    folder = run.job.models.get("teacher", run.job.model("base"))
    teacher = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).to(run.device).eval()
    logits = partial(_logits, run, teacher, AutoTokenizer.from_pretrained(folder))
    table = vector_table(run, (as_text(text, "text") for part in parts if part is not None for text in part["text"]), logits)

    def taught(part: Dataset) -> Dataset:
        with run.main_first():
            return part.map(lambda row: {"logits": table.of([key_of(row["text"])])[0].tolist()})

    return [None if part is None else taught(part) for part in parts]


def _logits(run: Run, model: Any, tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> torch.Tensor:
    length = run.parameters.max_length
    features = tokenizer(texts, truncation=True, max_length=length, padding=True, return_tensors="pt").to(run.device)
    with torch.no_grad(), torch.autocast(run.device.type, torch.bfloat16, enabled=run.bf16):
        return model(**features).logits


def _tokenised(
    run: Run, rows: Dataset | None, tokenizer: PreTrainedTokenizerBase, classes: dict[str, int]
) -> Dataset | None:
    if rows is None:
        return None

    def tokenise(row: dict[str, Any]) -> dict[str, Any]:
        logits, label = row["logits"], row.get("label")
        if logits is None or len(logits) != len(classes):
            raise DataError(f"A row's 'logits' are not {len(classes)} numbers, of which there is one for each class")
        if label is not None and str(label) not in classes:
            raise DataError(f"A row's 'label' is {label!r}, which is no class of the teacher")
        ids = tokenizer(as_text(row["text"], "text"), truncation=True, max_length=run.parameters.max_length)["input_ids"]
        return {"ids": ids, "taught": logits, "truth": _NONE if label is None else classes[str(label)]}

    with run.main_first():
        return rows.map(tokenise, remove_columns=rows.column_names)


def _collate(rows: list[dict[str, Any]], pad: int) -> dict[str, Any]:
    taught = torch.tensor([row["taught"] for row in rows], dtype=torch.float32)
    truth = torch.tensor([row["truth"] for row in rows], dtype=torch.int64)
    return {**padded([row["ids"] for row in rows], pad), "taught": taught, "truth": truth}


def _judged(judged: Any) -> dict[str, float]:
    """How often the student's first class is the teacher's, and that of the label where there are labels."""
    chosen, (taught, truth) = judged.predictions.argmax(-1), judged.label_ids
    labelled = truth != _NONE
    accuracy = {"class_accuracy": float((chosen == truth)[labelled].mean())} if labelled.any() else {}
    return {"agreement": float((chosen == taught.argmax(-1)).mean()), **accuracy}
