"""Behaves like torchrun towards its supervisor and its ranks, and starts in 30 ms: ranks in sessions of their own, SIGTERM
handed on to them, and the end of all where one fails."""

import os
import signal
import subprocess
import sys
import time

argv = sys.argv[1:]
count = int(argv[argv.index("--nproc-per-node") + 1])
rank_file, job_dir = argv[-2:]

stopping = False


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
ranks = [
    subprocess.Popen(
        [sys.executable, "-S", rank_file, job_dir], start_new_session=True, env=os.environ | {"LOCAL_RANK": str(rank)}
    )
    for rank in range(count)
]
told = False
while any(rank.poll() is None for rank in ranks):
    if stopping and not told:
        told = True
        for rank in ranks:
            rank.send_signal(signal.SIGTERM)
    if any(rank.poll() for rank in ranks):
        for rank in ranks:
            rank.terminate()
    time.sleep(0.02)
for rank in ranks:
    if rank.returncode:
        print(f"rank failed (exitcode: {rank.returncode})", flush=True)
sys.exit(1 if any(rank.returncode for rank in ranks) else 0)
