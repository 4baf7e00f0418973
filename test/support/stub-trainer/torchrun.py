"""As much of torchrun as the tests need, in 30 ms: starts the ranks of this node, in sessions of their own, hands SIGTERM on to
them, and ends all where one fails. `torchrun.py OPTIONS RANK.py JOB_DIR`; for the module of the trainers it takes trainer.py."""

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
named, folder = rest[-2:]
program = named if named.endswith(".py") else str(Path(__file__).with_name("trainer.py"))
# Of two nodes at the most, the one where they meet has the first ranks.
first = 0 if options.rdzv_conf == "is_host=true" else options.nproc_per_node


def start(rank: int) -> subprocess.Popen[bytes]:
    world = {"RANK": str(first + rank), "WORLD_SIZE": str(options.nnodes * options.nproc_per_node)}
    env = {**os.environ, **world, "LOCAL_RANK": str(rank)}
    return subprocess.Popen([sys.executable, "-S", program, folder], start_new_session=True, env=env)


ranks: list[subprocess.Popen[bytes]] = []


def forward(number: int, _: object) -> None:
    for process in ranks:
        process.send_signal(number)


signal.signal(signal.SIGTERM, forward)
ranks += [start(rank) for rank in range(options.nproc_per_node)]
while any(process.poll() is None for process in ranks):
    if any(process.poll() for process in ranks):
        break
    time.sleep(0.02)
failed = next((process.returncode for process in ranks if process.returncode), None)
if failed is None:
    sys.exit(0)
for process in ranks:
    process.kill()
    process.wait()
died = f" Signal {-failed} ({signal.Signals(-failed).name}) received by PID" if failed < 0 else ""
print(f"failed (exitcode: {failed}){died}", flush=True)
sys.exit(1)
