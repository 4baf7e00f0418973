"""The parts of contrastive learning that need no training."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import normalize
from transformers import BertConfig, BertForSequenceClassification, BertModel

from llm_pack_trainers.contrastive import _parts, judged, key_of, pool, ranking_loss
from llm_pack_trainers.errors import UserError
from llm_pack_trainers.freezing import freeze
from llm_pack_trainers.sentence_folder import add_head, as_sentence_transformer, has_head
from llm_pack_trainers.vectors import FILE, LinearHead, VectorTable, _complete


def test_keys_tell_texts_apart_and_fit_a_tensor() -> None:
    texts = [f"text {number}" for number in range(1_000)]
    keys = torch.tensor([key_of(text) for text in texts], dtype=torch.int64)
    assert len(set(keys.tolist())) == len(texts)
    assert key_of("text 7") == keys[7]


def test_a_pooled_vector_does_not_depend_on_padding() -> None:
    hidden = torch.randn(2, 5, 8)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    mean = pool(hidden, mask, first=False)
    assert torch.allclose(mean[0], normalize(hidden[0, :3].mean(0), dim=0), atol=1e-6)
    assert torch.allclose(pool(hidden, mask, first=True)[1], normalize(hidden[1, 0], dim=0), atol=1e-6)


def test_the_loss_is_the_cross_entropy_of_scaled_cosines_and_spares_known_answers() -> None:
    anchors, candidates = normalize(torch.randn(3, 8), dim=-1), normalize(torch.randn(4, 8), dim=-1)
    own, none = torch.tensor([0, 1, 2]), torch.zeros(3, 4, dtype=torch.bool)
    plain = torch.nn.functional.cross_entropy(20 * anchors @ candidates.T, own)
    assert torch.allclose(ranking_loss(anchors, candidates, own, none, 20, [8]), plain)
    known = none.clone()
    known[:, 3] = True
    without = torch.nn.functional.cross_entropy(20 * anchors @ candidates[:3].T, own)
    assert torch.allclose(ranking_loss(anchors, candidates, own, known, 20, [8]), without)
    short = ranking_loss(normalize(anchors[:, :4], dim=-1), normalize(candidates[:, :4], dim=-1), own, none, 20, [4])
    assert torch.allclose(ranking_loss(anchors, candidates, own, none, 20, [4, 8]), (short + plain) / 2)


def test_ranks_count_what_is_ahead_and_does_not_answer() -> None:
    similarities = torch.tensor([[0.5, 0.9, 0.1], [0.2, 0.8, 0.1], [0.9, 0.8, 0.7]])
    different = torch.tensor([1, 2, 3])
    # The ranks are 2, 1 and 3.
    assert judged(similarities, different, different) == pytest.approx(((1 / 2 + 1 + 1 / 3) / 3, 1 / 3))
    # Rows 0 and 1 ask the same: what stands in one answers the other.
    assert judged(similarities, torch.tensor([1, 1, 3]), different)[1] == pytest.approx(2 / 3)
    # Columns 0 and 1 are one text, which is ahead of the third once.
    assert judged(similarities, different, torch.tensor([1, 1, 3]))[0] == pytest.approx((1 + 1 + 1 / 2) / 3)


def test_parts_have_all_rows_and_only_the_padding_that_they_need() -> None:
    mask = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    parts = _parts({"input_ids": torch.arange(9).view(3, 3), "attention_mask": mask}, 2)
    assert [part["input_ids"].tolist() for part in parts] == [[[0, 1], [3, 4]], [[6, 7, 8]]]


def _bert(layers: int) -> BertConfig:
    return BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=8, num_labels=2
    )


def test_the_lowest_layers_stay_and_the_others_learn() -> None:
    model = BertModel(_bert(3))
    freeze(model, 2)
    learning = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert learning and all(name.startswith("encoder.layer.2.") for name in learning)
    with pytest.raises(UserError, match="freezeLayers is 3"):
        freeze(model, 3)
    whole = BertModel(_bert(1))
    freeze(whole, 0)
    assert whole.embeddings.word_embeddings.weight.requires_grad
    assert not whole.pooler.dense.weight.requires_grad
    classifier = BertForSequenceClassification(_bert(2))
    freeze(classifier.bert, 1)
    assert classifier.classifier.weight.requires_grad


def test_a_head_that_has_learnt_nothing_changes_nothing() -> None:
    vectors = torch.randn(3, 8)
    assert torch.equal(LinearHead(8)(vectors), vectors)


def test_texts_are_embedded_once_and_found_by_key(tmp_path: Path) -> None:
    asked: list[str] = []

    def embed(texts: list[str]) -> torch.Tensor:
        asked.extend(texts)
        return torch.tensor([[float(len(text)), 1.0] for text in texts])

    path = tmp_path / FILE
    first = {key_of(text): text for text in ("a", "bb", "ccc")}
    _complete(path, first, embed)
    _complete(path, {**first, key_of("dddd"): "dddd"}, embed)
    assert sorted(asked) == ["a", "bb", "ccc", "dddd"]
    held = load_file(path)
    table = VectorTable(held["keys"], held["vectors"])
    assert table.of([key_of("dddd"), key_of("a")])[:, 0].tolist() == [4.0, 1.0]


def test_a_head_stands_between_pooling_and_scaling(tmp_path: Path) -> None:
    as_sentence_transformer(tmp_path / "none", tmp_path, 128, 8)
    assert not has_head(tmp_path)
    add_head(tmp_path, torch.eye(8))
    assert has_head(tmp_path)
    modules = json.loads((tmp_path / "modules.json").read_text())
    assert [module["type"].rsplit(".", 1)[1] for module in modules] == ["Transformer", "Pooling", "Dense", "Normalize"]
    assert [module["idx"] for module in modules] == [0, 1, 2, 3]
