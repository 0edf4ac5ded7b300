"""Ends in the way that the wish names."""

import ctypes
import os
import time
from collections.abc import Callable

from workers.messages import TrainedModel
from workers.report import Report
from workers.using import Answer, Wish


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    if model.data == b"torn":
        raise EOFError("an inner secret")
    return ask


def ask(wish: Wish) -> Answer:
    match wish.text:
        case "raises":
            raise ZeroDivisionError("an inner secret")
        case "exit":
            os._exit(7)
        case "segfault":
            ctypes.string_at(0)
        case "hangs":
            time.sleep(600)
        case "grows":
            hoard: list[bytearray] = []
            while True:
                hoard.append(bytearray(b"x" * 2**24))  # touched, so that it counts
                time.sleep(0.01)
        case _:
            return Answer(Report(f"still here as {os.getpid()}", ()))
    raise AssertionError("it went on")
