"""A rank that does as the job's parameters say. It has a child of its own, as one with data loaders has."""

import json
import os
import signal
import subprocess
import sys
import time

from llm_pack_trainers.lifeline import tie_to_torchrun

tie_to_torchrun()
job_dir = sys.argv[1]
with open(f"{job_dir}/job.json", encoding="utf-8") as file:
    wanted = json.load(file)["parameters"]

stopping = False


def stop(*_):
    global stopping
    stopping = not wanted.get("deaf", False)


signal.signal(signal.SIGTERM, stop)
subprocess.Popen(["sleep", "1000"])
print(f"rank {os.environ['LOCAL_RANK']} {wanted.get('says', '')}", flush=True)
with open(f"{job_dir}/ranks", "a", encoding="utf-8") as file:
    file.write(f"{os.getpid()}\n")

hoard = []
while wanted.get("hoards") and os.environ["LOCAL_RANK"] == "0":
    hoard.append(bytearray(b"x" * 2**20))

until = time.monotonic() + wanted.get("seconds", 600)
while time.monotonic() < until and not stopping and not os.path.exists(f"{job_dir}/control.json"):
    time.sleep(0.02)
os._exit(wanted.get("exitCode", 0))
