"""The loop of causal language models on packed sequences, by DDP or FSDP2."""

import math
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as functional
from datasets import Dataset
from transformers import PreTrainedModel, get_scheduler

from . import checkpoint, sharding
from .data import Order, steps_of
from .errors import NumericError, Stopped
from .packing import IGNORED, Batch, collate
from .rate import take_rate
from .result import Outcome, Values, keep_before, known_before
from .router import RouterLoad
from .runtime import Run, chance, greatest_memory, set_chance

_SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


class Loop:
    """One training; `train` runs it."""

    def __init__(self, run: Run, model: PreTrainedModel, rows: Dataset, kept: Dataset | None, pad: int) -> None:
        """
        Args:
            rows: packed sequences to learn, `kept` those to judge by.
            pad: the token for padding.
        """
        self._run, self._rows, self._kept, self._pad = run, rows, kept, pad
        parameters = run.parameters
        self._steps = steps_of(parameters, len(rows))
        self._micro, _ = run.micro_batch(parameters.batch_size)
        self._order = Order(len(rows), parameters.seed)
        self._config = model.config
        # What the loss of balance counts, over the layers and parts of a step: of mixtures of experts only.
        self._auxiliary = getattr(model.config, "router_aux_loss_coef", None)
        self._router = self._router_load()
        if parameters.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        self.model = sharding.spread(run, model)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=parameters.learning_rate, weight_decay=parameters.weight_decay
        )
        warmup = math.ceil(parameters.warmup_share * self._steps)
        self._schedule = get_scheduler(_SCHEDULES[parameters.schedule], self._optimizer, warmup, self._steps)

    def train(self) -> Outcome:
        """Goes on from the job's checkpoint, or begins.

        Raises:
            Stopped: when the job is stopped, after a checkpoint.
            NumericError, CheckpointError, Fenced: as they say.
        """
        run, parameters = self._run, self._run.parameters
        before = known_before(run)
        if before is None:
            before = self.evaluate(0)
            keep_before(run, before)
        begun, folder = checkpoint.resumed_from(run)
        if folder is not None:
            self._load(folder)
        for step in range(begun + 1, self._steps + 1):
            self._step(step)
            stop = run.stopping.agree(run.job) and step < self._steps
            if step % parameters.checkpoint_every_steps == 0 or step == self._steps or stop:
                self._save(step)
            if stop:
                raise Stopped(step)
            every = parameters.eval_every_steps
            if every and step % every == 0 and step < self._steps:
                self.evaluate(step)
        return Outcome(self._steps, self._steps * parameters.batch_size, before, self.evaluate(self._steps))

    def whole_weights(self) -> dict[str, torch.Tensor]:
        """All weights, on rank 0; all ranks call it together."""
        return sharding.whole_weights(self.model)

    def evaluate(self, step: int) -> Values:
        """Loss of a token and perplexity on the rows held back; nothing where there are none."""
        if self._kept is None or len(self._kept) == 0:
            return {}
        run = self._run
        self.model.eval()
        sums = torch.zeros(2, dtype=torch.float64, device=run.device)
        # As many batches on each rank, for sharded models gather their weights together: the last of some are empty.
        share = math.ceil(len(self._kept) / run.world_size)
        own = range(run.rank * share, min((run.rank + 1) * share, len(self._kept)))
        with torch.no_grad():
            for start in range(0, share, self._micro):
                # Before the first step and after the last nothing is lost.
                if step in (0, self._steps) and run.stopping.agree(run.job):
                    raise Stopped(step or run.job.resume_from or 0)
                indices = list(own[start : start + self._micro])
                batch = self._batch(self._kept, indices or [0])
                loss, _ = self._loss(batch)
                if indices:
                    sums += torch.tensor([loss.item(), batch.targets], dtype=torch.float64, device=run.device)
        dist.all_reduce(sums)
        self.model.train()
        loss = (sums[0] / sums[1]).item()
        balance = self._router.take() if self._router else {}
        values = {"loss": loss, "perplexity": math.exp(min(loss, 700)), **balance}
        extra = {name: value for name, value in values.items() if name != "loss"}
        run.metrics.write(step, self._steps, {"evalLoss": loss}, extra)
        return values

    def _step(self, step: int) -> None:
        run, parameters = self._run, self._run.parameters
        began = time.monotonic()
        share = parameters.batch_size // run.world_size
        indices = self._order.rows((step - 1) * parameters.batch_size, parameters.batch_size)
        own = indices[run.rank * share : (run.rank + 1) * share].tolist()
        batches = [self._batch(self._rows, own[at : at + self._micro]) for at in range(0, share, self._micro)]
        # Over all ranks, so that every token counts the same, wherever it is.
        targets = self._sum(sum(batch.targets for batch in batches))
        learnt = 0.0
        for at, batch in enumerate(batches):
            with sharding.accumulating(self.model, at == len(batches) - 1):
                loss, auxiliary = self._loss(batch)
                # Gradients are averaged over the ranks.
                part = loss * run.world_size / max(targets, 1)
                learnt += loss.item()
                if auxiliary is not None:
                    part = part + self._auxiliary * auxiliary / len(batches)
                part.backward()
        norm = sharding.clip(self.model, parameters.max_gradient_norm)
        loss = self._sum(learnt) / max(targets, 1)
        rate = self._schedule.get_last_lr()[0]
        values = {"loss": loss, "learningRate": rate, "gradientNorm": norm, "memoryBytes": greatest_memory(run.device)}
        extra = self._router.take() if self._router else {}
        if not (math.isfinite(loss) and math.isfinite(norm)):
            run.metrics.write(step, self._steps, values, extra)
            raise NumericError(f"The loss of step {step} is {loss}, and its gradient's norm {norm}")
        self._optimizer.step()
        self._schedule.step()
        self._optimizer.zero_grad()
        values["tokensPerSecond"] = targets / (time.monotonic() - began)
        if step % parameters.log_every_steps == 0 or step == self._steps:
            run.metrics.write(step, self._steps, values, extra)

    def _batch(self, rows: Dataset, indices: list[int]) -> Batch:
        return collate([rows[index] for index in indices], self._pad, self._run.device)

    def _loss(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The sum of the losses of a batch's tokens, and, of a mixture of experts, how unevenly they were shared out."""
        run = self._run
        options: dict[str, Any] = {"output_router_logits": True} if self._router else {}
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.bf16):
            outputs = self.model(input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False, **options)
        logits = outputs.logits[:, :-1].float()
        loss = functional.cross_entropy(
            logits.flatten(0, 1), batch.labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum"
        )
        if self._router is None:
            return loss, None
        self._router.add(outputs.router_logits, batch.input_ids != self._pad)
        return loss, outputs.aux_loss

    def _router_load(self) -> RouterLoad | None:
        if self._auxiliary is None:
            return None
        experts = getattr(self._config, "num_local_experts", None) or self._config.num_experts
        return RouterLoad(self._config.num_hidden_layers, experts, self._config.num_experts_per_tok, self._run.device)

    def _save(self, step: int) -> None:
        run = self._run
        written = checkpoint.writing_folder(run.job) / f"step-{step}"
        written.mkdir(parents=True, exist_ok=True)
        sharding.save(written / "state", self.model, self._optimizer)
        torch.save(chance(), written / f"chance-{run.rank}.pt")
        if run.main:
            torch.save(self._schedule.state_dict(), written / "schedule.pt")
        checkpoint.publish(run, step, written, step * run.parameters.batch_size)

    def _load(self, folder: Path) -> None:
        sharding.load(folder / "state", self.model, self._optimizer)
        self._schedule.load_state_dict(torch.load(folder / "schedule.pt"))
        take_rate(self._optimizer, self._schedule, self._run.parameters.learning_rate)
        own = folder / f"chance-{self._run.rank}.pt"
        if own.exists():
            set_chance(torch.load(own))

    def _sum(self, value: float) -> float:
        summed = torch.tensor(value, dtype=torch.float64, device=self._run.device)
        dist.all_reduce(summed)
        return summed.item()
