"""A tiny encoder for the tests: `make_bert.py FOLDER TEXTS`; its vocabulary is trained on the field `text` of a JSONL file."""

import json
import sys
from pathlib import Path

import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast


def main(folder: str, texts: str) -> None:
    Path(folder).mkdir(parents=True)
    lines = Path(texts).read_text(encoding="utf-8").splitlines()
    words = BertWordPieceTokenizer()
    words.train_from_iterator((json.loads(line)["text"] for line in lines), vocab_size=2_000, show_progress=False)
    words.save_model(folder)
    tokenizer = BertTokenizerFast(vocab=str(Path(folder, "vocab.txt")))
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


if __name__ == "__main__":
    main(*sys.argv[1:])
