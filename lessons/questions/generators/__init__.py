"""Every generator, by the skill that it asks for; one module a topic."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from lessons.questions.drawing import Generator
from lessons.questions.generators import (
    backpropagation,
    captioning,
    cnn,
    deployment,
    gan,
    neural_networks,
    preprocessing,
    python_math,
    reinforcement_learning,
    research,
    rnn,
    transfer_learning,
    transformers,
    tuning,
)

MODULES: Final = (
    python_math,
    neural_networks,
    preprocessing,
    backpropagation,
    cnn,
    rnn,
    transfer_learning,
    gan,
    transformers,
    captioning,
    tuning,
    deployment,
    reinforcement_learning,
    research,
)

GENERATORS: Final[Mapping[str, Generator[Any]]] = MappingProxyType(
    {each.skill_id: each for module in MODULES for each in module.GENERATORS}
)
"""A generator is named after the skill that it asks for."""
