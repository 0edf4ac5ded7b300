"""What a recipe trains on: the device, its threads, its number format, its memory."""

import ctypes
import os
import platform
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

_KEEP = 1 << 30  # bytes of freed memory that stay with the process
_LARGEST_HEAP_BLOCK = 32 << 20  # the most that glibc accepts: larger blocks are mapped and unmapped each time
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def prepare() -> str:
    """Sets threads and memory up for training in this process and names the device: ``cuda`` or ``cpu``."""
    keep_freed_memory()
    torch.set_num_threads(usable_cores())
    if not torch.cuda.is_available():
        return "cpu"
    torch.set_float32_matmul_precision("high")
    return "cuda"


def keep_freed_memory() -> None:
    """Lets malloc keep what a training step frees for the next step.

    By default glibc gives it back to the system, and each step pays for the same pages again: 2 million page
    faults, and half of the time, in an epoch of the small CNN on two cores.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEEP)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_HEAP_BLOCK)


def usable_cores() -> int:
    """Cores that this process may use: its affinity, and the quota of its container (cgroup v2), at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        allowed, period = quota.read_text().split()
        if allowed != "max":
            cores = min(cores, round(int(allowed) / int(period)))
    return max(1, cores)


def half_precision(device: str) -> AbstractContextManager[object]:
    """Runs convolutions and matrix products in bfloat16 where the hardware has it; elsewhere it would be slower."""
    return torch.autocast(device, torch.bfloat16) if has_bfloat16(device) else nullcontext()


def has_bfloat16(device: str) -> bool:
    """Whether the device computes in bfloat16 natively."""
    if device == "cuda":
        return torch.cuda.get_device_capability()[0] >= 8
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def describe(device: str) -> str:
    """The device in words, e.g. ``NVIDIA H100 80GB HBM3`` or ``CPU, 2 cores``."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    cores = torch.get_num_threads()
    return f"CPU, {cores} core{'s' if cores != 1 else ''}"
