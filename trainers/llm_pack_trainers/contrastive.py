"""Contrastive learning of sentence encoders: the loss, and gradients of batches that are larger than the memory.

The other positives of a batch, of all ranks, are an anchor's negatives (Henderson et al., "Efficient Natural Language
Response Suggestion for Smart Reply", 2017), unless they are known to answer it.
"""

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as functional
from torch.distributed.nn.functional import all_gather
from transformers import Trainer

from .runtime import chance, set_chance

Features = dict[str, torch.Tensor]
Embed = Callable[[Any, Features], torch.Tensor]

# Texts that are gone through at once where nothing is learnt.
_JUDGED_AT_ONCE = 32


def key_of(text: str) -> int:
    """A number that equal texts share, for what may not be told apart by tokens that were cut."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


def pool(hidden: torch.Tensor, mask: torch.Tensor, first: bool) -> torch.Tensor:
    """A vector of length 1 for each text: of its first token, or the mean of all."""
    hidden = hidden.float()
    if first:
        return functional.normalize(hidden[:, 0], dim=-1)
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return functional.normalize((hidden * weights).sum(1), dim=-1)


def ranking_loss(
    anchors: torch.Tensor,
    candidates: torch.Tensor,
    own: torch.Tensor,
    known: torch.Tensor,
    scale: float,
    dims: Sequence[int],
) -> torch.Tensor:
    """How badly anchors tell their positives from the other candidates: cross-entropy of the scaled cosines.

    Args:
        anchors: [n, width] and candidates [m, width], unit vectors.
        own: [n] the place of each anchor's positive.
        known: [n, m] candidates that answer the anchor, too: they are no negatives.
        dims: lengths of vectors that are to be good by themselves (Kusupati et al., "Matryoshka Representation Learning",
            2022), the whole one among them; all count the same.
    """
    losses = []
    for width in dims:
        short = functional.normalize(anchors[:, :width], dim=-1) @ functional.normalize(candidates[:, :width], dim=-1).T
        losses.append(functional.cross_entropy((scale * short).masked_fill(known, -torch.inf), own))
    return torch.stack(losses).mean()


def gathered(values: torch.Tensor) -> torch.Tensor:
    """Those of all ranks, one rank after another; gradients find their way back."""
    if dist.get_world_size() == 1:
        return values
    return torch.cat(list(all_gather(values.contiguous())))


class ContrastiveTrainer(Trainer):
    """A trainer of encoders on rows of an anchor, a positive and, where there is one, a hard negative.

    Where a rank's share of a batch is more than it may take at once, vectors are made twice: without gradients for the
    loss of the whole batch, then part by part with the gradients that this loss has given each vector (Gao et al.,
    "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", 2021). The result is that of one large batch.
    """

    def __init__(self, *, embed: Embed, at_once: int, scale: float, dims: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self._embed, self._at_once, self._scale, self._dims = embed, at_once, scale, dims

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        model.train()
        inputs = self._prepare_inputs(inputs)
        parts = [part for column in inputs["columns"] for part in _parts(column, self._at_once)]
        if len(parts) == len(inputs["columns"]):
            with self.compute_loss_context_manager():
                loss = self._loss([self._embed(model, part) for part in parts], inputs)
            self.accelerator.backward(loss)
            return loss.detach()
        return self._cached(model, parts, inputs)

    def _cached(self, model: Any, parts: list[Features], inputs: dict[str, Any]) -> torch.Tensor:
        states, made = [], []
        with torch.no_grad(), self.compute_loss_context_manager():
            for part in parts:
                # Dropout must leave out the same the second time.
                states.append(chance())
                made.append(self._embed(model, part))
        leaves = [vectors.detach().requires_grad_() for vectors in made]
        count = len(inputs["columns"])
        each = len(leaves) // count
        loss = self._loss([torch.cat(leaves[at * each : (at + 1) * each]) for at in range(count)], inputs)
        loss.backward()
        for at, (part, state, leaf) in enumerate(zip(parts, states, leaves, strict=True)):
            set_chance(state)
            # Ranks tell one another their gradients once, with the last part.
            last = at == len(parts) - 1
            with self.accelerator.no_sync(model) if not last else contextlib.nullcontext():
                with self.compute_loss_context_manager():
                    vectors = self._embed(model, part)
                self.accelerator.backward((vectors * leaf.grad).sum())
        return loss.detach()

    def _loss(self, columns: list[torch.Tensor], inputs: dict[str, Any]) -> torch.Tensor:
        anchors, *others = columns
        keys = [gathered(key) for key in inputs["candidate_keys"]]
        answers = torch.cat(keys)
        anchor_keys, positive_keys = gathered(inputs["anchor_keys"]), keys[0]
        rank, rows = dist.get_rank(), len(anchors)
        own = torch.arange(rank * rows, (rank + 1) * rows, device=anchors.device)
        # Of the pairs of this batch: what is the positive of an equal anchor, or the same text as the positive.
        same = inputs["anchor_keys"][:, None] == anchor_keys[None, :]
        known = (same.float() @ (positive_keys[:, None] == answers[None, :]).float()) > 0
        known[torch.arange(rows, device=anchors.device), own] = False
        candidates = torch.cat([gathered(column) for column in others])
        return ranking_loss(anchors, candidates, own, known, self._scale, self._dims)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Over the held-back rows, each anchor against all of their positives: reciprocal rank, and if its own is first."""
        model = self.accelerator.unwrap_model(self.model)
        model.eval()
        rows = [self.eval_dataset[at] for at in range(len(self.eval_dataset))]
        batches = [
            self._prepare_inputs(self.data_collator(rows[start : start + _JUDGED_AT_ONCE]))
            for start in range(0, len(rows), _JUDGED_AT_ONCE)
        ]
        with torch.no_grad(), self.compute_loss_context_manager():
            columns = [
                torch.cat([self._embed(model, batch["columns"][at]) for batch in batches])
                for at in range(min(2, len(batches[0]["columns"])))
            ]
        model.train()
        return self._told(self._judge(columns, batches))

    def _judge(self, columns: list[torch.Tensor], batches: list[dict[str, Any]]) -> dict[str, float]:
        keys = torch.cat([batch["candidate_keys"][0] for batch in batches])
        asked = torch.cat([batch["anchor_keys"] for batch in batches])
        reciprocal, first = judged(columns[0] @ columns[1].T, asked, keys)
        return {"eval_mrr": reciprocal, "eval_first": first}

    def _told(self, metrics: dict[str, float]) -> dict[str, float]:
        self.log(metrics)
        # As the evaluation that this stands for does: the job's callback keeps what there was before the first step.
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def judged(similarities: torch.Tensor, asked: torch.Tensor, keys: torch.Tensor) -> tuple[float, float]:
    """The mean reciprocal rank of each row's own column, and how often it is first.

    Args:
        similarities: [rows, rows].
        asked: keys of the anchors, `keys` of the positives: what else answers an anchor is not counted before its own, and a
            text that stands in several rows is one.
    """
    count = len(similarities)
    same = (asked[:, None] == asked[None, :]).float()
    answers = (same @ (keys[:, None] == keys[None, :]).float()) > 0
    own = similarities.diagonal()[:, None]
    ahead = (similarities > own) & ~answers
    # A text that is in several rows counts where it stands first.
    seen: dict[int, int] = {}
    kept = torch.tensor([seen.setdefault(key, at) == at for at, key in enumerate(keys.tolist())], device=ahead.device)
    ranks = 1 + (ahead & kept[None, :]).sum(1)
    return (1 / ranks).mean().item(), (ranks == 1).sum().item() / count


def _parts(column: Features, at_once: int) -> list[Features]:
    """A column's rows, so many at once, each part without the padding that only others need."""
    rows = len(next(iter(column.values())))
    if rows <= at_once:
        return [column]
    parts = []
    for start in range(0, rows, at_once):
        part = {name: values[start : start + at_once] for name, values in column.items()}
        longest = int(part["attention_mask"].sum(1).max())
        parts.append({name: values[:, :longest] for name, values in part.items()})
    return parts
