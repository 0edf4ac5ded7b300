"""Ends in the way that the option `how` names."""

import ctypes
import errno
import os
import signal
import time
from pathlib import Path

import torch

from workers.recipes.handle import Result, Run, TrainingError


def train(run: Run) -> Result:  # noqa: C901, PLR0912 a list of ways to end
    run.log(3, 10, loss=0.5)
    match run.job.options["how"]:
        case "raises":
            raise ZeroDivisionError("an inner secret")
        case "wish":
            raise TrainingError("The data set is not here.", "Try another one.")
        case "nan":
            run.log(4, 10, always=True, loss=torch.tensor(float("nan")))
        case "cuda memory":
            raise torch.OutOfMemoryError("CUDA out of memory")
        case "torch memory":
            torch.empty(2**55, dtype=torch.uint8)
        case "full disk":
            with Path("/dev/full").open("wb", buffering=0) as stream:
                stream.write(b"x")
        case "quota":
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
        case "exit":
            os._exit(7)
        case "segfault":
            ctypes.string_at(0)
        case "killed by the system":
            os.kill(os.getpid(), signal.SIGKILL)
        case "grows":
            hoard = []
            while True:
                hoard.append(bytes(2**24))
                hoard[-1] = bytearray(b"x" * 2**24)  # touched, so that it counts
                time.sleep(0.01)
        case "hangs":
            time.sleep(600)
        case "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            run.stage("Not listening")
            time.sleep(600)
        case "big":
            run.artifact("big.bin", os.urandom(2**20) * 64)
            run.stage("Handed over")
            time.sleep(600)
        case other:
            raise AssertionError(other)
    raise AssertionError("it went on")
