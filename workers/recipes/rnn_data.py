"""The texts of `/run rnn`: found or read, cleaned, and turned into numbers."""

import codecs
import unicodedata
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workers.messages import Upload
from workers.recipes.fetching import RemoteFile, contents
from workers.recipes.handle import Run, TrainingError
from workers.recipes.shares import percent

VALIDATION_SHARE = 0.1
LEAST_CHARACTERS = 5_000
MOST_CHARACTERS = 5_000_000
"""As much as all that Shakespeare wrote; an own text is cut there."""
MOST_DISTINCT = 2_000
"""Rarer characters are read as one: each costs a row of the last layer."""
RARE = "\N{REPLACEMENT CHARACTER}"
SHAKESPEARE = RemoteFile(
    "input.txt",
    1_115_394,
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    folders=("tinyshakespeare",),
    urls=("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",),
)
_ADVICE = (
    "Try dataset:pydoc, which is built in; the operator of this bot can put the file at "
    "DATA_DIR/tinyshakespeare/input.txt."
)
_BOMS = (  # the longer ones first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip or an office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a packed file"),
    (b"{\\rtf", "a rich-text document"),
    (b"\x7fELF", "a program"),
)
_MOST_CONTROLS = 0.005
"""Share of control characters above which bytes are no text."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A text as numbers. Its first part is learnt from, its last tenth is only asked about."""

    name: str
    characters: str
    """The vocabulary: the character of number i stands at place i."""
    ids: Tensor
    """``int64[N]``, the whole text."""
    start: int
    """Where the validation part begins."""
    notes: tuple[str, ...] = ()
    """What was done to the text and a reader should know, in sentences."""

    @property
    def title(self) -> str:
        """In words, with the sizes."""
        held_out = len(self.ids) - self.start
        return (
            f"{self.name}: {self.start:,} training and {held_out:,} validation characters, "
            f"{len(self.characters):,} different ones"
        )

    def text(self, ids: Tensor) -> str:
        """Numbers back to characters."""
        return "".join(self.characters[each] for each in ids.tolist())


def load(run: Run) -> Corpus:
    """The text that the job names.

    Raises:
        DatasetMissingError: Tiny Shakespeare is not to be had.
        TrainingError: An own text cannot be trained on; the sentence says why.
    """
    match run.job.dataset:
        case "tinyshakespeare":
            run.stage("Loading Tiny Shakespeare")
            data = contents(SHAKESPEARE, "Tiny Shakespeare", run.sources, run.stage, _ADVICE)
            return corpus("Tiny Shakespeare", data.decode("ascii"))
        case "pydoc":
            run.stage("Loading Python's manual")
            return corpus("Python's manual", manual())
        case "own":
            if run.job.upload is None:
                raise TrainingError("The file of this run is gone.", "Give it again.")
            run.stage("Reading your text")
            return own(run.job.upload)
        case other:
            raise ValueError(other)


def manual() -> str:
    """The language reference inside pydoc, its prose: without tables, rulers under titles and lines of symbols.

    In the alphabet's order the last tenth would be all about types, so the topics are dealt out: every tenth in turn.
    """
    from pydoc_data.topics import topics  # noqa: PLC0415 half a megabyte that only this data set needs

    names = sorted(topics)
    dealt = [name for turn in range(10) for name in names[turn::10]]
    kept: list[str] = []
    for name in dealt:
        lines = (line.rstrip() for line in topics[name].splitlines())
        prose = [line for line in lines if not line or (line[0] not in "+|" and any(map(str.isalpha, line)))]
        kept.append("\n".join(prose).strip())
    text = "\n\n".join(kept) + "\n"
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def own(upload: Upload) -> Corpus:
    """A member's file as a corpus. Raises TrainingError with the sentence to show."""
    text, notes = decoded(upload.data)
    text = cleaned(text[: 2 * MOST_CHARACTERS])
    if not text.strip():
        raise TrainingError("Your file is empty.", "Give a .txt file with some pages of text.")
    if len(text) < LEAST_CHARACTERS:
        raise TrainingError(
            f"Your text has {len(text):,} characters; a network needs {LEAST_CHARACTERS:,} at the least to learn from.",
            "Two or three pages of text will do; a book is better.",
        )
    if len(text) > MOST_CHARACTERS:
        notes = (*notes, f"Of your text the first {MOST_CHARACTERS:,} characters were used.")
        text = text[:MOST_CHARACTERS]
    if len(letters := set("".join(text.split()))) == 1:
        raise TrainingError(
            f"Your text is one character, “{letters.pop()}”, over and over: there is nothing to learn.",
            "Give a text with words in it.",
        )
    return corpus("Your text", text, notes)


def decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Text of bytes in UTF-8, UTF-16, UTF-32 or Windows-1252, and notes. Raises TrainingError for what is no text."""
    for start, kind in _MAGIC:
        if data.startswith(start):
            raise _no_text(f"Your file is {kind}, not plain text.")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _checked(data.decode(encoding)), ()
            except UnicodeDecodeError:
                raise _no_text(f"Your file begins like {encoding.removesuffix('-sig').upper()} but isn't.") from None
    if (half := _utf16_without_mark(data)) is not None:
        return half
    try:
        return _checked(data.decode("utf-8")), ()
    except UnicodeDecodeError:
        note = "Your file is not UTF-8; it was read as Windows-1252, so look whether accents came out right."
        return _checked(data.decode("cp1252", errors="replace")), (note,)


def cleaned(text: str) -> str:
    """One kind of line end, composed letters, no control characters or blanks at line ends, two empty lines at most."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
    controls = [chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"]
    text = text.translate(dict.fromkeys(map(ord, (*controls, "\ufeff"))))
    text = "\n".join(map(str.rstrip, text.split("\n"))).strip("\n") + "\n"
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return text


def corpus(name: str, text: str, notes: tuple[str, ...] = ()) -> Corpus:
    """Numbers the characters of a text, the most frequent `MOST_DISTINCT` of them each by itself."""
    points = np.frombuffer(text.encode("utf-32-le", errors="replace"), np.uint32)
    distinct, places, counts = np.unique(points, return_inverse=True, return_counts=True)
    if len(distinct) > MOST_DISTINCT:
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_DISTINCT])
        share = 1 - counts[kept].sum() / counts.sum()
        note = (
            f"Your text has {len(distinct):,} different characters; the {len(distinct) - len(kept):,} rarest "
            f"({percent(share)} of the text) were read as one, “{RARE}”, which makes the figures a little better."
        )
        notes = (*notes, note)
        numbers = np.full(len(distinct), MOST_DISTINCT)
        numbers[kept] = np.arange(MOST_DISTINCT)
        places, distinct = numbers[places], np.append(distinct[kept], ord(RARE))
    ids = torch.from_numpy(places.astype(np.int64))
    characters = "".join(map(chr, distinct.tolist()))
    return Corpus(name, characters, ids, len(ids) - round(VALIDATION_SHARE * len(ids)), notes)


def _utf16_without_mark(data: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Western text in UTF-16 has a zero in every second byte."""
    start = np.frombuffer(data[: min(len(data), 4096) // 2 * 2], np.uint8)
    if not len(start) or data.count(b"\0", 0, 4096) == 0:
        return None
    zeros = (start[0::2] == 0).mean(), (start[1::2] == 0).mean()
    if max(zeros) < 0.7 or min(zeros) > 0.05:
        raise _no_text("Your file has binary data in it, so it is no plain text.")
    try:
        return _checked(data.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")), ()
    except UnicodeDecodeError:
        raise _no_text("Your file looks like UTF-16 but is cut off.") from None


def _checked(text: str) -> str:
    """The text, if it is one."""
    start = text[:200_000]
    odd = sum(unicodedata.category(each) == "Cc" for each in start if each not in "\n\r\t\f")
    if odd > _MOST_CONTROLS * len(start) or start.count(RARE) > 0.05 * len(start):
        raise _no_text("Your file has binary data in it, so it is no plain text.")
    return text


def _no_text(sentence: str) -> TrainingError:
    return TrainingError(sentence, "Save your text as .txt in UTF-8, then try again.")
