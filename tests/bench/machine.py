"""The line that stands beside every figure: when, on what, with which versions."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """Date, processor, cores, Python and the versions that matter."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "discord.py", "SQLAlchemy", "procrastinate"))
    cores = os.cpu_count()
    return f"{datetime.now(UTC):%Y-%m-%d}, {cpu}, {cores} cores, Python {platform.python_version()}, {versions}"


def quantile(values: list[float], q: float) -> float:
    """The value below which a share `q` of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(q * len(ordered) + 0.5) - 1))]
