"""Our Node encoder against sentence-transformers: the same texts, the same vectors.

Started by test/trainers/encoder-parity.test.ts, which encodes the texts in Node and names in LLM_PACK_PARITY a JSON file
with {"weights": folder, "texts": [...], "vectors": file of little-endian float32}. That the texts go in as text proves the
tokenizer too.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer


@pytest.fixture(scope="module")
def parity() -> dict:
    return json.loads(Path(os.environ["LLM_PACK_PARITY"]).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pairs(parity: dict) -> tuple[np.ndarray, np.ndarray]:
    """(reference, ours), one row a text."""
    model = SentenceTransformer(parity["weights"], device="cpu")
    reference = model.encode(parity["texts"], batch_size=16, convert_to_numpy=True)
    ours = np.fromfile(parity["vectors"], dtype="<f4").reshape(reference.shape)
    return reference.astype(np.float64), ours.astype(np.float64)


def test_vectors_are_unit_length(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    _, ours = pairs
    assert np.abs(np.linalg.norm(ours, axis=1) - 1).max() < 1e-5


def test_vectors_equal_those_of_sentence_transformers(parity: dict, pairs: tuple[np.ndarray, np.ndarray]) -> None:
    reference, ours = pairs
    cosine = (reference * ours).sum(axis=1) / np.linalg.norm(reference, axis=1) / np.linalg.norm(ours, axis=1)
    worst = int(cosine.argmin())
    print(
        f"\nparity over {len(cosine)} texts: worst cosine {cosine[worst]:.8f}, "
        f"largest difference of a number {np.abs(reference - ours).max():.2e}"
    )
    assert cosine[worst] >= 0.9999, parity["texts"][worst][:200]
