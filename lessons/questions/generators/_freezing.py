"""How many parameters are still trained after part of a network is frozen."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft
from lessons.questions.generators._slips import Slip
from lessons.questions.model import Typed
from lessons.questions.wording import count

BACKBONES: Final = (
    ("ResNet-18", 11_176_512, 512),
    ("ResNet-50", 23_508_032, 2048),
    ("MobileNetV2", 2_223_872, 1280),
    ("EfficientNet-B0", 4_007_548, 1280),
)
"""torchvision's models without their last layer: parameters, and features that they end in."""


@dataclass(frozen=True, slots=True)
class NewHead:
    """A frozen backbone with a new linear head, or one with a hidden layer."""

    backbone: str
    frozen: int
    features: int
    hidden: int
    """0 for a head of one layer."""
    classes: int


@dataclass(frozen=True, slots=True)
class SmallNetwork:
    """Convolutions of 3 × 3, a batch norm behind each where there are any, and a linear head."""

    widths: tuple[int, ...]
    """Channels of the picture, and after each convolution."""
    frozen: int
    """How many of the convolutions are frozen, from the front."""
    norms: bool
    """With batch norm; its scale and shift stay trainable, also behind frozen convolutions."""
    classes: int


def draw_frozen(dice: Random) -> NewHead | SmallNetwork:
    """Half are well-known backbones, half are small networks that are frozen in part."""
    classes = dice.choice((2, 3, 4, 5, 6, 8, 10, 12, 20))
    if dice.random() < 0.5:
        name, frozen, features = dice.choice(BACKBONES)
        return NewHead(name, frozen, features, dice.choice((0, 0, 64, 128, 256)), classes)
    first = dice.choice((8, 16))
    widths = (3, first, 2 * first, 4 * first)
    norms = dice.random() < 0.5
    return SmallNetwork(widths, 3 if norms else dice.choice((1, 2)), norms, classes)


def _whole(value: float) -> str:
    return count(round(value))


def ask_trainable_after_freeze(given: NewHead | SmallNetwork) -> Draft:
    """Weights and biases of everything that still has a gradient."""
    if isinstance(given, NewHead):
        return _ask_head(given)
    return _ask_norms(given) if given.norms else _ask_part(given)


def _ask_head(given: NewHead) -> Draft:
    n, h, classes = given.features, given.hidden, given.classes
    if h:
        right, bare = n * h + h + h * classes + classes, n * h + h * classes
        layers = f"`Linear({n}, {h})`, ReLU, `Linear({h}, {classes})`"
        terms = f"({n}·{h} + {h}) + ({h}·{classes} + {classes})"
    else:
        right, bare = n * classes + classes, n * classes
        layers = f"`Linear({n}, {classes})`"
        terms = f"{n}·{classes} + {classes}"
    slips = [
        Slip(
            bare,
            "counted-no-bias",
            f"That leaves out the biases: `Linear` has one for each output, {right - bare} here.",
        ),
        Slip(
            right + given.frozen,
            "counted-the-frozen-too",
            f"That counts the whole network. The backbone's {count(given.frozen)} parameters are used, but no longer "
            "changed.",
        ),
        Slip(
            given.frozen,
            "counted-the-frozen-instead",
            "Those are the parameters that are *frozen*. What is still trained is the new head.",
        ),
        Slip(
            n + classes,
            "counted-the-units",
            f"That adds up inputs and outputs. There is a weight for each *pair* of them: {n} · {h or classes}.",
        ),
    ]
    if h:
        slips.append(
            Slip(
                h * classes + classes,
                "last-layer-only",
                f"That is the last layer alone. The head's first layer is new too: {n}·{h} + {h}.",
            )
        )
    return Draft(
        stem=(
            f"A pretrained {given.backbone} without its last layer has {count(given.frozen)} parameters and gives {n} "
            f"features. All of it is frozen, and a new head is put on it: {layers}, with biases. How many parameters "
            "are still trained?"
        ),
        right=count(right),
        wrong=apart(right, slips, _whole, 1),
        solution=f"Only the head has a gradient: `{terms} = {count(right)}`",
        typed=Typed(right, unit="parameters"),
    )


