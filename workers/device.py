"""What this machine trains on, told without importing torch (the trainer reports the device it really used)."""

import asyncio
import os
import shutil


async def describe_device() -> str:
    """E.g. ``NVIDIA H100`` or ``CPU, 2 cores``."""
    if (tool := shutil.which("nvidia-smi")) is not None:
        process = await asyncio.create_subprocess_exec(
            tool,
            "--query-gpu=name",
            "--format=csv,noheader",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        if process.returncode == 0 and (names := output.decode().split("\n")[0].strip()):
            return names
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"CPU, {cores} core{'s' if cores != 1 else ''}"
