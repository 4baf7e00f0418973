"""The kit's parts that need neither ranks nor a training."""

import errno
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import LlamaConfig, LlamaForCausalLM

from llm_pack_trainers import rewards
from llm_pack_trainers.data import Order
from llm_pack_trainers.errors import CheckpointError, DataError, NumericError, UserError, failure_class
from llm_pack_trainers.files import read_json, when_there_is_room, write_json
from llm_pack_trainers.job import Lora, read_job
from llm_pack_trainers.metrics import MetricLog
from llm_pack_trainers.packing import IGNORED, _pack, check_tokens, collate
from llm_pack_trainers.strict import parse
from llm_pack_trainers.tokenizer import train_tokenizer
from llm_pack_trainers.upcycle import upcycle


def test_order_goes_through_all_rows_in_each_epoch_and_can_begin_anywhere() -> None:
    order = Order(7, seed=3)
    positions = order.rows(0, 21)
    for epoch in range(3):
        assert sorted(positions[epoch * 7 : epoch * 7 + 7]) == list(range(7))
    assert not np.array_equal(positions[:7], positions[7:14])
    for start in range(20):
        assert np.array_equal(Order(7, seed=3).rows(start, 21 - start), positions[start:])
    assert not np.array_equal(Order(7, seed=4).rows(0, 21), positions)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"rank": 4, "alpha": 1, "dropout": 0, "targets": ["q"], "quantised": False}, "lora.result is missing"),
        (
            {"rank": 4.5, "alpha": 1, "dropout": 0, "targets": "q", "quantised": False, "result": "merged"},
            "lora.rank is 4.5, which is no int",
        ),
        ({"ranks": 4}, "lora.ranks is not known"),
        (
            {"rank": True, "alpha": 1, "dropout": 0, "targets": 1, "quantised": False, "result": "merged"},
            "lora.rank is True",
        ),
        ([], "should be an object"),
    ],
)
def test_parameters_are_read_strictly(value: object, said: str) -> None:
    with pytest.raises(UserError, match=said.replace(".", r"\.")):
        parse(Lora, value, "lora")


@dataclass(frozen=True, kw_only=True)
class _Some:
    both_kinds: str | list[str]
    maybe: Lora | None = None
    shares: dict[str, float]


def test_parameters_may_be_of_several_kinds_or_missing() -> None:
    assert parse(_Some, {"bothKinds": ["a"], "shares": {"x": 1}}, "it") == _Some(both_kinds=["a"], shares={"x": 1.0})
    with pytest.raises(UserError, match=r"it\.maybe\.rank is missing"):
        parse(_Some, {"bothKinds": "a", "shares": {}, "maybe": {}}, "it")


def test_a_job_of_another_form_is_a_defect_of_who_wrote_it(tmp_path: Path) -> None:
    write_json(tmp_path / "job.json", {"id": "x", "attempts": 1})
    with pytest.raises(UserError, match=r"job\.attempts is not known"):
        read_job(tmp_path)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NumericError("NaN"), "numeric"),
        (DataError("no rows"), "data"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "data"),
        (MemoryError(), "memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), "memory"),
        (RuntimeError("[/gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:1"), "infrastructure"),
        (torch.distributed.DistBackendError("NCCL error"), "infrastructure"),
        (ConnectionResetError(), "infrastructure"),
        (OSError(errno.ENOSPC, "No space left on device"), "infrastructure"),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"), "infrastructure"),
        (RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed"), "infrastructure"),
        (Exception("Error while serializing: I/O error: No space left on device (os error 28)"), "infrastructure"),
        (UserError("what it says of 'No space left on device' is its own"), "user"),
        (CheckpointError("damaged"), "infrastructure"),
        (ModuleNotFoundError("no module"), "user"),
        (TypeError("wrong"), "user"),
        (RuntimeError("shapes do not match"), "user"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "user"),
    ],
)
def test_failures_have_the_class_that_decides_what_follows(error: BaseException, kind: str) -> None:
    assert failure_class(error) == kind


