"""Which attempt may publish."""

from .errors import Fenced
from .job import Job


def is_fenced(job: Job) -> bool:
    """Whether a later attempt than this one has the folder."""
    try:
        return int((job.folder / "fence").read_text()) > job.attempt
    except (FileNotFoundError, ValueError):
        return False


def check_fence(job: Job) -> None:
    """Right before anything is published.

    Raises:
        Fenced: where a later attempt has the folder.
    """
    if is_fenced(job):
        raise Fenced(f"attempt {job.attempt} has been replaced")
