"""Entry point of a Ray job of several nodes: has Ray set them aside, each a host of its own, and keeps a supervisor on each.

    python ray_entry.py FOLDER PYTHON '{"cpus": 8, "gpus": 1, "memoryBytes": 68719476736}'

Runs under the cluster's own Python; PYTHON is the one with what the trainers need. SIGTERM asks for the end.
"""

import json
import os
import signal
import subprocess
import sys

# This folder: nothing in it may hide a module that Ray imports.
del sys.path[0]

import ray  # noqa: E402
from ray.util.placement_group import placement_group  # noqa: E402
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy  # noqa: E402

SUPERVISE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "supervise.py")


def address() -> str:
    return ray.util.get_node_ip_address()


def keep(folder: str, python: str, node: int, host: str) -> int:
    """Keeps one node; its supervisor ends when this process does. Returns the exit code."""
    return subprocess.call([python, "-I", "-S", SUPERVISE, "run", folder, str(node), host])


def main(folder: str, python: str, each: dict) -> int:
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        nodes = json.load(file)["nodes"]

    def stop(*_: object) -> None:
        # The supervisors, wherever they are, look for it.
        open(os.path.join(folder, "stop"), "w").close()

    signal.signal(signal.SIGTERM, stop)
    ray.init(address="auto", log_to_driver=False)
    # Ray's own handler of SIGTERM would end this process before the nodes have.
    signal.signal(signal.SIGTERM, stop)
    bundle = {"CPU": each["cpus"], "GPU": each["gpus"], "memory": each["memoryBytes"]}
    group = placement_group([{name: amount for name, amount in bundle.items() if amount}] * nodes, "STRICT_SPREAD")
    while not group.wait(1):
        if os.path.exists(os.path.join(folder, "stop")):
            return 1

    def on(node: int, function, **resources: float):
        strategy = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=node)
        return ray.remote(function).options(max_retries=0, scheduling_strategy=strategy, **resources)

    host = ray.get(on(0, address, num_cpus=0).remote())
    size = {"num_cpus": each["cpus"], "num_gpus": each["gpus"], "memory": each["memoryBytes"]}
    codes = [on(node, keep, **size).remote(folder, python, node, host) for node in range(nodes)]
    ended = []
    for code in codes:
        try:
            ended.append(ray.get(code))
        except ray.exceptions.RayError as error:
            print(error, flush=True)
            ended.append(1)
    return next((code for code in ended if code != 0), 0)


if __name__ == "__main__":
    code = main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
    sys.stdout.flush()
    os._exit(code)
