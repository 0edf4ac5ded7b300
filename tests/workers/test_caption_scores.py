"""Scores of captions: against cases worked by hand, sacrebleu itself, and the grammar that made the scenes."""

import math
import random

import pytest

from workers.recipes import scenes
from workers.recipes.caption_scores import bleu, cider_d, scores, wrong_picture
from workers.recipes.scenes import COLOURS, KINDS, SHAPES, Scene, Thing, judge, meaning


def test_bleu_of_a_case_worked_by_hand() -> None:
    # Papineni et al. 2002: "the" counts at most twice of its seven times, as one reference has it twice.
    found = bleu(["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]])
    assert found == pytest.approx((2 / 7, 0, 0, 0))
    # 4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 fours; as long as its reference: no penalty
    found = bleu(["a b c d x"], [["a b c d e"]])
    assert found[3] == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4))
    assert bleu(["a b c d"], [["a b c d e"]])[0] == pytest.approx(math.exp(1 - 5 / 4)), "too short"


def test_bleu_takes_pictures_with_different_numbers_of_references() -> None:
    assert bleu(["a b c d", "e f g h"], [["a b c d"], ["x", "e f g h"]]) == pytest.approx((1, 1, 1, 1))


def test_cider_d_of_a_case_worked_by_hand() -> None:
    references = [["red dog"], ["red cat"]]
    # "red" is in both pictures: weight log(2/2) = 0. "dog" and "red dog" are in one: log 2. So the caption's and the
    # reference's vectors are the same for n = 1 and 2 (cosine 1), and there is nothing for n = 3 and 4: 10 · 2/4.
    assert cider_d(["red dog", "red cat"], references) == pytest.approx([5.0, 5.0])
    # "dog dog": n = 1: min(2 log 2, log 2) · log 2 / (2 log 2 · log 2) = 1/2; no known pair: 10 · (1/2) / 4
    assert cider_d(["dog dog", ""], references) == pytest.approx([1.25, 0.0])
    # Two words longer: the same vectors, but for a penalty of exp(-2² / (2 · 6²)); "red" weighs nothing,
    # the pairs are "red dog" (log 2), "red red" twice and unseen (2 · log 2 each as df is taken as 1)
    pairs = math.log(2) ** 2 / (math.log(2) * math.hypot(math.log(2), 2 * math.log(2)))
    triples = 0.0
    expected = 10 * math.exp(-4 / 72) * (1 + pairs + triples) / 4
    assert cider_d(["red red red dog", "red cat"], references)[0] == pytest.approx(expected)


def test_the_control_tells_style_from_sight() -> None:
    references = [[f"a {animal} sits on the {place} today"] for animal in ("dog", "cat") for place in "abcdefgh"]
    captions = [own[0] for own in references]
    found = scores(captions, references)
    assert found.bleu[3] == pytest.approx(1.0)
    assert found.control == wrong_picture(captions, references) < 0.8
    assert found.different == 1.0
    same = scores(["a dog sits on the a today"] * 16, references)
    assert same.bleu[3] == pytest.approx(same.control), "a caption that is always the same has seen nothing"


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_means_what_its_picture_shows(kind: str) -> None:
    pixels, shown, references = scenes.make(60, kind, seed=1)
    assert pixels.shape == (60, scenes.SIDE, scenes.SIDE, 3)
    assert all(KINDS[kind](scene) for scene in shown)
    for scene, own in zip(shown, references, strict=True):
        assert len(set(own)) == scenes.REFERENCES
        assert {meaning(text) for text in own} == {scene}


def test_the_same_seed_draws_the_same_pictures() -> None:
    first, again, other = (scenes.make(5, "seen kinds", seed) for seed in (1, 1, 2))
    assert first[0].equal(again[0])
    assert first[1:] == again[1:]
    assert not first[0].equal(other[0])


def test_what_is_held_out_is_never_in_training_and_its_parts_always_are() -> None:
    _, shown, _ = scenes.make(3_000, "seen kinds", seed=4)
    seen = {(thing.colour, thing.shape) for scene in shown for thing in scene.things}
    assert len(seen) == 30, "36 objects less the 6 that are held out"
    assert {colour for colour, _ in seen} == set(COLOURS)
    assert {shape for _, shape in seen} == set(SHAPES)
    arranged = {(scene.first.shape, scene.relation, scene.second.shape) for scene in shown if scene.second}
    assert len(arranged) == 60, "72 arrangements less the 12 that are held out"


def test_colours_are_where_the_scene_says_they_are() -> None:
    chance = random.Random(3)  # noqa: S311 pictures, no secrets
    for _ in range(30):
        scene = Scene(
            Thing("large", "red", "circle"), chance.choice(scenes.RELATIONS), Thing("small", "green", "cross")
        )
        picture = scenes._picture(scene, chance)
        red = (picture[..., 0] - picture[..., 1] > 90).nonzero()
        green = (picture[..., 1] - picture[..., 0] > 60).nonzero()
        axis = 1 if scene.relation == "left of" else 0
        assert red[axis].max() < green[axis].min()


def test_what_is_told_is_judged_by_its_meaning() -> None:
    heart, star = Thing("small", "red", "heart"), Thing("large", "blue", "star")
    pair = Scene(heart, "left of", star)
    captions = [
        "a big blue star right of a little red heart",  # all right, the other way round
        "a little red heart right of a large blue star",  # all right but the relation
        "a small red heart is to the left of a small green star",  # size and colour of one are wrong
        "a small red heart",  # one is not told
        "red heart blue star",  # no sentence
    ]
    found = judge(captions, [pair] * 5)
    assert found.exact == 1 / 5
    assert found.shape == (2 + 2 + 2 + 1 + 0) / 10
    assert found.size == found.colour == (2 + 2 + 1 + 1 + 0) / 10
    assert found.relation == 2 / 5
    alone = judge(["one small red heart"], [Scene(heart)])
    assert (alone.exact, alone.colour) == (1, 1)
    assert math.isnan(alone.relation)
    assert meaning("a small red heart left of") is None
