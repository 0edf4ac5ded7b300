"""What a paper is about, in two or three sentences of its own abstract. Chosen, never written."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

SENTENCES: Final = 3
ROOM: Final = 420
"""Characters that three sentences should keep to."""
LONGEST: Final = 500
"""Characters that two may have."""

_END: Final = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“(]?[A-Z0-9ΑΩ\\$])")
_NO_END: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|resp|etc|et al|Fig|Figs|Eq|Eqs|Sec|Tab|Ref|Refs|Thm|No|Dr|Prof|St|approx|w\.r\.t|a\.k\.a)"
    r"|\b[A-Z])\.$"
)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z-]{2,}")
_CLAIM: Final = re.compile(
    r"\b(?:we (?:propose|present|introduce|show|prove|find|develop|study|demonstrate|derive|investigate|describe"
    r"|provide|establish|release|argue)|(?:in )?this (?:paper|work|article|study)\b"
    r"|our (?:method|approach|model|framework|results|algorithm))",
    re.IGNORECASE,
)
_RESULT: Final = re.compile(
    r"\b(?:outperform|improv|achiev|reduc|state-of-the-art|faster|better|accuracy|results|experiments|empirical"
    r"|theorem|bound|converge)\w*",
    re.IGNORECASE,
)
_LEANS_BACK: Final = re.compile(
    r"(?:However|Moreover|Furthermore|Additionally|In addition|Therefore|Thus|Hence|Consequently|Specifically"
    r"|In particular|For (?:example|instance)|Finally|Second(?:ly)?|Third(?:ly)?"
    r"|This(?! (?:paper|work|article|study))|These|Those|It|They|Its|Their|Such|Then|Also|Meanwhile|By contrast"
    r"|In contrast|Code|On the other hand|(?:Based on|Using|With) th(?:is|ese)|By doing so|As a result"
    r"|In this (?:case|setting|way|context)|To (?:this end|(?:address|tackle|overcome|solve|mitigate) th\w+|do so))\b"
)
"""A sentence that begins like this needs the one before it."""
_POINTS_BACK: Final = re.compile(
    r"\b(?:this|these|those|such) (?:gap|limitation|problem|issue|challenge|shortcoming|drawback|difficult\w+)s?\b",
    re.IGNORECASE,
)
"""So does one with this near its beginning."""
_NEAR: Final = 80
_COMMON_WORDS: Final = """
    the and for that with this are from which can our has have been not but its their these such also than more into
    between using used use based show paper propose results via while over both they may often each other most only
    how when where who whose will would could under about across within without does many some all any new well
"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())


def sentences(text: str) -> list[str]:
    """The sentences of a readable abstract; abbreviations and decimals end none."""
    found: list[str] = []
    start = 0
    for gap in _END.finditer(text):
        so_far = text[start : gap.start()].rstrip()
        if _NO_END.search(so_far):
            continue
        found.append(text[start : gap.end()].strip())
        start = gap.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def summarise(text: str) -> str:
    """Two or three sentences of `text`, word by word and in their order; of a very short text, all of it."""
    all_of_it = sentences(text)
    if len(all_of_it) <= 2 and len(text) <= LONGEST:
        return " ".join(all_of_it)
    scores = _scores(all_of_it)
    chosen: set[int] = set()
    used = 0
    while len(chosen) < SENTENCES:
        # A third sentence is welcome where there is room; the first two may be long.
        room = (LONGEST if len(chosen) < 2 else ROOM) - used
        fitting = [place for place in range(len(all_of_it)) if place not in chosen and len(all_of_it[place]) < room]
        standing = [place for place in fitting if not _leans(all_of_it, place, chosen)]
        if not standing and (not fitting or len(chosen) >= 2):
            break
        best = max(standing or fitting, key=lambda place: (scores[place], -place))
        chosen.add(best)
        used += len(all_of_it[best]) + 1
    if not chosen:
        # One endless sentence: its beginning, cut at a word, and one can see that it goes on.
        return all_of_it[scores.index(max(scores))][: LONGEST - 2].rpartition(" ")[0] + " …"
    return " ".join(all_of_it[place] for place in sorted(chosen))


def _leans(all_of_it: Sequence[str], place: int, chosen: set[int]) -> bool:
    """Whether a sentence needs one that is not shown."""
    sentence = all_of_it[place]
    points_back = _LEANS_BACK.match(sentence) or _POINTS_BACK.search(sentence[:_NEAR])
    return points_back is not None and place - 1 not in chosen


def _scores(all_of_it: Sequence[str]) -> list[float]:
    words = [[word.lower() for word in _WORD.findall(sentence)] for sentence in all_of_it]
    counts = Counter(word for each in words for word in set(each) if word not in _COMMON)
    last = len(all_of_it) - 1
    scores: list[float] = []
    for place, (sentence, each) in enumerate(zip(all_of_it, words, strict=True)):
        telling = {word for word in each if word not in _COMMON}
        # How much of what the abstract keeps coming back to is in this sentence; long ones have no easier time.
        central = sum(counts[word] - 1 for word in telling) / math.sqrt(len(telling) + 4)
        score = central / math.sqrt(len(all_of_it))
        score += 1.6 if _CLAIM.search(sentence) else 0.0
        score += 0.8 if _RESULT.search(sentence) and place > 0 else 0.0
        score += 0.5 if place == 0 else 0.0
        score += 0.3 if place == last else 0.0
        score -= max(0, len(sentence) - 240) / 120
        score -= 2.0 if "http" in sentence or len(sentence) < 30 else 0.0
        scores.append(score)
    return scores
