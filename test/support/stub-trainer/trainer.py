"""A trainer without PyTorch that keeps the contract of a job's folder (schemas/training.ts).

It learns nothing: its loss falls by a rule that only the step decides, as far as its state, which it keeps in checkpoints,
has come. The first row of the data may say what goes wrong, as `{"stub": {"stepSeconds": 0.02, "faults": [...]}}`, with faults
of one attempt at one step: `{"attempt": 1, "step": 5, "do": "kill"}`, or `"kill-damaged"` (with the newest checkpoint), `"memory"`, `"nan"`, `"user"`, `"data"`, `"hang"`,
`"spike"`, or, of any attempt that takes more rows at once than `above`, `{"do": "memory", "above": 2}`.
"""

import ctypes
import hashlib
import json
import math
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from llm_pack_trainers.errors import failure_class
from llm_pack_trainers.files import when_there_is_room
from llm_pack_trainers.spans import spanned, start_clock

start_clock()
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a rank goes with its torchrun.

folder = Path(sys.argv[1])
rank = int(os.environ["RANK"])
job = json.loads((folder / "job.json").read_text())
attempt, parameters = job["attempt"], job["parameters"]
first_row = json.loads(Path(job["train"]["paths"][0]).read_text().splitlines()[0]) if job["train"]["format"] == "jsonl" else {}
stub: dict[str, Any] = first_row.get("stub") or {}
asked_to_stop = False
# As much of a run as spans are made of.
run = SimpleNamespace(main=rank == 0, job=SimpleNamespace(folder=folder, attempt=attempt))


def on_signal(*_: object) -> None:
    global asked_to_stop
    asked_to_stop = True


signal.signal(signal.SIGTERM, on_signal)


def replace(path: Path, value: object) -> None:
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(value))
    aside.rename(path)


def is_fenced() -> bool:
    return int((folder / "fence").read_text()) > attempt


def has_stopped() -> bool:
    path = folder / "stopped.json"
    return path.exists() and json.loads(path.read_text())["attempt"] == attempt


def end(code: int) -> None:
    sys.stdout.flush()
    os._exit(code)


def fail(kind: str, name: str, message: str, step: int) -> None:
    print(f"{name}: {message}", flush=True)
    report = {"attempt": attempt, "class": kind, "type": name, "message": message, "rank": rank, "step": step}
    replace(folder / "failure.json", report)
    end(1)


