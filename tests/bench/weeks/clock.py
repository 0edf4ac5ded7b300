"""The simulation's clock: see `clock.c`."""

import mmap
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("clock.c")
_VARIABLE: Final = "WEEKS_CLOCK"


def start_again_with_a_clock(folder: Path, module: str) -> None:
    """Replace this process by one whose clock can be set; returns where that has been done already."""
    if _VARIABLE in os.environ:
        return
    library, file = folder / "clock.so", folder / "clock"
    subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    file.write_bytes(bytes(8))
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own
    environment = {**os.environ, "LD_PRELOAD": str(library), _VARIABLE: str(file)}
    os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]], environment)  # noqa: S606 - ourselves


class Clock:
    """Sets the wall clock of every process that was started with it. It goes on by itself in between."""

    def __init__(self) -> None:
        with Path(os.environ[_VARIABLE]).open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), 8)

    def set(self, moment: datetime) -> None:
        """It is `moment` now."""
        moved_by = int.from_bytes(self._page[:8], sys.byteorder, signed=True)
        real = time.time_ns() - moved_by
        self._page[:8] = (int(moment.timestamp() * 1e9) - real).to_bytes(8, sys.byteorder, signed=True)

    def now(self) -> datetime:
        """What everybody's clock shows."""
        return datetime.now(UTC)
