"""Folders of sentence encoders, as sentence-transformers lays them out: modules, one after another."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

_TYPES = "sentence_transformers.models"
_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": f"{_TYPES}.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{_TYPES}.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{_TYPES}.Normalize"},
]
_HEAD = "2_Dense"
_KEPT = {".json", ".txt", ".model", ".safetensors"}


def has_head(folder: Path) -> bool:
    """Whether there is a layer between the pooled words and the vector."""
    return any(module["type"].endswith("Dense") for module in _modules(folder))


def copy_base(source: Path, target: Path) -> None:
    """The model itself, as it is."""
    for path in source.iterdir():
        if path.is_file() and path.suffix in _KEPT:
            shutil.copy(path, target / path.name)


def as_sentence_transformer(source: Path, target: Path, length: int, width: int) -> None:
    """Adds the files that say how words become one vector, those of the base where it has them."""
    names = ["modules.json", "config_sentence_transformers.json"]
    for path in [*(source / name for name in names), *sorted(source.glob("[0-9]_*"))]:
        if path.is_dir():
            shutil.copytree(path, target / path.name, dirs_exist_ok=True)
        elif path.is_file():
            shutil.copy(path, target / path.name)
    _write(target / "modules.json", _modules(source))
    if not (target / "1_Pooling").exists():
        _write(target / "1_Pooling" / "config.json", {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True})
    limits = source / "sentence_bert_config.json"
    known = json.loads(limits.read_text(encoding="utf-8")) if limits.is_file() else {"max_seq_length": length}
    _write(target / limits.name, known)


def add_head(folder: Path, weight: torch.Tensor) -> None:
    """A linear layer behind the pooling, before the vectors are scaled to length 1."""
    width_out, width_in = weight.shape
    modules = [module for module in _modules(folder) if module["type"].endswith(("Transformer", "Pooling"))]
    modules += [{"path": _HEAD, "type": f"{_TYPES}.Dense"}, {"path": "3_Normalize", "type": f"{_TYPES}.Normalize"}]
    _write(folder / "modules.json", [{**module, "idx": at, "name": str(at)} for at, module in enumerate(modules)])
    identity = "torch.nn.modules.linear.Identity"
    facts = {"in_features": width_in, "out_features": width_out, "bias": False, "activation_function": identity}
    _write(folder / _HEAD / "config.json", facts)
    save_file({"linear.weight": weight.detach().float().cpu().contiguous()}, folder / _HEAD / "model.safetensors")


def _modules(folder: Path) -> list[dict[str, Any]]:
    path = folder / "modules.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else _MODULES


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")
