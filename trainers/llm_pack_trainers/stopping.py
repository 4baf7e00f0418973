"""The end after a step, as asked by SIGTERM or `control.json`, at the same step on all ranks."""

import signal

from .errors import Fenced
from .fence import is_fenced
from .files import read_json
from .job import Job

_GO_ON, _STOP, _FENCED = 0, 1, 2


class Stopping:
    """Made as early as possible: SIGTERM would end the process otherwise."""

    def __init__(self) -> None:
        self._signalled = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self._signalled = True

    def agree(self, job: Job) -> bool:
        """Whether to stop; all ranks call it together, once a step, and get the same answer.

        Raises:
            Fenced: on all ranks, where a later attempt has the folder.
        """
        import torch
        import torch.distributed as dist

        answer = _GO_ON
        if self._signalled or bool((read_json(job.folder / "control.json") or {}).get("stop")):
            answer = _STOP
        if is_fenced(job):
            answer = _FENCED
        device = "cuda" if dist.get_backend() == "nccl" else "cpu"
        answers = torch.tensor(answer, device=device)
        dist.all_reduce(answers, dist.ReduceOp.MAX)
        if answers.item() == _FENCED:
            raise Fenced(f"attempt {job.attempt} has been replaced")
        return answers.item() == _STOP
