"""Which questions a round asks, and what an answer to one is worth."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.answering import Judged, PassedOn, Pressed, TryAgain, Wrote, judge_answer, mistake_behind
from lessons.choosing import ROUND, Ask, make_question, plan_review, plan_round, plan_run_round
from lessons.known import KnownSkill, after_answer, level_of
from lessons.mastery import Level, topic_passed
from lessons.model import Topic
from lessons.questions.generators import GENERATORS
from lessons.questions.model import Question
from tests.lessons.member import CURRICULUM
from tests.lessons.questions.test_own_run_questions import RUN

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
topics = st.sampled_from(CURRICULUM.topics)


def answer(known: KnownSkill | None, *, right: bool = True, days: float = 0, in_review: bool = False) -> KnownSkill:
    return after_answer(known, right=right, now=NOW + timedelta(days=days), zone=BERLIN, in_review=in_review)


def familiar() -> KnownSkill:
    return answer(answer(None))


def made(ask: Ask) -> Question:
    question = make_question(CURRICULUM, ask)
    assert question is not None
    return question


@given(topics, st.integers(1, 2**63 - 1))
def test_a_first_round_asks_each_skill_twice_computed_first_and_not_in_a_row(topic: Topic, user_id: int) -> None:
    asks = plan_round(CURRICULUM, topic, user_id, {}, {})
    ids = [skill.id for skill in topic.skills][:3]
    assert [ask.skill_id for ask in asks] == ids * 2
    assert len(asks) <= ROUND
    assert all(ask.item_id == ask.skill_id for ask in asks[: len(ids)]), "numbers first"
    assert len({(ask.item_id, ask.seed) for ask in asks}) == len(asks), "never the same question twice"
    assert all(made(ask).skill_id == ask.skill_id for ask in asks)
    assert asks == plan_round(CURRICULUM, topic, user_id, {}, {}), "the same state gives the same round"
    assert not any(ask.typed for ask in asks)


@pytest.mark.parametrize("topic", CURRICULUM.topics, ids=lambda topic: topic.id)
def test_who_answers_everything_right_passes_any_topic_in_two_rounds(topic: Topic) -> None:
    known: dict[str, KnownSkill] = {}
    for _ in range(2):
        for ask in plan_round(CURRICULUM, topic, 7, known, {}):
            known[ask.skill_id] = answer(known.get(ask.skill_id))
    assert topic_passed({skill.id: level_of(known.get(skill.id)) for skill in topic.skills}).passed


def test_a_later_round_leaves_out_what_is_familiar_until_all_is() -> None:
    topic = CURRICULUM.topic("cnn")
    ids = [skill.id for skill in topic.skills]
    known = {ids[0]: familiar()}
    assert ids[0] not in {ask.skill_id for ask in plan_round(CURRICULUM, topic, 7, known, {})}
    everything = {skill_id: familiar() for skill_id in ids}
    assert plan_round(CURRICULUM, topic, 7, everything, {}), "practice is always possible"


def test_the_conceptual_item_that_was_answered_least_comes_first() -> None:
    topic = CURRICULUM.topic("cnn")
    conceptual = [ask.item_id for ask in plan_round(CURRICULUM, topic, 7, {}, {}) if ask.item_id not in GENERATORS]
    again = plan_round(CURRICULUM, topic, 7, {}, dict.fromkeys(conceptual, 1))
    other = [ask.item_id for ask in again if ask.item_id not in GENERATORS]
    few = {skill.id for skill in topic.skills if len(CURRICULUM.items_about(skill.id)) < 2}
    repeated = set(conceptual) & set(other)
    assert all(item is not None and item.skill in few for item in map(CURRICULUM.item, repeated))


def test_a_round_ends_with_a_question_about_the_members_own_run() -> None:
    facts = RUN
    for topic_id in ("cnn", "backpropagation"):
        topic = CURRICULUM.topic(topic_id)
        asks = plan_round(CURRICULUM, topic, 7, {}, {}, facts)
        last = asks[-1]
        if not last.item_id.startswith("run:"):
            continue
        assert last.skill_id in {skill.id for skill in topic.skills}
        assert len(asks) <= ROUND
        assert make_question(CURRICULUM, last, facts) is not None
        assert make_question(CURRICULUM, last) is None, "the run is gone, and its question with it"
        return
    pytest.fail("no topic asks about the run")


def test_a_round_about_a_run_asks_each_kind_once_and_then_the_others() -> None:
    facts = RUN
    first = plan_run_round(facts, 7, {})
    assert len({ask.item_id for ask in first}) == len(first) == ROUND
    second = plan_run_round(facts, 7, {ask.item_id: 1 for ask in first})
    assert {ask.item_id for ask in second} - {ask.item_id for ask in first}


def test_from_the_second_review_on_numbers_are_typed() -> None:
    numeric = [skill_id for skill_id in GENERATORS if GENERATORS[skill_id].make(1).typed is not None]
    once = {skill_id: answer(familiar(), in_review=True, days=3) for skill_id in numeric}
    never = {skill_id: familiar() for skill_id in numeric}
    asks = plan_review(CURRICULUM, tuple(numeric), 7, once)
    assert sum(ask.typed for ask in asks) > len(numeric) / 2
    assert all(made(ask).typed is not None for ask in asks if ask.typed)
    assert not any(ask.typed for ask in plan_review(CURRICULUM, tuple(numeric), 7, never))


def test_what_the_content_no_longer_has_makes_no_question() -> None:
    assert make_question(CURRICULUM, Ask("gone_skill", "gone_skill", 1)) is None
    assert make_question(CURRICULUM, Ask("conv_output_size", "gone-item", 1)) is None
    assert make_question(CURRICULUM, Ask("conv_output_size", "run:gone", 1), RUN) is None


def test_a_review_on_a_later_day_makes_proficient_mastered() -> None:
    known = answer(familiar())
    assert known.mastery.level is Level.PROFICIENT
    assert answer(known, in_review=True).mastery.level is Level.PROFICIENT, "the same day proves little"
    later = answer(known, in_review=True, days=2)
    assert later.mastery.level is Level.MASTERED
    assert (later.reviewed, later.memory.reviews) == (1, 4)
    assert answer(known, in_review=True, right=False, days=2).mastery.level is Level.FAMILIAR
    assert answer(known, right=False, days=2).mastery.level is Level.PROFICIENT, "practice takes nothing away"


@given(st.sampled_from(sorted(GENERATORS)), st.integers(0, 10_000))
@settings(max_examples=300)
def test_the_right_press_is_right_and_the_others_are_not(skill_id: str, seed: int) -> None:
    question = GENERATORS[skill_id].make(seed)
    for place in range(len(question.options)):
        judged = judge_answer(question, Pressed(place))
        assert judged == Judged(right=place == question.right, chosen=place)
    assert judge_answer(question, PassedOn()) == Judged(right=False)
    assert isinstance(judge_answer(question, Pressed(7)), TryAgain)


@pytest.mark.parametrize("text", ["1e999", "NaN", "🤖", "9" * 4000, "", "inf", "@everyone", "-", "1/0"])
def test_what_is_no_number_is_told_in_a_sentence_and_counts_for_nothing(text: str) -> None:
    question = GENERATORS["conv_output_size"].make(3)
    tried = judge_answer(question, Wrote(text))
    assert isinstance(tried, TryAgain)
    assert tried.sentence.endswith(".")
    assert "@" not in tried.sentence


def test_a_typed_mistake_gets_the_feedback_of_its_option() -> None:
    found = 0
    numbers: Mapping[str, Question] = {s: g.make(5) for s, g in GENERATORS.items() if g.make(5).typed is not None}
    for question in numbers.values():
        assert question.typed is not None
        for option in question.options:
            plain = option.text.replace("*", "").replace("`", "")
            judged = judge_answer(question, Wrote(plain))
            if option is question.answer or not isinstance(judged, Judged) or judged.said is None:
                continue
            if (behind := mistake_behind(question, judged.said)) is not None:
                assert not judged.right or question.typed.tolerance > 0
                assert behind.feedback
                found += 1
    assert found >= 20


def test_a_number_typed_where_buttons_were_asked_is_refused() -> None:
    item = CURRICULUM.items_about("conv_output_size") or CURRICULUM.banks[0].items
    tried = judge_answer(item[0].ask(1), Wrote("5"))
    assert tried == TryAgain("That question is answered by its buttons.")
