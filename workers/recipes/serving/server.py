"""The process that answers for a deployed model.

    python -m workers.recipes.serving.server FOLDER --host 127.0.0.1 --port 0 --guard PID --seconds 3600

FOLDER holds ``model.onnx``, ``about.json``, ``key`` and, for texts, ``model.pt``; it is read into memory and deleted.
One line of JSON on standard output says the port. Whoever looks after the process from then on sends SIGUSR1; without
that it ends after a while. It also ends when its time is over and when the process that it is guarded by is gone, so
that nothing is left behind by a trainer or a worker that was killed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import psutil
import uvicorn

from workers.recipes.serving.about import About
from workers.recipes.serving.app import create_app
from workers.recipes.serving.inputs import Arrays, text_numbers

KEPT_WITHIN = 900.0
"""Seconds for the worker to write down that it looks after this server: a database may be away for minutes."""
_LOOK_EVERY = 1.0
_BACKLOG = 64


class OnnxModel:
    """A classifier as an ONNX file: prepared inputs → probability of each class, on one thread.

    Args:
        model: The file's bytes, with an output ``logits`` of shape ``[N, classes]``.
        classes: Names, by index.
    """

    def __init__(self, model: bytes, classes: tuple[str, ...]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._classes = classes

        # An input that the network does not use is not in the file.
        self._inputs = {each.name for each in self._session.get_inputs()}

    def logits(self, *inputs: np.ndarray) -> np.ndarray:
        """``float32[N, classes]`` for a batch of prepared inputs, named ``input_0``, ``input_1``, …."""
        named = {f"input_{place}": each for place, each in enumerate(inputs)}
        return self._session.run(["logits"], {name: each for name, each in named.items() if name in self._inputs})[0]

    def __call__(self, prepared: Arrays) -> dict[str, float]:
        """The probability of each class for one request's inputs (no batch axis)."""
        logits = self.logits(*(each[None] for each in prepared))[0].astype(np.float64)
        exponents = np.exp(logits - logits.max())
        return dict(zip(self._classes, (exponents / exponents.sum()).tolist(), strict=True))


def main(arguments: list[str] | None = None) -> None:
    """Serves until the time is over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--guard", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    wish = parser.parse_args(arguments)
    about = About.model_validate_json((wish.folder / "about.json").read_text())
    key = (wish.folder / "key").read_text().strip()
    model = OnnxModel((wish.folder / "model.onnx").read_bytes(), about.classes)
    numbers = text_numbers((wish.folder / "model.pt").read_bytes(), about) if about.kind == "text" else None
    shutil.rmtree(wish.folder, ignore_errors=True)
    ends_at = time.time() + wish.seconds
    app = create_app(about, model, key, ends_at, numbers=numbers)
    family = socket.AF_INET6 if ":" in wish.host else socket.AF_INET
    with socket.create_server((wish.host, wish.port), family=family, backlog=_BACKLOG) as listener:
        port = int(listener.getsockname()[1])
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, limit_concurrency=_BACKLOG, server_header=False)
        )
        asyncio.run(_serve(server, listener, wish.guard, ends_at, port))


async def _serve(server: uvicorn.Server, listener: socket.socket, guard: int, ends_at: float, port: int) -> None:
    watch = asyncio.create_task(_watch(server, guard, ends_at))
    say = asyncio.create_task(_say_ready(server, port))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in (watch, say):
            task.cancel()


async def _say_ready(server: uvicorn.Server, port: int) -> None:
    while not server.started:  # noqa: ASYNC110 uvicorn has no event for it
        await asyncio.sleep(0.01)
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    # Whoever read the line is about to go; later output must not find a closed pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _watch(server: uvicorn.Server, guard: int, ends_at: float) -> None:
    """Ends the server when its time is over, its guard is gone, or nobody has said that they look after it."""
    kept = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, kept.set)
    claimed_by = time.time() + KEPT_WITHIN
    guarded_by: psutil.Process | None = None
    with contextlib.suppress(psutil.NoSuchProcess):
        guarded_by = psutil.Process(guard)
    # is_running() compares the start time too: another process with the same id is not the guard.
    while guarded_by is not None and guarded_by.is_running() and time.time() < ends_at:
        if not kept.is_set() and time.time() > claimed_by:
            break
        await asyncio.sleep(_LOOK_EVERY)
    server.should_exit = True


if __name__ == "__main__":
    main()
