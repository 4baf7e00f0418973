"""What a node has, and what its kernel has done for lack of it."""

import os


def capacity() -> dict:
    """What this node has: cores that this process may use, GPUs, and bytes of memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path, encoding="ascii") as file:
                memory = min(memory, int(file.read()))
        except (OSError, ValueError):
            pass
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    devices = os.listdir("/dev") if os.path.isdir("/dev") else []
    gpus = sum(name.startswith("nvidia") and name[6:].isdigit() for name in devices)
    return {"cpus": cpus, "gpus": gpus, "memoryBytes": memory}


def oom_kills() -> int:
    """Processes ended for lack of memory so far: of this process's control group, where it counts them, or of the node."""
    counts = ["/proc/vmstat"]
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            for number, controllers, path in (line.rstrip("/\n").split(":", 2) for line in file):
                if number == "0":
                    counts.insert(0, f"/sys/fs/cgroup{path}/memory.events")
                elif controllers == "memory":
                    counts.insert(0, f"/sys/fs/cgroup/memory{path}/memory.oom_control")
    except OSError:
        pass
    for path in counts:
        try:
            with open(path, encoding="ascii") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
        except (OSError, StopIteration):
            continue
    return 0
