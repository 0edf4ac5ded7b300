"""`/use write`: a trained character model goes on from a member's words."""

import unicodedata
from collections.abc import Callable

import torch

from lessons.errors import PersonError
from workers.messages import TrainedModel
from workers.recipes.rnn import load_model, written
from workers.recipes.rnn_data import RARE
from workers.report import Report, Text
from workers.using import PROMPT_MAX, Answer, Wish

CHARACTERS = 500
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.1, 2.0
_PLAIN = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\t": " ", "\u00a0": " "}


def load(model: TrainedModel, device: str) -> Callable[[Wish], Answer]:
    """The network, kept warm, as a function that answers a wish to write."""
    net, characters = load_model(model.data)
    net.to(device)
    numbers = {character: number for number, character in enumerate(characters)}

    @torch.inference_mode()
    def write(wish: Wish) -> Answer:
        if not LEAST_TEMPERATURE <= wish.temperature <= MOST_TEMPERATURE:
            raise PersonError(
                f"The temperature must be between {LEAST_TEMPERATURE:g} and {MOST_TEMPERATURE:g}; "
                f"you asked for {wish.temperature:g}."
            )
        prompt, unknown = understood(wish.text[:PROMPT_MAX].replace("\r\n", "\n"), numbers)
        if wish.text.strip() and not prompt.strip():
            raise PersonError(
                f"The model has seen none of the characters of your prompt. It knows: {_shown(characters)}"
            )
        start = [numbers[character] for character in prompt] or [numbers.get("\n", 0)]
        drawn = written(net, torch.tensor(start), CHARACTERS, (wish.temperature,), wish.seed)[0].tolist()
        text = "".join(characters[number] for number in drawn)
        parts = [Text(f"```\n{_fenced(f'{prompt}▸{text}' if prompt else text)}\n```")]
        if unknown:
            parts.append(Text(f"ℹ️ It has never seen {_shown(unknown)} and read on without."))
        return Answer(Report(f"Written at temperature {wish.temperature:g}", tuple(parts)))

    return write


def understood(text: str, numbers: dict[str, int]) -> tuple[str, str]:
    """A prompt in characters that the model knows, and those for which it knows nothing near.

    Typographic quotes and dashes become plain ones, accents are dropped, and a letter may change its case.
    """
    known: list[str] = []
    unknown: dict[str, None] = {}
    for character in unicodedata.normalize("NFC", text):
        plain = "".join(each for each in unicodedata.normalize("NFKD", character) if not unicodedata.combining(each))
        for near in (character, _PLAIN.get(character, ""), plain, character.swapcase(), plain.swapcase()):
            if near and all(each in numbers for each in near):
                known.append(near)
                break
        else:
            if RARE in numbers:
                known.append(RARE)
            unknown[character] = None
    return "".join(known), "".join(unknown)


def _shown(characters: str) -> str:
    shown = " ".join(each for each in characters[:100] if each.isprintable() and each != " ").replace("`", "ˋ")
    return f"`{shown or '?'}`{' …' if len(characters) > 100 else ''}"


def _fenced(text: str) -> str:
    """Text that cannot end the code block that it stands in."""
    return text.replace("```", "'''").strip("\n")
