"""What holds for every generator, whatever it asks; each topic's test calls it and adds its independent computation."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.questions.generators import GENERATORS
from lessons.questions.model import FEEDBACK_MAX, OPTION_MAX, OPTIONS, SOLUTION_MAX, STEM_MAX, Question

SEEDS = st.integers(0, 2**64 - 1)
EXAMPLES = 500


def assert_well_made(question: Question) -> None:
    """The rules that every question keeps, of a generator or of the bank."""
    assert len(question.options) == OPTIONS
    texts = [option.text for option in question.options]
    assert len(set(texts)) == OPTIONS, "options coincide"
    assert all(0 < len(text) <= OPTION_MAX and "\n" not in text for text in texts)
    assert question.stem.rstrip().rstrip("*_`").endswith("?") or "?" in question.stem
    assert len(question.stem) <= STEM_MAX
    assert 0 < len(question.solution) <= SOLUTION_MAX
    for place, option in enumerate(question.options):
        if place == question.right:
            assert option.misconception is None
            assert not option.feedback
        else:
            assert option.misconception is not None
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", option.misconception)
            assert 15 <= len(option.feedback) <= FEEDBACK_MAX
    shown = " ".join([question.stem, *texts, question.solution, *(o.feedback for o in question.options)])
    assert not re.search(r"\d\.\d{7,}|[0-9]e[-+]?\d|\bnan\b|\binf\b", shown), f"ugly digits: {shown}"
    assert question.typed is None or question.typed.tolerance >= 0


def every_seed(skill_id: str, check: Callable[[Any, Question], None]) -> None:
    """At least 500 seeds: well made, made again exactly, and right by ``check(given, question)``."""

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(SEEDS)
    def holds(seed: int) -> None:
        generator = GENERATORS[skill_id]
        question = generator.make(seed)
        assert question == generator.make(seed)
        assert question.skill_id == question.item_id == skill_id
        assert_well_made(question)
        check(question.given, question)

    holds()
