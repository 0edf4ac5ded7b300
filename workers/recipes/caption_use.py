"""A trained captioner says what is in a member's own picture, and shows where it looked for each word."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lessons.errors import PersonError
from workers.messages import Artifact, TrainedModel
from workers.recipes import backbones
from workers.recipes.caption_data import LONGEST, Vocabulary
from workers.recipes.caption_net import Captioner, Shape
from workers.recipes.caption_plots import Look, attention, sheet
from workers.recipes.caption_search import captions
from workers.recipes.decoding import decode
from workers.recipes.flickr8k import features_of
from workers.recipes.state import unpack
from workers.report import Picture, Report, Text
from workers.using import Answer, Wish

_SHOWN_SIDE = 448  # pixels of a photo in the answer
_ONLY_SHAPES = (
    "This model learnt from made-up scenes: it only knows coloured shapes, one or two of them, on a dark ground. It "
    "did its best. For photos, train with dataset:flickr8k."
)
_PEOPLE_AND_DOGS = "It learnt from photos of people and dogs doing things: what it has never seen, it names after them."


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    """Rebuilds the network, and the one through which it sees; raises PersonError for a file that is no captioner."""
    saved = unpack(model.data)
    if saved.get("recipe") != "caption":
        raise PersonError("That model writes no captions; take one that `/run caption` trained.")
    net, vocabulary = rebuilt(saved, device)
    look = _eyes(saved, device)

    def answer(wish: Wish) -> Answer:
        if wish.picture is None:
            raise PersonError("A caption needs a picture: give one as the option `image`.")
        picture = decode(wish.picture, side=_SHOWN_SIDE)
        shown, seen = look(picture)
        (said,) = captions(net, seen.to(device), beam=saved["beam"], longest=LONGEST)
        words = tuple(vocabulary.words[number] for number in said.words)
        if net.shape.attention == "none":
            drawn, about = sheet((shown,), (" ".join(words),)), "Your picture and what the network says of it."
        else:
            drawn = attention((Look(shown, words, said.maps),))
            about = "Where the network looked for each word: the brighter, the more."
        report = Report(
            headline=f"“{' '.join(words) or '…'}”",
            parts=(
                Text(_ONLY_SHAPES if net.shape.sees == "pixels" else _PEOPLE_AND_DOGS),
                Picture("caption.png", about),
            ),
        )
        return Answer(report, (Artifact("caption.png", "image/png", drawn),))

    return answer


def rebuilt(saved: dict[str, Any], device: str) -> tuple[Captioner, Vocabulary]:
    """The network of an unpacked ``model.pt``, ready to be asked, and its words."""
    net = Captioner(Shape(**saved["shape"]))
    net.load_state_dict(saved["weights"])
    return net.eval().to(device), Vocabulary(saved["vocabulary"])


def _eyes(saved: dict[str, Any], device: str) -> Callable[[Image.Image], tuple[Image.Image, Tensor]]:
    """What turns a picture into the one that is shown, and what the network gets of it (one row)."""
    if saved["backbone"] is None:
        side = int(saved["shape"]["side"])

        def small(picture: Image.Image) -> tuple[Image.Image, Tensor]:
            shown = picture.resize((side, side), Image.Resampling.BOX)
            return shown, torch.from_numpy(np.asarray(shown).copy())[None]

        return small
    trunk = backbones.fresh(saved["backbone"]["name"])
    trunk.layers.load_state_dict(
        {
            name: tensor.float() if tensor.is_floating_point() else tensor
            for name, tensor in saved["backbone"]["weights"].items()
        }
    )
    trunk.eval().to(device)

    def through_the_backbone(picture: Image.Image) -> tuple[Image.Image, Tensor]:
        shown = picture.resize((_SHOWN_SIDE, _SHOWN_SIDE), Image.Resampling.BICUBIC)
        return shown, features_of(trunk, [picture])

    return through_the_backbone
