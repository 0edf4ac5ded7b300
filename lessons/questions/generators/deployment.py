"""Deployment: how large weights are; `deployment_int8` and `deployment_service` have the rest."""

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Generator, Redraw
from lessons.questions.generators import deployment_int8, deployment_service
from lessons.questions.model import Typed
from lessons.questions.wording import short

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}
"""Bytes of one weight by number format."""


@dataclass(frozen=True, slots=True)
class WeightMemory:
    """A model's weights, in a number format."""

    kind: Literal["size", "shrink", "weights"]
    weights: float
    """In millions, or thousands of millions for ``large``."""
    form: str
    target: str
    """The number format after shrinking."""
    large: bool

    @property
    def size(self) -> float:
        """Size in ``form``, in MB or GB."""
        return self.weights * BYTES[self.form]


def draw_weight_memory(dice: Random) -> WeightMemory:
    """Sizes of models that people use, from a phone's to one that needs a server."""
    large = dice.random() < 0.35
    sizes = (0.5, 1, 3, 7, 8, 13, 34, 70) if large else (1.2, 3.5, 5.3, 11.7, 25.6, 44.5, 60, 86, 110, 138, 340)
    return WeightMemory(
        kind=dice.choice(("size", "size", "shrink", "weights")),
        weights=dice.choice(sizes),
        form=dice.choice(tuple(BYTES)),
        target=dice.choice(tuple(BYTES)),
        large=large,
    )


def ask_weight_memory(given: WeightMemory) -> Draft:
    """Bytes a weight times weights."""
    match given.kind:
        case "size":
            return _ask_size(given)
        case "shrink":
            return _ask_shrink(given)
        case "weights":
            return _ask_weights(given)


def _units(given: WeightMemory) -> tuple[str, str, str]:
    """The unit of size, what it is, and the unit of weights."""
    return ("GB", "1 GB = 10⁹ bytes", "billion") if given.large else ("MB", "1 MB = 10⁶ bytes", "million")


def _ask_size(given: WeightMemory) -> Draft:
    unit, means, many = _units(given)
    each, n = BYTES[given.form], given.weights
    other, other_form = (8, "float64") if each == 4 else (4, "float32")
    wrong = [
        (
            8 * each * n,
            "bits-as-bytes",
            (
                f"That takes the {8 * each} bits of a `{given.form}` for bytes. A byte has eight bits, so a weight "
                f"takes {each}."
            ),
        ),
        (
            other * n,
            "another-format",
            f"That is {other} bytes a weight, as in `{other_form}`. In `{given.form}` a weight takes {each}.",
        ),
    ]
    if each > 1:
        wrong.append(
            (n, "one-byte-each", f"That is one byte a weight, as in `int8`. A `{given.form}` takes {each} bytes.")
        )
        wrong.append(
            (
                4 * each * n,
                "counted-the-training",
                "That adds gradients and Adam's two averages, which only training needs. Asked are the weights alone.",
            )
        )
    else:
        wrong.append((n / 8, "divided-by-the-bits", "That divides by 8. The 8 bits of an `int8` are one whole byte."))
    return Draft(
        stem=(
            f"A model has {short(n)} {many} weights. How much memory do the weights alone take in `{given.form}`, "
            f"in {unit} ({means})?"
        ),
        right=f"{short(given.size)} {unit}",
        wrong=apart(given.size, wrong, lambda value: f"{short(value)} {unit}", 0.05),
        solution=(
            f"In `{given.form}` a weight has {8 * each} bits: `{short(n)} {many} · {each} B = {short(given.size)} "
            f"{unit}`"
        ),
        typed=Typed(given.size, 0.02, unit),
    )


def _ask_shrink(given: WeightMemory) -> Draft:
    unit, _, _ = _units(given)
    before, after = BYTES[given.form], BYTES[given.target]
    if after >= before:
        raise Redraw
    size, right = given.size, given.size * after / before
    wrong = (
        (
            size - 8 * (before - after),
            "subtracted-the-bits",
            (
                f"That takes {8 * (before - after)} off the size. Each weight shrinks from {before} bytes to {after}, "
                "so the sizes have that *ratio*."
            ),
        ),
        (
            size / (8 * after),
            "divided-by-the-bits",
            (
                f"That divides by the {8 * after} bits of the new format. What counts is the ratio: {8 * before} bits "
                f"become {8 * after}."
            ),
        ),
        (
            size,
            "rounding-saves-nothing",
            f"That leaves the size as it was. Each weight is stored in {after} instead of {before} bytes.",
        ),
        (
            size * before / after,
            "turned-the-ratio-over",
            f"That makes the file larger. {before} bytes a weight become {after}.",
        ),
    )
    return Draft(
        stem=(
            f"The weights of a model take {short(size)} {unit} in `{given.form}`. How much do they take when every "
            f"weight is stored as `{given.target}`, scales not counted?"
        ),
        right=f"{short(right)} {unit}",
        wrong=apart(
            right, (each for each in wrong if each[0] > 0), lambda value: f"{short(value)} {unit}", 0.05 + 0.02 * right
        ),
        solution=f"`{short(size)} {unit} · {after} / {before} = {short(right)} {unit}`",
        typed=Typed(right, 0.02, unit),
    )


def _ask_weights(given: WeightMemory) -> Draft:
    unit, means, many = _units(given)
    each, size = BYTES[given.form], given.size
    wrong = [
        (
            8 * size / each if each == 1 else size * each,
            "multiplied-the-bytes" if each > 1 else "counted-bits",
            f"That multiplies by {each}. Every weight *takes* {each} bytes, so the size is divided by them."
            if each > 1
            else "That counts the bits of the file. A weight is 8 of them.",
        ),
        (
            size / (8 * each),
            "bits-as-bytes",
            f"That gives every weight {8 * each} bytes. It has {8 * each} bits, which are {each} of them.",
        ),
        (
            size / 4 if each < 4 else size,
            "another-format",
            f"That takes the bytes of `{'float32' if each < 4 else 'int8'}`. In `{given.form}` a weight takes {each}.",
        ),
    ]
    return Draft(
        stem=(
            f"A file with nothing but a model's weights in `{given.form}` has {short(size)} {unit} ({means}). "
            f"How many weights has the model, in {many}s?"
        ),
        right=f"{short(given.weights)} {many}",
        wrong=apart(given.weights, wrong, lambda value: f"{short(value)} {many}", 0.05),
        solution=f"A weight takes {each} B: `{short(size)} {unit} / {each} B = {short(given.weights)} {many}`",
        typed=Typed(given.weights, 0.02, f"{many} weights"),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("weight_memory", draw_weight_memory, ask_weight_memory),
    Generator("int8_quantisation", deployment_int8.draw_int8_quantisation, deployment_int8.ask_int8_quantisation),
    Generator("evaluation_mode", deployment_service.draw_evaluation_mode, deployment_service.ask_evaluation_mode),
    Generator(
        "latency_percentile", deployment_service.draw_latency_percentile, deployment_service.ask_latency_percentile
    ),
)
"""The questions of this topic."""
