"""What can go wrong in a training, by the class that decides whether and how it is tried again."""

import errno
import re


class UserError(Exception):
    """Parameters or models that can not work together; to be mended by who wrote the job."""


class DataError(Exception):
    """Rows that the recipe can not use."""


class NumericError(Exception):
    """A loss or gradient that is no finite number."""


class CheckpointError(Exception):
    """A checkpoint that is not what its manifest says."""


class Fenced(Exception):
    """A later attempt has taken over: this one ends without a word."""


class Stopped(Exception):
    """The end as asked for, after a checkpoint at `step` (0: none)."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped after step {step}")
        self.step = step


_MEMORY = re.compile(r"out of memory|can't allocate memory|cannot allocate memory|std::bad_alloc", re.IGNORECASE)
_NETWORK = re.compile(
    r"connection (closed|reset|refused)|broken pipe|socket|\bgloo\b|\bnccl\b|timed? ?out|TCPStore|c10d|heartbeat",
    re.IGNORECASE,
)
STORAGE = frozenset({errno.ENOSPC, errno.EIO, errno.ESTALE, errno.EDQUOT, errno.EROFS})
# torch, whose archives then end elsewhere than they should, and safetensors have errors and words of their own for a full disk;
# those of distributed checkpoints quote them.
_STORAGE_WORDS = re.compile(
    r"no space left on device|disk quota exceeded|\(os error (28|5|116|122|30)\)"
    r"|inline_container\.cc.*unexpected pos|PytorchStreamWriter failed writing",
    re.IGNORECASE,
)
# Classes by name, because their modules may be what could not be imported.
_DATA_TYPES = {"ArrowInvalid", "DatasetGenerationError", "DatasetGenerationCastError", "UnicodeDecodeError"}
_NETWORK_TYPES = {
    "DistError",
    "DistBackendError",
    "DistNetworkError",
    "DistStoreError",
    "ConnectionError",
    "TimeoutError",
}


def failure_class(error: BaseException) -> str:
    """One of `infrastructure`, `memory`, `numeric`, `data`, `user`, as `FAILURE_CLASSES` of schemas/training.ts."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, NumericError):
        return "numeric"
    if isinstance(error, DataError) or names & _DATA_TYPES:
        return "data"
    if isinstance(error, MemoryError) or "OutOfMemoryError" in names:
        return "memory"
    if isinstance(error, CheckpointError) or names & _NETWORK_TYPES:
        return "infrastructure"
    if isinstance(error, OSError) and error.errno in STORAGE:
        return "infrastructure"
    if not isinstance(error, UserError) and _STORAGE_WORDS.search(str(error)):
        return "infrastructure"
    if isinstance(error, RuntimeError):
        if _MEMORY.search(str(error)):
            return "memory"
        if _NETWORK.search(str(error)):
            return "infrastructure"
    return "user"