def test_numbers_that_json_does_not_have_are_null_and_torn_lines_go(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"attempt": 1, "step": 1}\n{"attempt": 1, "st')
    write_json(
        tmp_path / "job.json",
        {
            "id": "x",
            "attempt": 2,
            "recipe": "sft",
            "parameters": {},
            "models": {},
            "train": {"format": "jsonl", "paths": ["a"], "rows": 1},
            "eval": None,
            "columns": {},
            "resumeFrom": None,
            "dir": str(tmp_path),
            "lineage": {},
        },
    )
    log = MetricLog(read_job(tmp_path), main=True)
    log.write(2, 9, {"loss": float("nan"), "gradientNorm": float("inf")}, {"kl": 0.5})
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert lines[1]["loss"] is None and lines[1]["gradientNorm"] is None and lines[1]["extra"] == {"kl": 0.5}


def test_what_finds_no_room_is_written_once_there_is_some_and_not_for_ever() -> None:
    tried: list[int] = []

    def write(until: int, number: int) -> None:
        tried.append(number)
        if len(tried) < until:
            raise OSError(number, "no")

    when_there_is_room(lambda: write(3, errno.ENOSPC), seconds=1)
    assert len(tried) == 3
    tried.clear()
    with pytest.raises(OSError, match="no"):
        when_there_is_room(lambda: write(1000, errno.ENOSPC), seconds=0.05)
    assert len(tried) > 1
    tried.clear()
    with pytest.raises(OSError, match="no"):
        when_there_is_room(lambda: write(3, errno.EACCES), seconds=1)
    assert len(tried) == 1


def test_json_is_whole_or_not_there(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") is None
    write_json(tmp_path / "a.json", {"a": 1})
    assert read_json(tmp_path / "a.json") == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_packed_sequences_keep_all_tokens_and_never_learn_across_documents() -> None:
    texts = ["one two three", "", "four " * 30, "five"]
    tokenizer = train_tokenizer(texts, 300)
    packed = _pack({"text": texts}, tokenizer, 16)
    assert [len(ids) for ids in packed["input_ids"][:-1]] == [16] * (len(packed["input_ids"]) - 1)
    together = [token for ids in packed["input_ids"] for token in ids]
    expected = [token for text in texts if text for token in [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]]
    assert together == expected
    assert [sum(lengths) for lengths in packed["seq_lengths"]] == [len(ids) for ids in packed["input_ids"]]

    rows = [dict(zip(packed, pair, strict=True)) for pair in zip(*packed.values(), strict=True)]
    batch = collate(rows, tokenizer.pad_token_id, torch.device("cpu"))
    begins = (batch.position_ids == 0) & (batch.input_ids != tokenizer.pad_token_id)
    assert int(begins.sum()) == sum(len(lengths) for lengths in packed["seq_lengths"])
    assert bool((batch.labels[begins] == IGNORED).all())
    assert bool((batch.labels[batch.input_ids == tokenizer.pad_token_id] == IGNORED).all())


def test_packed_documents_are_as_if_each_stood_alone() -> None:
    torch.manual_seed(1)
    model = LlamaForCausalLM(_tiny()).eval()
    first, second = [5, 6, 7, 8, 9], [10, 11, 12]
    rows = [{"input_ids": first + second, "seq_lengths": [5, 3]}, {"input_ids": second + [0, 0], "seq_lengths": [3]}]
    batch = collate(rows, 0, torch.device("cpu"))
    with torch.no_grad():
        together = model(input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False).logits
        alone = model(input_ids=torch.tensor([second])).logits[0]
    assert torch.allclose(together[0, 5:], alone, atol=1e-5)
    assert torch.allclose(together[1, :3], alone, atol=1e-5)


def test_packed_rows_are_of_the_models_tokens_and_no_longer_than_planned() -> None:
    rows = Dataset.from_list([{"input_ids": [1, 2, 3]}])
    check_tokens(rows, 4, 3)
    with pytest.raises(DataError, match="has the token 3, and the model has 3"):
        check_tokens(rows, 3, 3)
    with pytest.raises(DataError, match="has 3 tokens, and maxLength is 2"):
        check_tokens(rows, 4, 2)


def test_a_model_made_of_experts_says_what_the_dense_one_did() -> None:
    torch.manual_seed(1)
    dense = LlamaForCausalLM(_tiny()).eval()
    experts = upcycle(dense, experts=4, chosen=2, noise=0.02).eval()
    tokens = torch.randint(0, 64, (2, 12))
    with torch.no_grad():
        assert torch.allclose(experts(tokens).logits, dense(tokens).logits, atol=1e-5)
    assert experts.model.layers[0].mlp.gate.weight.std() > 0


def test_rewards_are_what_can_be_checked() -> None:
    said = ["42 ", "no", '{"a": 1}', [{"role": "assistant", "content": "42"}]]
    assert rewards.exact(completions=said, answer=["42", "42", "42", "42"]) == [1, 0, 0, 1]
    assert rewards.json_valid(completions=said) == [1, 0, 1, 1]
    regex = rewards.make(rewards.Reward(kind="regex", weight=1, pattern=r"^\d+\s*$"))
    assert regex(completions=said) == [1, 0, 0, 1]
    length = rewards.make(rewards.Reward(kind="length", weight=1, least=2, most=4))
    assert length(completion_ids=[[1], [1, 1], [1] * 4, [1] * 8, []]) == [0.5, 1, 1, 0.5, 0]
    with pytest.raises(UserError, match="no regular expression"):
        rewards.make(rewards.Reward(kind="regex", weight=1, pattern="("))


def _tiny() -> LlamaConfig:
    return LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
    )
