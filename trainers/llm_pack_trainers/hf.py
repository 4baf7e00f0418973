"""Trainers of transformers, TRL and sentence-transformers with a job's order of rows, checkpoints, metrics and end."""

import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from . import checkpoint
from .base import save_trained
from .data import in_order, steps_of
from .errors import DataError, NumericError, Stopped, UserError
from .job import Lora
from .rate import take_rate
from .result import Outcome, Values, keep_before, known_before, publish_result
from .runtime import Run, chance, greatest_memory, set_chance
from .spans import spanned

_SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
# Of the names that trainers log: those that metric lines have fields for, and others of use; the rest is left out.
_FIELDS = {"loss": "loss", "eval_loss": "evalLoss", "learning_rate": "learningRate", "grad_norm": "gradientNorm"}
_NAMES = {
    "accuracy": "rewardAccuracy",
    "margin": "rewardMargin",
    "rewards/accuracies": "rewardAccuracy",
    "rewards/margins": "rewardMargin",
    "rewards/chosen": "rewardChosen",
    "rewards/rejected": "rewardRejected",
    "mean_token_accuracy": "tokenAccuracy",
    "reward": "reward",
    "reward_std": "rewardDeviation",
    "rewards/exact/mean": "rewardExact",
    "rewards/json_valid/mean": "rewardJson",
    "rewards/regex/mean": "rewardRegex",
    "rewards/length/mean": "rewardLength",
    "completions/mean_length": "completionLength",
    "kl": "kl",
    "entropy": "entropy",
    "aux_loss": "auxiliaryLoss",
    "mrr": "mrr",
    "first": "first",
    "class_accuracy": "accuracy",
    "separation": "separation",
    "cosine": "cosine",
    "neighbours": "neighbours",
    "agreement": "agreement",
}


def arguments(run: Run, micro: int, accumulated: int) -> dict[str, Any]:
    """Of `TrainingArguments` and what extends it; a recipe adds its own.

    Args:
        micro: rows that a rank takes at once, and how many times in a step; of `Run.micro_batch`.

    Raises:
        UserError: where parameters are asked to be sharded and there is no GPU: it would silently be DDP.
    """
    parameters = run.parameters
    gpu = run.device.type == "cuda"
    sharded = {}
    if parameters.parallel == "fsdp":
        if not gpu:
            raise UserError(f"The recipe {run.job.recipe} can shard its parameters (fsdp) on GPUs only; use ddp")
        sharded = {"fsdp": "full_shard auto_wrap", "fsdp_config": {"fsdp_version": 2}}
    return {
        "output_dir": str(checkpoint.writing_folder(run.job)),
        "per_device_train_batch_size": micro,
        "per_device_eval_batch_size": micro,
        "gradient_accumulation_steps": accumulated,
        "max_steps": 1,
        "learning_rate": parameters.learning_rate,
        "lr_scheduler_type": _SCHEDULES[parameters.schedule],
        "warmup_steps": parameters.warmup_share,
        "weight_decay": parameters.weight_decay,
        "max_grad_norm": parameters.max_gradient_norm,
        "bf16": run.bf16,
        "gradient_checkpointing": parameters.gradient_checkpointing,
        "train_sampling_strategy": "sequential",
        # Every step, for a loss that is no number must be seen before it is saved; the job's log takes what it wants.
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        # Saved and evaluated when the job's callback says so.
        "save_strategy": "no",
        "eval_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "seed": parameters.seed,
        "use_cpu": not gpu,
        "dataloader_pin_memory": gpu,
        "ddp_timeout": parameters.timeout_seconds,
        **sharded,
    }


@spanned("train")
def train(run: Run, trainer: Trainer, lengths: Sequence[int] | None = None) -> Outcome:
    """Trains as the job says, from its checkpoint or from the beginning.

    The trainer's rows are put into the job's order when they are prepared, so that nothing is tokenised twice.

    Args:
        lengths: tokens of each row, where those of a step are to be of about one length.

    Raises:
        Stopped: when the job is stopped, after a checkpoint.
        NumericError, DataError, CheckpointError, Fenced: as they say.
    """
    parameters = run.parameters
    rows = len(trainer.train_dataset)
    if rows == 0:
        raise DataError("No row is left: every one is empty, or longer than maxLength")
    steps = steps_of(parameters, rows)
    trainer.train_dataset = in_order(trainer.train_dataset, parameters, lengths)
    trainer.args.max_steps = steps
    begun, folder = checkpoint.resumed_from(run)
    callback = JobCallback(run, trainer, steps, begun, folder)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(callback)
    before = known_before(run)
    # Within `train` and not ahead of it: a model that was evaluated is taken for a prepared one, is not wrapped by DDP then,
    # and the ranks would train apart without a word.
    trainer.args.eval_on_start = before is None and begun == 0 and _has_eval(trainer)
    trainer.train(resume_from_checkpoint=str(folder) if folder else None)
    if callback.stopped:
        raise Stopped(trainer.state.global_step)
    if before is None:
        before = callback.before
    after = evaluate(trainer)
    if run.main:
        shutil.rmtree(checkpoint.writing_folder(run.job), ignore_errors=True)
    return Outcome(steps, steps * parameters.batch_size, before, after)


