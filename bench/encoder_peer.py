"""sentence-transformers on the CPU, for bench/peer-encoder.ts: encodes the same texts once for each line it is sent.

Its argument is a JSON file {"weights": folder, "texts": [...], "threads": number}. Each answer is a line of JSON with the
seconds of the clock and of the CPU, all threads together.
"""

import json
import resource
import sys
import time

import torch
from sentence_transformers import SentenceTransformer


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    torch.set_num_threads(task["threads"])
    model = SentenceTransformer(task["weights"], device="cpu")
    model.encode(task["texts"][:64])
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        began, cpu = time.perf_counter(), cpu_seconds()
        # Its own defaults: batches of 32, sorted by length, as 32-bit floats.
        model.encode(task["texts"], convert_to_numpy=True, show_progress_bar=False)
        print(json.dumps({"wall": time.perf_counter() - began, "cpu": cpu_seconds() - cpu}), flush=True)


main()
