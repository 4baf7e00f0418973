"""Learning a teacher's vectors: each one, and how the texts of a step lie to one another."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as functional

from .contrastive import ContrastiveTrainer, gathered

# Of the nearest texts, so many are compared.
_NEAREST = 10


def similarity_loss(
    own: torch.Tensor, others: torch.Tensor, own_taught: torch.Tensor, taught: torch.Tensor, first: int, scale: float
) -> torch.Tensor:
    """How far the student's neighbours of each text are from the teacher's: KL divergence of the softmax of scaled cosines to
    all texts of the step but the text itself ("similarity-preserving" or relational distillation: Tung and Mori, 2019).

    Args:
        own: [n, width] unit vectors of the student on this rank; `others` [m, width] of all ranks, among which those of this rank
            begin at `first`. `own_taught` and `taught` are the teacher's, of any width.
    """
    itself = torch.zeros(len(own), len(others), dtype=torch.bool, device=own.device)
    places = torch.arange(len(own), device=own.device)
    itself[places, first + places] = True
    # Not minus infinity: its product with a share of 0 is no number.
    said = functional.log_softmax((scale * own @ others.T).masked_fill(itself, -1e4), dim=-1)
    wanted = functional.log_softmax((scale * own_taught @ taught.T).masked_fill(itself, -1e4), dim=-1)
    return functional.kl_div(said, wanted, reduction="batchmean", log_target=True)


class SimilarityTrainer(ContrastiveTrainer):
    """A trainer of encoders on rows of a text and its teacher's vector."""

    def __init__(self, *, vector_weight: float, similarity_weight: float, **options: Any) -> None:
        super().__init__(**options)
        self._vector_weight, self._similarity_weight = vector_weight, similarity_weight

    def _loss(self, columns: list[torch.Tensor], inputs: dict[str, Any]) -> torch.Tensor:
        own, own_taught = columns[0], inputs["taught"]
        loss = self._vector_weight * (1 - (own * own_taught).sum(-1)).mean()
        if self._similarity_weight > 0:
            others, taught = gathered(own), gathered(own_taught)
            first = dist.get_rank() * len(own)
            losses = [
                similarity_loss(short, all_short, own_taught, taught, first, self._scale)
                for short, all_short in _shortened(own, others, self._dims)
            ]
            loss = loss + self._similarity_weight * torch.stack(losses).mean()
        return loss

    def _judge(self, vectors: list[torch.Tensor], batches: list[dict[str, Any]]) -> dict[str, float]:
        taught = torch.cat([batch["taught"] for batch in batches])
        return {"eval_cosine": (vectors[0] * taught).sum(-1).mean().item(), "eval_neighbours": neighbours(vectors[0], taught)}


def _shortened(
    own: torch.Tensor, others: torch.Tensor, dims: Sequence[int]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(functional.normalize(own[:, :d], dim=-1), functional.normalize(others[:, :d], dim=-1)) for d in dims]


def neighbours(vectors: torch.Tensor, taught: torch.Tensor) -> float:
    """Share of each text's nearest ten by the teacher that are among its nearest ten by the student; 1 where there are fewer than two texts."""
    count = min(_NEAREST, len(vectors) - 1)
    if count < 1:
        return 1.0
    nearest = []
    for some in (vectors, taught):
        cosines = some @ some.T
        cosines.fill_diagonal_(-torch.inf)
        nearest.append(torch.zeros_like(cosines).scatter_(1, cosines.topk(count).indices, 1.0))
    return ((nearest[0] * nearest[1]).sum(1) / count).mean().item()
