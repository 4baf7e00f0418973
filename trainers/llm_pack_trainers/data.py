"""A job's rows: read, named as the recipe names them, some held back, and in an order that no world size changes."""

import functools
import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from datasets import Dataset, load_dataset

from .errors import DataError
from .job import DataFiles, Parameters
from .runtime import Run

_FORMATS = {"parquet": "parquet", "jsonl": "json"}
# Steps whose rows are shared out among them by length.
_ALIKE = 50


def read_rows(
    run: Run, alternatives: Sequence[Sequence[str]], optional: Sequence[str] = ()
) -> tuple[Dataset, Dataset | None]:
    """The rows to learn from and those to judge by (None where nothing is held back).

    Args:
        alternatives: sets of columns of which the first that the data has is taken.
        optional: columns that are taken where they are there.

    Raises:
        DataError: where files can not be read, no set of columns is there, or there are no rows.
    """
    train = _select(run, _load(run, run.job.train), alternatives, optional)
    if run.job.eval is not None:
        kept = _select(run, _load(run, run.job.eval), alternatives, optional)
        # Judged before and after, so that many rows would cost much time.
        return train, kept.select(range(min(len(kept), run.parameters.eval_rows)))
    return _hold_back(run, train)


class Order:
    """Positions of a training as rows: each epoch goes through all of them, in an order of the seed and its number.

    A step takes as many positions as it has rows over all ranks, so that a training that has seen some rows goes on at that
    position, whatever the number of its ranks is or was.
    """

    def __init__(self, rows: int, seed: int) -> None:
        self._rows = rows
        self._seed = seed
        self._epoch = functools.lru_cache(maxsize=2)(self._draw)

    def _draw(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self._seed, epoch]).permutation(self._rows)

    def rows(self, start: int, count: int) -> np.ndarray:
        """Indices of the rows at the positions from `start` on."""
        pieces, position = [], start
        while position < start + count:
            epoch, offset = divmod(position, self._rows)
            piece = self._epoch(epoch)[offset : offset + start + count - position]
            pieces.append(piece)
            position += len(piece)
        return np.concatenate(pieces)


def steps_of(parameters: Parameters, rows: int) -> int:
    """Steps of the whole training; the last one of the last epoch is filled up with rows of the next."""
    if parameters.steps is not None:
        return parameters.steps
    return max(1, math.ceil(round(parameters.epochs * rows) / parameters.batch_size))


def in_order(dataset: Dataset, parameters: Parameters, lengths: Sequence[int] | None = None) -> Dataset:
    """All rows of a training as one dataset, for trainers that take rows one after another.

    Args:
        lengths: tokens of each row, where those of a step are to be of about one length, so that little is padded.
    """
    rows = Order(len(dataset), parameters.seed).rows(0, steps_of(parameters, len(dataset)) * parameters.batch_size)
    return dataset.select(rows if lengths is None else alike(rows, np.asarray(lengths)[rows], parameters))


def alike(rows: np.ndarray, lengths: np.ndarray, parameters: Parameters) -> np.ndarray:
    """The rows of each 50 steps sorted by their length and taken as steps again, which come in an order of their own."""
    some = _ALIKE * parameters.batch_size
    taken = []
    for start in range(0, len(rows), some):
        by_length = rows[start : start + some][np.argsort(lengths[start : start + some], kind="stable")]
        steps = by_length.reshape(-1, parameters.batch_size)
        taken.append(steps[np.random.default_rng([parameters.seed, start]).permutation(len(steps))].ravel())
    return np.concatenate(taken)


def _load(run: Run, files: DataFiles) -> Dataset:
    missing = [path for path in files.paths if not Path(path).is_file()]
    if missing:
        raise DataError(f"The data's file {missing[0]} is not there, or this node does not see it")
    with run.main_first():
        cache = str(run.job.folder / "cache")
        rows = load_dataset(_FORMATS[files.format], data_files=files.paths, split="train", cache_dir=cache)
    if len(rows) == 0:
        raise DataError(f"There are no rows in {', '.join(files.paths)}")
    return rows


def _select(run: Run, rows: Dataset, alternatives: Sequence[Sequence[str]], optional: Sequence[str]) -> Dataset:
    names = run.job.columns
    there = set(rows.column_names)
    for columns in alternatives:
        if all(names.get(column, column) in there for column in columns):
            break
    else:
        wanted = " or ".join(", ".join(names.get(column, column) for column in columns) for columns in alternatives)
        raise DataError(f"The data has no columns {wanted}; it has {', '.join(sorted(there))}")
    taken = [*columns, *(column for column in optional if names.get(column, column) in there)]
    rows = rows.select_columns([names.get(column, column) for column in taken])
    return rows.rename_columns({names[column]: column for column in taken if names.get(column, column) != column})


def _hold_back(run: Run, rows: Dataset) -> tuple[Dataset, Dataset | None]:
    """Holds back the rows with the lowest hashes, so that a row stays on its side when others come or go."""
    share = run.parameters.eval_share
    if share == 0 or len(rows) < 2:
        return rows, None
    hashes = np.array(run.from_main(_hashes(rows) if run.main else None), dtype=np.float64)
    lowest = np.argsort(hashes, kind="stable")
    held = set(lowest[hashes[lowest] < share].tolist()) or {int(lowest[0])}
    if len(held) == len(rows):
        held.discard(int(lowest[-1]))
    judged = [index for index in lowest.tolist() if index in held][: run.parameters.eval_rows]
    learnt = [index for index in range(len(rows)) if index not in held]
    return rows.select(learnt), rows.select(judged)


def _hashes(rows: Dataset) -> list[float]:
    """A number from 0 to 1 of what each row says; equal rows have equal ones."""
    texts = (json.dumps(row, sort_keys=True, default=str) for row in rows)
    return [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64 for text in texts]
