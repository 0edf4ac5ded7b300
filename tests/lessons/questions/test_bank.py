"""The bank: every item is read, and a slip in a file is found with its line."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from lessons.load import check, load_curriculum
from lessons.questions.bank import BankItem
from lessons.questions.generators import GENERATORS
from tests.lessons.questions.checks import assert_well_made

CURRICULUM = load_curriculum()
ITEMS = [item for bank in CURRICULUM.banks for item in bank.items]
CONTENT = Path(__file__).parents[3] / "lessons" / "content"


def test_every_topic_has_at_least_eight_items() -> None:
    assert [bank.topic for bank in CURRICULUM.banks] == [topic.id for topic in CURRICULUM.topics]
    assert min(len(bank.items) for bank in CURRICULUM.banks) >= 8


def test_every_generator_asks_for_a_skill_and_every_topic_has_two() -> None:
    skills = {skill.id: topic.id for topic in CURRICULUM.topics for skill in topic.skills}
    assert set(GENERATORS) <= set(skills)
    assert len(GENERATORS) >= 40
    topics = Counter(skills[skill_id] for skill_id in GENERATORS)
    assert min(topics[topic.id] for topic in CURRICULUM.topics) >= 2


def test_every_skill_can_be_asked_for_more_than_once() -> None:
    for topic in CURRICULUM.topics:
        for skill in topic.skills:
            assert skill.id in GENERATORS or len(CURRICULUM.items_about(skill.id)) >= 2, skill.id


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_an_item_is_well_made_in_every_order(item: BankItem) -> None:
    orders = {tuple(option.text for option in item.ask(seed).options) for seed in range(40)}
    assert len(orders) > 3, "the place of the right option varies"
    for seed in range(5):
        question = item.ask(seed)
        assert_well_made(question)
        assert question.answer.text == item.answer


def test_neither_length_nor_place_gives_the_answer_away() -> None:
    longest = sum(len(item.answer) > max(len(wrong.option) for wrong in item.wrong) for item in ITEMS)
    shortest = sum(len(item.answer) < min(len(wrong.option) for wrong in item.wrong) for item in ITEMS)
    assert longest < 0.45 * len(ITEMS)
    assert shortest < 0.45 * len(ITEMS)
    places = Counter(item.ask(7).right for item in ITEMS)
    assert all(0.2 * len(ITEMS) < places[place] < 0.47 * len(ITEMS) for place in range(3))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("skill: weight_sharing", "skill: weight_shearing", "`weight_shearing` is no skill of the topic"),
        ("topic: cnn", "topic: cnns", "is not the topic in the file's name"),
        ("misconception: sharing-means-mirror-symmetry", "misconception: Mirrors!", "misconception"),
        ("What does that assume?", "Say what that assumes.", "full question"),
    ],
)
def test_a_slip_is_found_with_file_and_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    shutil.copytree(CONTENT, tmp_path / "content")
    file = tmp_path / "content" / "questions" / "05-cnn.yaml"
    text = file.read_text()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    file.write_text(text.replace(old, new, 1))
    found = check(tmp_path / "content")
    assert found.curriculum is None
    assert any(p.file == "questions/05-cnn.yaml" and sentence in p.sentence for p in found.problems), found.problems
    assert any(abs(p.line - line) <= 3 for p in found.problems)


def test_a_folder_without_questions_is_a_curriculum_too(tmp_path: Path) -> None:
    shutil.copytree(CONTENT, tmp_path / "content")
    shutil.rmtree(tmp_path / "content" / "questions")
    assert load_curriculum(tmp_path / "content").banks == ()