def finish(run: Run, trainer: Trainer, outcome: Outcome, metric: tuple[str, str], lora: Lora | None = None) -> None:
    """Publishes what a trainer of transformers or TRL has trained."""
    # All ranks gather it where it is sharded.
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped) if lora is None else {}
    publish_result(run, outcome, metric, lambda folder: save_trained(run, trainer, lora, state, folder))


def evaluate(trainer: Trainer) -> Values:
    """What the held-back rows say; nothing where there are none."""
    return _values(trainer.evaluate()) if _has_eval(trainer) else {}


def _has_eval(trainer: Trainer) -> bool:
    return trainer.eval_dataset is not None and len(trainer.eval_dataset) > 0


def _values(metrics: dict[str, float]) -> Values:
    fields, extra = _named(metrics)
    loss = {"loss": fields["evalLoss"]} if "evalLoss" in fields else {}
    return {**loss, **extra}


def _named(logs: dict[str, Any]) -> tuple[Values, Values]:
    """Fields of a metric line, and the rest of what is of use under its name here."""
    fields = {_FIELDS[name]: value for name, value in logs.items() if name in _FIELDS}
    plain = {name.removeprefix("eval_"): value for name, value in logs.items() if name not in _FIELDS}
    return fields, {_NAMES[name]: value for name, value in plain.items() if name in _NAMES}


class JobCallback(TrainerCallback):
    """Metrics, checkpoints, the fence and the end of a job within a trainer's loop."""

    def __init__(self, run: Run, trainer: Trainer, steps: int, begun: int, resumed: Path | None) -> None:
        self._run = run
        self._trainer = trainer
        self._steps = steps
        self._tokens: float | None = None
        self._at = time.monotonic()
        self._saved = begun
        # No step is under way: before the first and after the last.
        self._resting = True
        self.stopped = False
        self.before: Values = {}
        # Where random numbers stood after the last step: what saving and judging draw must not change what training draws.
        own = resumed / f"chance-{run.rank}.pt" if resumed else None
        self._chance = torch.load(own) if own and own.exists() else None

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if self._chance is not None:
            set_chance(self._chance)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._resting = True

    def on_prediction_step(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if (self._resting or state.global_step == 0) and self._run.stopping.agree(self._run.job):
            raise Stopped(self._saved)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **parts: Any
    ) -> None:
        self._resting = False
        # The checkpoint is loaded by now.
        if state.global_step > 0:
            take_rate(parts["optimizer"], parts["lr_scheduler"], self._run.parameters.learning_rate)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> TrainerControl:
        self._chance = chance()
        step, parameters = state.global_step, self._run.parameters
        every = parameters.eval_every_steps
        has_eval = self._trainer.eval_dataset is not None
        control.should_evaluate = bool(every and has_eval and step % every == 0 and step < self._steps)
        self.stopped = self._run.stopping.agree(self._run.job) and step < self._steps
        control.should_save = step % parameters.checkpoint_every_steps == 0 or step == self._steps or self.stopped
        control.should_training_stop = self.stopped or step >= self._steps
        return control

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        fields, extra = _named(logs)
        if not fields:
            return
        for name in ("loss", "gradientNorm"):
            if name in fields and not math.isfinite(fields[name]):
                self._write(state.global_step, fields, extra)
                raise NumericError(f"The {name} of step {state.global_step} is {fields[name]}")
        if "loss" in fields:
            fields["tokensPerSecond"] = self._speed(logs.get("num_tokens"))
            fields["memoryBytes"] = greatest_memory(self._run.device)
            if state.global_step % self._run.parameters.log_every_steps and state.global_step < self._steps:
                return
        self._write(state.global_step, fields, extra)

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, metrics: dict[str, float], **_: Any
    ) -> None:
        if state.global_step == 0:
            self.before = _values(metrics)
            keep_before(self._run, self.before)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        # A trainer saves once more at the end of an epoch that the end of a step has already saved.
        if state.global_step == self._saved:
            return
        step, parameters = state.global_step, self._run.parameters
        written = Path(args.output_dir) / f"checkpoint-{step}"
        torch.save(self._chance, written / f"chance-{self._run.rank}.pt")
        checkpoint.publish(self._run, step, written, step * parameters.batch_size)
        self._saved = step

    def _write(self, step: int, fields: Values, extra: Values) -> None:
        self._run.metrics.write(step, self._steps, fields, extra)

    def _speed(self, tokens: float | None) -> float | None:
        """Tokens a second since the last step, of all ranks; the first step has nothing to be compared with."""
        now, former = time.monotonic(), self._tokens
        passed, self._at, self._tokens = now - self._at, now, tokens
        return None if tokens is None or former is None else (tokens - former) / passed
