"""Rewards that need no model: what of a completion can be checked. Each is a number from 0 to 1."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .errors import UserError

Completion = str | list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Reward:
    """A reward as data; `schemas/training-parameters.ts` says what each kind is."""

    kind: Literal["exact", "regex", "length", "json"]
    weight: float
    pattern: str | None = None
    least: int | None = None
    most: int | None = None


def make(reward: Reward) -> Callable[..., list[float]]:
    """A function as TRL calls it: with the completions, their tokens and the other columns of the rows.

    Raises:
        UserError: where the pattern of a regular expression is missing or none.
    """
    if reward.kind == "exact":
        return exact
    if reward.kind == "json":
        return json_valid
    if reward.kind == "regex":
        return _regex(reward.pattern)
    return _length(reward.least or 0, reward.most)


def text_of(completion: Completion) -> str:
    """What was said, of a text or of messages."""
    return completion if isinstance(completion, str) else completion[-1]["content"]


def exact(completions: list[Completion], answer: list[str], **_: Any) -> list[float]:
    """1 where the completion is the answer, blanks at both ends aside."""
    return [float(text_of(said).strip() == str(right).strip()) for said, right in zip(completions, answer, strict=True)]


def json_valid(completions: list[Completion], **_: Any) -> list[float]:
    """1 where the completion is JSON."""
    return [float(_is_json(text_of(said))) for said in completions]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _regex(pattern: str | None) -> Callable[..., list[float]]:
    try:
        compiled = re.compile(pattern or "", re.DOTALL)
    except re.error as error:
        raise UserError(f"The reward's pattern {pattern!r} is no regular expression: {error}") from error
    if not pattern:
        raise UserError("A reward of the kind regex needs a pattern")

    def regex(completions: list[Completion], **_: Any) -> list[float]:
        return [float(compiled.search(text_of(said)) is not None) for said in completions]

    return regex


def _length(least: int, most: int | None) -> Callable[..., list[float]]:
    """1 between `least` and `most` tokens; outside, the nearer the more."""

    def length(completion_ids: list[list[int]], **_: Any) -> list[float]:
        rewards = []
        for tokens in completion_ids:
            count = len(tokens)
            if count < least:
                rewards.append(count / least)
            elif most is not None and count > most:
                rewards.append(most / count)
            else:
                rewards.append(1.0)
        return rewards

    return length
