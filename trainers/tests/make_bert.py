"""A tiny encoder for the tests: `make_bert.py FOLDER TEXTS`; its vocabulary is the words of `text` in a JSONL file."""

import json
import re
import string
import sys
from collections import Counter
from pathlib import Path

import torch
from transformers import BertConfig, BertModel, BertTokenizerFast


def main(folder: str, texts: str) -> None:
    Path(folder).mkdir(parents=True)
    lines = Path(texts).read_text(encoding="utf-8").splitlines()
    vocabulary = Path(folder, "vocab.txt")
    vocabulary.write_text("\n".join(word_pieces([json.loads(line)["text"] for line in lines])), encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab=str(vocabulary))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        # Two ways to the same gradient can only be compared without it.
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def word_pieces(texts: list[str], words: int = 1_900) -> list[str]:
    """Special tokens, single characters and the commonest words: the same each time, which the library's trainer,
    that breaks ties by chance, does not give."""
    counts = Counter(word for text in texts for word in re.findall(r"[a-z0-9]{2,}", text.lower()))
    common = sorted(counts, key=lambda word: (-counts[word], word))[:words]
    characters = string.ascii_lowercase + string.digits
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return [*specials, *string.punctuation, *characters, *(f"##{character}" for character in characters), *common]


if __name__ == "__main__":
    main(*sys.argv[1:])
