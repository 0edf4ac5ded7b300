"""The trainer process: reads its order, trains, reports, ends. It never outlives its worker."""

import os
import signal
import socket
import threading

from workers import wire
from workers.messages import TrainerMessage
from workers.recipes.runner import execute

WORKER_GONE = 3


def main(channel: socket.socket) -> None:
    """Carries out the one order that comes over `channel`, in a process forked for it.

    SIGTERM asks the recipe to stop at its next step.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    job, sources, recipes = wire.receive_order(channel)
    threading.Thread(target=_end_with_worker, args=(channel,), daemon=True).start()

    def send(message: TrainerMessage) -> None:
        channel.sendall(wire.pack(message))

    # The server that forked us lives as long as the worker, and what a deployment leaves behind no longer.
    send(execute(job, sources, send, stop.is_set, recipes=recipes, guard=os.getppid()))


def _end_with_worker(channel: socket.socket) -> None:
    """The worker says nothing after its order, so that the next thing to hear is that it is gone."""
    channel.recv(1)
    os._exit(WORKER_GONE)
