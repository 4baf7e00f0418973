"""How evenly the routers of a mixture of experts share out the tokens."""

import torch
import torch.distributed as dist


class RouterLoad:
    """Counts choices of experts by layer, over all ranks."""

    def __init__(self, layers: int, experts: int, chosen: int, device: torch.device) -> None:
        self._counts = torch.zeros(layers, experts, device=device)
        self._chosen = chosen

    def add(self, logits: tuple[torch.Tensor, ...], taken: torch.Tensor) -> None:
        """Of a batch.

        Args:
            logits: of each layer, tokens by experts.
            taken: which tokens are no padding.
        """
        for layer, values in enumerate(logits):
            choices = values.detach().reshape(-1, values.shape[-1])[taken.reshape(-1)].topk(self._chosen, dim=-1).indices
            self._counts[layer] += torch.bincount(choices.reshape(-1), minlength=self._counts.shape[1])

    def take(self) -> dict[str, float]:
        """Balance and entropy since the last call, as the mean of the layers; all ranks call it together.

        `routerBalance` is the greatest share of an expert over the mean one: 1 is even, the number of experts one for all.
        `routerEntropy` is that of the shares over that of even ones: 1 is even, 0 is one for all.
        """
        counts = self._counts.clone()
        self._counts.zero_()
        dist.all_reduce(counts)
        shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
        experts = counts.shape[1]
        entropy = -(shares * shares.clamp(min=1e-12).log()).sum(dim=1) / torch.tensor(float(experts)).log()
        return {
            "routerBalance": float((shares.max(dim=1).values * experts).mean()),
            "routerEntropy": float(entropy.mean()),
        }