def _ask_part(given: SmallNetwork) -> Draft:
    widths, frozen, classes = given.widths, given.frozen, given.classes
    convolutions = [9 * before * after + after for before, after in pairwise(widths)]
    head = widths[-1] * classes + classes
    right = sum(convolutions[frozen:]) + head
    biases = sum(widths[frozen + 1 :]) + classes
    chain = " → ".join(map(str, widths))
    which = "the first convolution is" if frozen == 1 else f"the first {('two', 'three')[frozen - 2]} convolutions are"
    terms = " + ".join(
        f"(9·{before}·{after} + {after})" for before, after in zip(widths[frozen:-1], widths[frozen + 1 :], strict=True)
    )
    return Draft(
        stem=(
            f"A network has three 3 × 3 convolutions with channels {chain}, a global mean, and a linear head from "
            f"{widths[-1]} to {classes}; every layer has biases. Now {which} frozen. How many parameters are still "
            "trained?"
        ),
        right=count(right),
        wrong=apart(
            right,
            (
                Slip(
                    head,
                    "counted-the-head-only",
                    f"That is the head alone. Behind the frozen part {3 - frozen} "
                    f"convolution{'s are' if frozen == 1 else ' is'} trained too.",
                ),
                Slip(
                    sum(convolutions) + head,
                    "counted-the-frozen-too",
                    f"That counts the whole network. {count(sum(convolutions[:frozen]))} of these are frozen.",
                ),
                Slip(
                    right - biases,
                    "counted-no-bias",
                    f"That leaves out the biases, one for each filter and each class: {biases} here.",
                ),
                Slip(
                    sum(convolutions[frozen:]),
                    "forgot-the-head",
                    f"That leaves out the head: {widths[-1]}·{classes} + {classes} = {count(head)}.",
                ),
                Slip(
                    sum(convolutions[:frozen]),
                    "counted-the-frozen-instead",
                    "Those are the parameters that are *frozen*. What comes behind them is trained.",
                ),
            ),
            _whole,
            1,
        ),
        solution=f"`{terms} + ({widths[-1]}·{classes} + {classes}) = {count(right)}`",
        typed=Typed(right, unit="parameters"),
    )


def _ask_norms(given: SmallNetwork) -> Draft:
    widths, classes = given.widths, given.classes
    channels, head = sum(widths[1:]), widths[-1] * classes + classes
    right = 2 * channels + head
    convolutions = sum(9 * before * after for before, after in pairwise(widths))
    chain = " → ".join(map(str, widths))
    added = " + ".join(map(str, widths[1:]))
    return Draft(
        stem=(
            f"A network has three 3 × 3 convolutions without biases, channels {chain}, each followed by a batch norm, "
            f"then a global mean and a linear head from {widths[-1]} to {classes} with biases. Only the convolutions' "
            "weights are frozen. How many parameters are still trained?"
        ),
        right=count(right),
        wrong=apart(
            right,
            (
                Slip(
                    head,
                    "counted-the-head-only",
                    "That is the head alone. Each batch norm has a scale and a shift for each channel, and they were "
                    "not frozen.",
                ),
                Slip(
                    4 * channels + head,
                    "counted-running-statistics",
                    "That counts running means and variances as well. They are updated by averaging, never by a "
                    "gradient: only scale and shift are parameters.",
                ),
                Slip(
                    channels + head,
                    "counted-the-scale-only",
                    "That gives a batch norm one parameter a channel. It has two: a scale and a shift.",
                ),
                Slip(
                    convolutions + right,
                    "counted-the-frozen-too",
                    f"That counts the whole network. The convolutions' {count(convolutions)} weights are frozen.",
                ),
                Slip(
                    right - classes,
                    "counted-no-bias",
                    f"That leaves out the head's biases, one for each of the {classes} classes.",
                ),
            ),
            _whole,
            1,
        ),
        solution=(
            f"Scales and shifts `2·({added}) = {2 * channels}`, head `{widths[-1]}·{classes} + {classes} = {head}`: "
            f"{count(right)} in all."
        ),
        typed=Typed(right, unit="parameters"),
    )
