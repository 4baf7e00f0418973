"""A tiny base for the tests, with a tokenizer of the preferences: `make_base.py FOLDER PREFERENCES [ARCHITECTURE]`."""

import json
import sys
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from llm_pack_trainers.tokenizer import train_tokenizer

_SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
}
_TEMPLATE = (
    "{% for message in messages %}{{ '\n\n' + message['role'].capitalize() + ': ' + message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '\n\nAssistant: ' }}{% endif %}"
)


def main(folder: str, preferences: str, architecture: str = "llama") -> None:
    lines = Path(preferences).read_text(encoding="utf-8").splitlines()[:800]
    tokenizer = train_tokenizer((json.loads(line)["chosen"] for line in lines), 1024)
    tokenizer.chat_template = _TEMPLATE
    kinds = {"llama": (LlamaConfig, LlamaForCausalLM), "qwen3": (Qwen3Config, Qwen3ForCausalLM)}
    config_kind, model_kind = kinds[architecture]
    extra = {"head_dim": 16} if architecture == "qwen3" else {}
    torch.manual_seed(7)
    config = config_kind(
        vocab_size=len(tokenizer),
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **_SIZES,
        **extra,
    )
    model_kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
