"""A rank under the real torchrun: sums with all others, again and again, until it is told to end."""

import os
import signal
import sys
import time

from llm_pack_trainers.lifeline import tie_to_torchrun

tie_to_torchrun()

import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402

stopping = False


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
# Much longer than any test waits: it is not gloo that notices.
dist.init_process_group("gloo")
rounds = 0
while True:
    told = torch.tensor([float(stopping), 1.0])
    dist.all_reduce(told)
    rounds += 1
    if rounds == 20:
        print(f"rank {dist.get_rank()} of {int(told[1].item())}", flush=True)
    if told[0].item() > 0:
        break
    time.sleep(0.02)
print("ended as asked", flush=True)
sys.stdout.flush()
os._exit(0)