def checkpoint(step: int, state: float) -> None:
    if is_fenced():
        end(1)
    target = folder / "checkpoints" / f"step-{step:08d}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    content = json.dumps({"step": step, "state": state}).encode()
    (target / "state.json").write_bytes(content)
    entry = {"name": "state.json", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest = {"step": step, "attempt": attempt, "worldSize": int(os.environ["WORLD_SIZE"]), "rowsSeen": step, "at": time.time()}
    replace(target / "manifest.json", {**manifest, "files": [entry]})


def fault_at(step: int) -> str | None:
    for fault in stub.get("faults", []):
        if fault.get("attempt", attempt) != attempt:
            continue
        if "above" in fault:
            if parameters["microBatchSize"] > fault["above"]:
                return fault["do"]
        elif fault["step"] == step:
            return fault["do"]
    return None


@spanned("train")
def train(_: object) -> tuple[int, float]:
    steps = parameters.get("steps") or 20
    step, state = 0, 1.0
    if job["resumeFrom"] is not None:
        saved = json.loads((folder / "checkpoints" / f"step-{job['resumeFrom']:08d}" / "state.json").read_text())
        step, state = saved["step"], saved["state"]
    print(f"attempt {attempt} begins after step {step}", flush=True)
    with (folder / "metrics.jsonl").open("a") as metrics:
        while step < steps:
            time.sleep(stub.get("stepSeconds", 0.02))
            step += 1
            fault = fault_at(step)
            if fault == "kill-damaged":
                newest = sorted((folder / "checkpoints").glob("step-*"))[-1]
                (newest / "state.json").write_text("{}")
            if fault in ("kill", "kill-damaged"):
                os.kill(os.getpid(), signal.SIGKILL)
            if fault == "hang":
                while True:
                    signal.pause()
            if fault == "memory":
                fail("memory", "OutOfMemoryError", "no room for the batch", step - 1)
            if fault == "user":
                fail("user", "AttributeError", "a defect of the recipe", step - 1)
            if fault == "data":
                fail("data", "ValueError", "a row without a text", step - 1)
            state *= 0.99
            loss: float | None = 2 * state + 0.05 * math.sin(step)
            if fault == "nan":
                loss = None
            if fault == "spike":
                loss = 500.0
            line = {"attempt": attempt, "step": step, "steps": steps, "at": time.time(), "loss": loss}
            line |= {"learningRate": parameters["learningRate"], "gradientNorm": 1.0, "tokensPerSecond": 1000.0}
            metrics.write(json.dumps(line) + "\n")
            metrics.flush()
            if is_fenced():
                end(1)
            is_asked = asked_to_stop or (folder / "control.json").exists()
            if is_asked or step % parameters["checkpointEverySteps"] == 0:
                checkpoint(step, state)
            if is_asked:
                replace(folder / "stopped.json", {"attempt": attempt, "step": step})
                end(0)
    return steps, state


@spanned("save")
def publish(_: object, steps: int, state: float) -> None:
    aside = folder / f"result.{attempt}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    if "layers" in parameters:
        cut_base(Path(job["models"]["base"]), aside, parameters["layers"])
    else:
        config = {"architectures": ["StubForCausalLM"], "model_type": "stub"}
        (aside / "config.json").write_text(json.dumps(config))
        # One tensor, as safetensors has it: the length of the header, the header, the bytes.
        header = json.dumps({"state": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
        (aside / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
        (aside / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"a": 0}}}))
    (aside / "README.md").write_text("# A stub\n")
    (aside / "result.json").write_text(
        json.dumps(
            {
                "attempt": attempt,
                "steps": steps,
                "before": {"loss": stub.get("before", 2.0)},
                "after": {"loss": 2 * state},
                "metric": {"name": "loss", "better": "lower"},
                "architecture": json.loads((aside / "config.json").read_text())["architectures"][0],
                "parameters": 1,
                "rowsSeen": steps,
            }
        )
    )
    if is_fenced():
        end(1)
    aside.rename(folder / "result")
    (folder / "final-state").write_text(repr(state))


def cut_base(base: Path, target: Path, layers: list[int]) -> None:
    """A student that has learnt nothing: the base with some of its layers, and whatever else lies in its folder."""
    shutil.copytree(base, target, dirs_exist_ok=True)
    # Laid out from a store, where nobody may write.
    for name in ("config.json", "model.safetensors", "README.md"):
        (target / name).unlink(missing_ok=True)
    config = json.loads((base / "config.json").read_text())
    (target / "config.json").write_text(json.dumps({**config, "num_hidden_layers": len(layers)}))
    content = (base / "model.safetensors").read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    kept: dict[str, Any] = {}
    parts: list[bytes] = []
    end = 0
    for name, entry in json.loads(content[8:begin]).items():
        if name == "__metadata__":
            continue
        before, found, after = name.partition("encoder.layer.")
        if found:
            number, _, rest = after.partition(".")
            if int(number) not in layers:
                continue
            name = f"{before}{found}{layers.index(int(number))}.{rest}"
        start, stop = entry["data_offsets"]
        parts.append(content[begin + start : begin + stop])
        kept[name] = {**entry, "data_offsets": [end, end := end + stop - start]}
    header = json.dumps(kept).encode()
    (target / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"".join(parts))


if rank == 0:
    try:
        publish(run, *train(run))
    except OSError as error:
        told = failure_class(error), type(error).__name__, str(error), 0
        when_there_is_room(lambda: fail(*told))
else:
    # Ranks wait for one another; these wait for the first, which torchrun tells them of by SIGTERM or SIGKILL.
    while not (folder / "result").exists() and not has_stopped():
        time.sleep(0.05)
end(0)
