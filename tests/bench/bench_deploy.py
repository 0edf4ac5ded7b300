"""A model of `/run deploy` beside the usual way to serve one, FastAPI with PyTorch in process, on this machine.

    python -m tests.bench.bench_deploy [--requests 300]

The usual way (FastAPI's and PyTorch's tutorials): the network as it was trained answers in the handler. Both get the
same PNG over HTTP from one client, one request at a time.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np

from tests.bench.machine import machine
from workers.catalogue import resolve
from workers.messages import Artifact, Finished, Serving, TrainedModel, TrainerMessage
from workers.recipes.deployable import deployable
from workers.recipes.handle import Run
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources

NOWHERE = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
USUAL = """
import io, sys
import numpy as np, torch, uvicorn
from fastapi import FastAPI, Request
from PIL import Image
from workers.recipes.cnn import load_model
net, classes = load_model(open(sys.argv[1], "rb").read())
app = FastAPI()
@app.post("/predict")
async def predict(request: Request):
    picture = Image.open(io.BytesIO(await request.body())).convert("L").resize((8, 8))
    with torch.no_grad():
        chances = net(torch.from_numpy(np.asarray(picture) // 16)[None]).softmax(1)[0]
    return {"label": classes[int(chances.argmax())], "confidence": float(chances.max())}
uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
"""


def asked(address: str, body: bytes, key: str, requests: int) -> list[float]:
    """Milliseconds of each request."""
    request = urllib.request.Request(f"{address}/predict", body, {"X-Key": key, "Content-Type": "image/png"})  # noqa: S310
    times: list[float] = []
    for _ in range(requests + 5):
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            json.load(reply)
        times.append((time.perf_counter() - started) * 1000)
        time.sleep(0.05)  # the deployed model lets 20 a second through
    return times[5:]


def main(arguments: list[str] | None = None) -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=300)
    wish = parser.parse_args(arguments)
    sent: list[TrainerMessage] = []
    execute(resolve("cnn", dataset="digits", seed=1), NOWHERE, sent.append, lambda: False, checkpoint_every=None)
    weights = next(each.data for each in sent if isinstance(each, Artifact) and each.name == "model.pt")
    model = TrainedModel(1, "cnn", "digits", weights)
    started = time.perf_counter()
    outcome = execute(resolve("deploy", model=model), NOWHERE, sent.append, lambda: False, checkpoint_every=None)
    took = time.perf_counter() - started
    assert isinstance(outcome, Finished), outcome
    serving = next(each for each in sent if isinstance(each, Serving))
    body = deployable(Run(resolve("deploy", model=model), NOWHERE, "cpu", lambda _: None, lambda: False)).example.body
    ours = asked(serving.address, body, serving.key, wish.requests)
    os.kill(serving.pid, signal.SIGTERM)
    path = Path("/tmp/waypoint-bench-model.pt")  # noqa: S108 read again at once
    path.write_bytes(weights)
    usual = subprocess.Popen([sys.executable, "-c", USUAL, str(path), "8917"])
    time.sleep(8)
    theirs = asked("http://127.0.0.1:8917", body, "", wish.requests)
    usual.terminate()
    print("| PNG → digit over HTTP | p50, ms | p99, ms |")
    print("|---|---|---|")
    for name, times in (("`/run deploy`", ours), ("FastAPI with PyTorch in process", theirs)):
        print(f"| {name} | {statistics.median(times):.2f} | {np.quantile(times, 0.99):.2f} |")
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"\n{machine()}; ratio {ratio:.1f}; export, checks, int8 and measuring took {took:.1f} s")


if __name__ == "__main__":
    main()
