"""The answering process: holds a few trained models and answers questions to them, one after the other."""

import math
import signal
import socket

from workers import wire
from workers.recipes.answerer import Answerer
from workers.using import ANSWER_LIMIT

_GRACE = 5


def main(channel: socket.socket) -> None:
    """Answers what comes over `channel`, in a process forked for it, until the worker is gone.

    The worker ends a question that takes too long; the alarm is for when the worker itself was killed meanwhile.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    answerer = Answerer()
    for question in wire.questions(channel):
        signal.alarm(math.ceil(ANSWER_LIMIT) + _GRACE)
        reply = answerer.reply(question)
        signal.alarm(0)
        channel.sendall(wire.pack(reply))
