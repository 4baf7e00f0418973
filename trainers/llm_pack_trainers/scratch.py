"""What training from nothing, or on packed sequences, begins with: tokenizer, sequences, and a model's size."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from .data import read_rows
from .errors import UserError
from .files import move_folder
from .loop import Loop
from .packing import check_tokens, pack
from .result import Outcome, publish_result
from .runtime import Run
from .spans import spanned
from .tokenizer import train_tokenizer

_TEXTS_FOR_TOKENIZER = 50_000


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Of a model that is made anew; without a base it is needed."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    tied_embeddings: bool
    vocabulary: int

    def options(self, tokenizer: PreTrainedTokenizerBase, length: int) -> dict[str, Any]:
        """For the configuration of a decoder of transformers."""
        return {
            "vocab_size": len(tokenizer),
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_value_heads,
            "max_position_embeddings": length,
            "tie_word_embeddings": self.tied_embeddings,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        }


def read_sequences(run: Run, vocabulary: int) -> tuple[PreTrainedTokenizerBase, Dataset, Dataset | None]:
    """The tokenizer, and packed sequences to learn from and to judge by.

    The tokenizer is that of the role `tokenizer`, of the base, or one of `vocabulary` tokens that is trained on the texts.

    Raises:
        UserError: where there are tokens already and no tokenizer is named.
        DataError: where the tokens are of another one.
    """
    rows, kept = read_rows(run, (("input_ids",), ("text",)), ("seq_lengths",))
    packed = "input_ids" in rows.column_names
    named = run.job.models.get("tokenizer") or run.job.models.get("base")
    if named is None and packed:
        raise UserError("The data has tokens: name their tokenizer, in the role 'tokenizer' or with a base")
    tokenizer = AutoTokenizer.from_pretrained(named or _own_tokenizer(run, rows, vocabulary))
    if tokenizer.eos_token_id is None:
        raise UserError("The tokenizer has no token for the end of a text")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if packed:
        check_tokens(rows, len(tokenizer), run.parameters.max_length)
    return tokenizer, pack(run, rows, tokenizer), pack(run, kept, tokenizer)


def _own_tokenizer(run: Run, rows: Dataset, vocabulary: int) -> str:
    """Made once for a job: a later attempt must go on with the same one."""
    folder = run.job.folder / "tokenizer"
    if run.main and not folder.exists():
        making = Path(f"{folder}.{run.job.attempt}")
        texts = rows.select(range(min(len(rows), _TEXTS_FOR_TOKENIZER)))
        train_tokenizer((row["text"] for row in texts if row["text"]), vocabulary).save_pretrained(making)
        move_folder(making, folder)
    run.barrier()
    return str(folder)


@spanned("train")
def _train(run: Run, loop: Loop) -> Outcome:
    return loop.train()


def train_and_publish(
    run: Run, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: Dataset, kept: Dataset | None
) -> None:
    """Trains a causal language model on packed sequences, and writes the result."""
    # Weights of 16 bits would lose the small steps of the optimiser.
    dtype = model.config.dtype or torch.float32
    loop = Loop(run, model.float(), rows, kept, tokenizer.pad_token_id)
    outcome = _train(run, loop)
    weights = loop.whole_weights()

    def save(folder: Path) -> int:
        model.config.dtype = dtype
        model.save_pretrained(folder, state_dict={name: value.to(dtype) for name, value in weights.items()})
        tokenizer.save_pretrained(folder)
        return model.num_parameters()

    publish_result(run, outcome, ("loss", "lower"), save)
