"""Scenes made by code: coloured shapes in small pictures, captions by a grammar, and a parser that reads them back.

Because the meaning of every picture is known, a caption can be judged by what it says and not only by its words; and
because it is known which combinations a network has met, it can be asked for ones that it has not. Two kinds are never
in training: six objects (a red circle, a green square, …), though every colour and every shape is; and twelve
arrangements (a star above a heart, …), though their objects are. The same code gives the same pictures everywhere.
"""

import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

SIDE = 48
"""Height and width of a picture in pixels."""
REFERENCES = 5
SIZES = ("small", "large")
COLOURS = ("red", "green", "blue", "yellow", "purple", "white")
SHAPES = ("circle", "square", "triangle", "star", "cross", "heart")
Relation = Literal["left of", "above"]
RELATIONS: tuple[Relation, ...] = ("left of", "above")

_RGB = {
    "red": (222, 52, 48),
    "green": (58, 180, 75),
    "blue": (66, 110, 235),
    "yellow": (248, 210, 48),
    "purple": (160, 70, 190),
    "white": (240, 240, 240),
}
_RADIUS = {"small": (5.0, 6.2), "large": (9.0, 10.5)}
_FINE = 4  # drawn this many times larger, then averaged: smooth edges
_JITTER = 18  # of a colour, in each channel
_SAID_AS = {"small": ("small", "little"), "large": ("large", "big")}
_ALONE = ("a {a}", "one {a}", "there is a {a}", "this is a {a}", "a {a} on its own")
_TOGETHER: dict[Relation, tuple[str, ...]] = {
    "left of": (
        "a {a} left of a {b}",
        "a {a} is to the left of a {b}",
        "a {a} is on the left and a {b} on the right",
        "a {b} right of a {a}",
        "a {b} is to the right of a {a}",
    ),
    "above": (
        "a {a} above a {b}",
        "a {a} is above a {b}",
        "a {a} is at the top and a {b} at the bottom",
        "a {b} below a {a}",
        "a {b} is under a {a}",
    ),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """One object of a scene."""

    size: str
    colour: str
    shape: str

    @property
    def is_new(self) -> bool:
        """Whether its colour and shape never meet in training: the diagonal of the table of both."""
        return COLOURS.index(self.colour) == SHAPES.index(self.shape)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture shows: one object, or two and how they lie, the left or upper one first."""

    first: Thing
    relation: Relation | None = None
    second: Thing | None = None

    @property
    def things(self) -> tuple[Thing, ...]:
        """Its objects, the left or upper one first."""
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def has_new_object(self) -> bool:
        """Whether it shows an object that is never in training."""
        return any(thing.is_new for thing in self.things)

    @property
    def is_new_arrangement(self) -> bool:
        """Whether two such shapes never lie like this in training: 12 of the 72 combinations."""
        if self.second is None:
            return False
        places = SHAPES.index(self.first.shape) + 2 * SHAPES.index(self.second.shape)
        return (places + 3 * (self.relation == "above")) % len(SHAPES) == 0

    @property
    def in_training(self) -> bool:
        """Whether a training picture may show it."""
        return not self.has_new_object and not self.is_new_arrangement


KINDS: dict[str, Callable[[Scene], bool]] = {
    "seen kinds": lambda scene: scene.in_training,
    "new objects": lambda scene: scene.has_new_object and not scene.is_new_arrangement,
    "new arrangements": lambda scene: scene.is_new_arrangement and not scene.has_new_object,
}
"""The three test parts: how the training pictures are, and the two ways of being new."""


def make(count: int, kind: str, seed: int) -> tuple[Tensor, list[Scene], list[tuple[str, ...]]]:
    """Draws pictures of one of the `KINDS`.

    Args:
        count: How many.
        kind: Of scenes.
        seed: The same gives the same.

    Returns:
        ``uint8[count, SIDE, SIDE, 3]``, what each shows, and its reference captions.
    """
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 pictures, no secrets
    noise = np.random.default_rng(seed)
    scenes = [_drawn_from(KINDS[kind], chance) for _ in range(count)]
    pictures = np.stack([_picture(scene, chance) for scene in scenes]) if count else np.zeros((0, SIDE, SIDE, 3))
    grain = noise.normal(0.0, 6.0, pictures.shape).astype(np.float32)
    pixels = torch.from_numpy((pictures + grain).clip(0, 255).astype(np.uint8))
    return pixels, scenes, [references(scene, chance) for scene in scenes]


def references(scene: Scene, chance: random.Random) -> tuple[str, ...]:
    """`REFERENCES` captions of a scene: every sentence of the grammar once, in random order, sizes by random words."""
    sentences = _ALONE if scene.relation is None else _TOGETHER[scene.relation]

    def named(thing: Thing) -> str:
        return f"{chance.choice(_SAID_AS[thing.size])} {thing.colour} {thing.shape}"

    said = [
        sentence.format(a=named(scene.first), b=named(scene.second) if scene.second else "") for sentence in sentences
    ]
    chance.shuffle(said)
    return tuple(said)


_SIZE_OF = {word: size for size, words in _SAID_AS.items() for word in words}
_THING = rf"({'|'.join(_SIZE_OF)}) ({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})"
_GRAMMAR: list[tuple[Relation | None, tuple[str, ...]]] = [(None, _ALONE), *_TOGETHER.items()]
_PATTERNS: list[tuple[Relation | None, bool, re.Pattern[str]]] = [
    (relation, sentence.index("{a}") < sentence.find("{b}") or relation is None, re.compile(pattern))
    for relation, sentences in _GRAMMAR
    for sentence in sentences
    for pattern in (sentence.format(a=_THING, b=_THING),)
]


def meaning(caption: str) -> Scene | None:
    """What a caption says, in whichever words; None where it is no sentence of the grammar."""
    for relation, in_order, pattern in _PATTERNS:
        if (found := pattern.fullmatch(caption)) is not None:
            parts = found.groups()
            things = [Thing(_SIZE_OF[parts[i]], parts[i + 1], parts[i + 2]) for i in range(0, len(parts), 3)]
            if relation is None:
                return Scene(things[0])
            first, second = things if in_order else reversed(things)
            return Scene(first, relation, second)
    return None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Shares of what captions say that is right; an attribute counts once for each object of the pictures."""

    exact: float
    """Everything is right: number of objects, every attribute, the relation."""
    size: float
    colour: float
    shape: float
    relation: float
    """Of the pictures with two objects; NaN without any."""


def judge(captions: Sequence[str], scenes: Sequence[Scene]) -> Judgement:
    """Holds captions against what the pictures show; what cannot be understood is wrong in everything."""
    exact, objects, related, pairs = 0, 0, 0, 0
    size, colour, shape = 0, 0, 0
    for caption, scene in zip(captions, scenes, strict=True):
        said = meaning(caption)
        exact += said == scene
        objects += len(scene.things)
        pairs += scene.relation is not None
        for thing, told in zip(scene.things, _aligned(said, scene), strict=True):
            if told is not None:
                size += told.size == thing.size
                colour += told.colour == thing.colour
                shape += told.shape == thing.shape
        related += scene.relation is not None and said is not None and _related_right(said, scene)
    return Judgement(
        exact=exact / max(len(captions), 1),
        size=size / max(objects, 1),
        colour=colour / max(objects, 1),
        shape=shape / max(objects, 1),
        relation=related / pairs if pairs else math.nan,
    )


def _agreement(one: Thing | None, other: Thing) -> int:
    if one is None:
        return 0
    return (one.size == other.size) + (one.colour == other.colour) + (one.shape == other.shape)


def _aligned(said: Scene | None, scene: Scene) -> tuple[Thing | None, ...]:
    """The told objects in the order in which they fit the shown ones best."""
    told = (*(said.things if said else ()), None, None)[:2]
    ways = (told, told[::-1])
    return max(ways, key=lambda way: sum(map(_agreement, way, scene.things)))[: len(scene.things)]


def _related_right(said: Scene, scene: Scene) -> bool:
    """Whether the relation is told right, whatever is said of the objects that lie so."""
    return said.relation == scene.relation and _aligned(said, scene) == said.things


def _drawn_from(wanted: Callable[[Scene], bool], chance: random.Random) -> Scene:
    def thing() -> Thing:
        return Thing(chance.choice(SIZES), chance.choice(COLOURS), chance.choice(SHAPES))

    while True:
        alone = chance.random() < 1 / 3
        scene = Scene(thing()) if alone else Scene(thing(), chance.choice(RELATIONS), thing())
        if scene.first != scene.second and wanted(scene):
            return scene


def _picture(scene: Scene, chance: random.Random) -> np.ndarray:
    """One picture without its grain, ``float32[SIDE, SIDE, 3]``."""
    ground = chance.randint(20, 95)
    tint = tuple(ground + chance.randint(-14, 14) for _ in range(3))
    image = Image.new("RGB", (SIDE * _FINE, SIDE * _FINE), tint)
    draw = ImageDraw.Draw(image)
    radii = [chance.uniform(*_RADIUS[thing.size]) for thing in scene.things]
    for thing, radius, (x, y) in zip(scene.things, radii, _places(scene, radii, chance), strict=True):
        turn = math.radians(chance.uniform(-12, 12))
        ink = tuple(channel + chance.randint(-_JITTER, _JITTER) for channel in _RGB[thing.colour])
        points = [
            (
                (x + radius * (px * math.cos(turn) - py * math.sin(turn))) * _FINE,
                (y + radius * (px * math.sin(turn) + py * math.cos(turn))) * _FINE,
            )
            for px, py in OUTLINES[thing.shape]
        ]
        draw.polygon(points, fill=ink)
    return np.asarray(image.reduce(_FINE), np.float32)


def _places(scene: Scene, radii: Sequence[float], chance: random.Random) -> list[tuple[float, float]]:
    """Centres: one anywhere; of two, the gap is along the relation's axis and the shift across it is small."""

    def anywhere(radius: float) -> float:
        return chance.uniform(radius + 1, SIDE - radius - 1)

    if scene.relation is None:
        return [(anywhere(radii[0]), anywhere(radii[0]))]
    first, second = radii
    along = chance.uniform(first + 1, SIDE - first - 2 * second - 3)
    beyond = chance.uniform(along + first + second + 2, SIDE - second - 1)
    across = anywhere(max(radii))
    shift = chance.uniform(-3, 3)
    other = min(max(across + shift, second + 1), SIDE - second - 1)
    centres = [(along, across), (beyond, other)]
    return centres if scene.relation == "left of" else [(y, x) for x, y in centres]


def _round(
    count: int, *, radius: Callable[[int], float] = lambda _: 1.0, start: float = -90.0
) -> list[tuple[float, float]]:
    angles = [math.radians(start + 360 * i / count) for i in range(count)]
    return [(radius(i) * math.cos(angle), radius(i) * math.sin(angle)) for i, angle in enumerate(angles)]


def _heart() -> list[tuple[float, float]]:
    turns = [2 * math.pi * i / 40 for i in range(40)]
    return [
        (
            16 * math.sin(t) ** 3 / 17,
            -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t) + 2.5) / 17,
        )
        for t in turns
    ]


OUTLINES: dict[str, list[tuple[float, float]]] = {
    "circle": _round(40, radius=lambda _: 0.95),
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(0.0, -1.0), (0.95, 0.8), (-0.95, 0.8)],
    "star": _round(10, radius=lambda i: 1.1 if i % 2 == 0 else 0.45),
    "cross": [
        (x, y)
        for x, y in (
            (-0.33, -1),
            (0.33, -1),
            (0.33, -0.33),
            (1, -0.33),
            (1, 0.33),
            (0.33, 0.33),
            (0.33, 1),
            (-0.33, 1),
            (-0.33, 0.33),
            (-1, 0.33),
            (-1, -0.33),
            (-0.33, -0.33),
        )
    ],
    "heart": _heart(),
}
"""Corners of each shape around its centre, in radii; y points down."""
