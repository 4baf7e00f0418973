"""The learning rate of an attempt that goes on from a checkpoint."""

from typing import Any


def take_rate(optimizer: Any, schedule: Any, rate: float) -> None:
    """Has a schedule that was loaded go on with the rate of this attempt.

    A checkpoint brings back the rate that it was made with, while a later attempt may be told a lower one, after numbers that
    went wrong. With the same rate nothing is touched, so that the training stays the same to the last bit.
    """
    # Accelerate wraps both.
    schedule = getattr(schedule, "scheduler", schedule)
    for at, group in enumerate(optimizer.param_groups):
        factor = rate / schedule.base_lrs[at]
        if factor == 1:
            continue
        schedule.base_lrs[at] = rate
        schedule._last_lr[at] *= factor
        group["initial_lr"] = rate
        group["lr"] *= factor
