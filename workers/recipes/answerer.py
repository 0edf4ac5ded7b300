"""Asks trained models, and keeps the last few of them in memory: every way it can end becomes one `Reply`."""

import importlib
import traceback
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol, TypeAlias, cast

import torch

from lessons.errors import PersonError
from workers.messages import TrainedModel
from workers.recipes import device
from workers.using import Answer, Refused, Wish
from workers.wire import Question, Reply

KEEP_MODELS = 4
KEEP_BYTES = 256 * 2**20
"""Of model files: what is kept of them in memory is about as large."""
SMALL = 4 * 2**20
"""A model file below this is asked on one thread: more would wait for each other, and for a training beside."""

Ask: TypeAlias = Callable[[Wish], Answer]


class UseModule(Protocol):
    """The heavy half of using a project's models."""

    def load(self, model: TrainedModel | None, device: str) -> Ask:
        """Rebuilds the model; what is returned answers."""
        ...


class Answerer:
    """Loaded models, the one asked last at the end.

    On the CPU: one picture or one line of text is a matter of milliseconds there, and the GPU is the training's.
    """

    def __init__(self) -> None:
        self._loaded: OrderedDict[tuple[str, int | None], tuple[Ask, int]] = OrderedDict()

    def reply(self, question: Question) -> Reply:
        """Answers a question; whatever a model's code raises becomes a sentence."""
        said = self._say(question)
        holds = frozenset(run_id for _, run_id in self._loaded if run_id is not None)
        return Reply(said, holds)

    def _say(self, question: Question) -> Answer | Refused:
        key = (question.project, question.run_id)
        try:
            ask, size = self._loaded.get(key) or self._load(question)
            self._loaded[key] = ask, size
            self._loaded.move_to_end(key)
            torch.set_num_threads(1 if size < SMALL else device.usable_cores())
            return ask(question.wish)
        except PersonError as error:
            return Refused(error.sentence)
        except MemoryError:
            self._loaded.clear()
            return Refused("The worker has too little memory free for that. Try again in a minute.")
        except Exception as error:  # noqa: BLE001 - whatever it raises, the person gets a sentence and the log the rest
            self._loaded.pop(key, None)
            detail = "".join(traceback.format_exception(error))
            return Refused(
                f"The model could not answer: {type(error).__name__}. This is not your fault; the log has the details.",
                detail,
            )

    def _load(self, question: Question) -> tuple[Ask, int]:
        """The model, rebuilt, and the size of its file; the ones asked longest ago make room."""
        if question.run_id is not None and question.model is None:
            message = f"the model of run {question.run_id} was not sent along"
            raise LookupError(message)
        module = cast("UseModule", importlib.import_module(f"{question.package}.{question.project}_use"))
        size = len(question.model.data) if question.model else 0
        while self._loaded and (
            len(self._loaded) >= KEEP_MODELS or sum(kept for _, kept in self._loaded.values()) + size > KEEP_BYTES
        ):
            self._loaded.popitem(last=False)
        return module.load(question.model, "cpu"), size
