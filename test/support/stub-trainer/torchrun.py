"""As much of torchrun as the tests need: starts the ranks of this node, and ends with the first that fails."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--nnodes", type=int, default=1)
parser.add_argument("--nproc-per-node", type=int, default=1)
parser.add_argument("--rdzv-conf", default="is_host=true")
options, rest = parser.parse_known_args()
folder = rest[-1]
# Of two nodes at the most, the one where they meet has the first ranks.
first = 0 if options.rdzv_conf == "is_host=true" else options.nproc_per_node
trainer = str(Path(__file__).with_name("trainer.py"))

ranks = [
    subprocess.Popen(
        [sys.executable, trainer, folder],
        env={**os.environ, "RANK": str(first + rank), "WORLD_SIZE": str(options.nnodes * options.nproc_per_node)},
    )
    for rank in range(options.nproc_per_node)
]


def forward(number: int, _: object) -> None:
    for process in ranks:
        process.send_signal(number)


signal.signal(signal.SIGTERM, forward)
while True:
    codes = [process.poll() for process in ranks]
    failed = next((code for code in codes if code not in (None, 0)), None)
    if failed is not None:
        for process in ranks:
            process.kill()
        if failed < 0:
            print(f"exitcode  : {failed} (pid: ?) Signal {-failed} ({signal.Signals(-failed).name}) received by PID", flush=True)
        os._exit(1)
    if all(code == 0 for code in codes):
        os._exit(0)
    time.sleep(0.05)
