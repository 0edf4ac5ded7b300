"""Who has earned a certificate, what it says, and the code that proves it."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.certificates import (
    CODE_LENGTH,
    CertificateContent,
    Earned,
    NotYet,
    RunFigure,
    best_runs,
    certificate_content,
    certified_phases,
    checked_name,
    claim,
    covered_topics,
    highest_claim,
    new_code,
    read_code,
    shown_code,
)
from lessons.errors import PersonError
from lessons.progress import Enrolment, Stamp
from lessons.timeline import Pace
from tests.lessons.member import BERLIN, CURRICULUM, START, TOPICS, later

ADVANCED, EXPERT = certified_phases(CURRICULUM)


def done(*topic_ids: str) -> Enrolment:
    """A member who has done one topic a day."""
    enrolment = Enrolment.begin(Pace.SHORT, BERLIN, START)
    return enrolment.stamped(Stamp(topic_id, "done_at", later(day)) for day, topic_id in enumerate(topic_ids))


def content(enrolment: Enrolment, days: float = 100) -> CertificateContent:
    earned = highest_claim(CURRICULUM, enrolment)
    assert isinstance(earned, Earned)
    return certificate_content(CURRICULUM, enrolment, earned, name="Zoë", runs=(), now=later(days))


def refusal(code: str) -> str:
    with pytest.raises(PersonError) as refused:
        read_code(code)
    return refused.value.sentence


def test_the_last_two_phases_have_a_certificate() -> None:
    assert [phase.number for phase in certified_phases(CURRICULUM)] == [3, 4]


def test_a_phase_is_earned_when_all_of_it_and_of_the_phases_before_is_done() -> None:
    three = tuple(topic.id for topic in covered_topics(CURRICULUM, ADVANCED))
    assert claim(CURRICULUM, done(*three), ADVANCED) == Earned(ADVANCED)
    assert claim(CURRICULUM, done(*three), EXPERT) == NotYet(EXPERT, CURRICULUM.topics_in("expert"))


@pytest.mark.parametrize("left_out", [TOPICS[0], "captioning"])
def test_one_open_topic_of_any_phase_before_is_one_too_few(left_out: str) -> None:
    three = (topic.id for topic in covered_topics(CURRICULUM, ADVANCED))
    enrolment = done(*(topic for topic in three if topic != left_out))
    assert claim(CURRICULUM, enrolment, ADVANCED) == NotYet(ADVANCED, (CURRICULUM.topic(left_out),))


def test_who_has_both_gets_the_later_one_and_who_has_none_hears_of_the_first() -> None:
    assert highest_claim(CURRICULUM, done(*TOPICS)) == Earned(EXPERT)
    none = highest_claim(CURRICULUM, done())
    assert isinstance(none, NotYet)
    assert none.phase == ADVANCED


def test_it_says_when_its_member_began_and_finished_in_their_own_time_zone() -> None:
    enrolment = done(*TOPICS[:-1])
    last = START + timedelta(days=20, hours=14.5)  # 23:30 in London, half past midnight in Berlin
    said = content(enrolment.stamped([Stamp(TOPICS[-1], "done_at", last)]))
    assert (said.started_on, said.finished_on) == (date(2026, 1, 5), date(2026, 1, 26))
    assert said.issued_on == date(2026, 4, 15)


def test_of_the_third_phase_it_says_nothing_of_the_fourth() -> None:
    enrolment = done(*TOPICS)
    said = certificate_content(CURRICULUM, enrolment, Earned(ADVANCED), name="Zoë", runs=(), now=later(99))
    assert [topic.short_title for topic in said.topics][-1] == "Image captioning"
    assert len(said.topics) == 10
    assert said.finished_on == (START + timedelta(days=9)).date()
    assert (said.phase, said.title, len(said.levels)) == (3, "Advanced Deep Learning", 4)


def test_topics_from_the_placement_quiz_are_marked() -> None:
    enrolment = done(*TOPICS).stamped([Stamp(TOPICS[0], "placed_at", START)])
    assert [topic.placed for topic in content(enrolment).topics] == [True] + 13 * [False]


def test_nobody_finishes_before_they_began_though_they_moved_across_the_date_line() -> None:
    enrolment = replace(done(*TOPICS), started_on=date(2026, 3, 1))
    said = content(enrolment)
    assert said.started_on == said.finished_on


def test_what_it_says_comes_back_from_its_json_also_when_a_later_version_wrote_more() -> None:
    said = content(done(*TOPICS))
    kept = said.model_dump(mode="json")
    assert CertificateContent.model_validate(kept | {"seal": "gold"}) == said


def test_of_each_project_the_best_run_on_public_data_is_named() -> None:
    figures = [
        RunFigure(1, "rnn", -1.9, public=False),
        RunFigure(2, "cnn", 0.999, public=False),
        RunFigure(3, "cnn", 0.98, public=True),
        RunFigure(4, "cnn", 0.991, public=True),
        RunFigure(5, "cnn", 0.991, public=True),
        RunFigure(6, "rnn", -1.8, public=False),
    ]
    assert [figure.run_id for figure in best_runs(figures)] == [6, 4]


def test_codes_are_long_and_have_no_letters_that_look_alike() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", code) for code in codes)
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", shown_code(codes.pop()))


@pytest.mark.parametrize(
    "typed",
    ["7K3M-9QWX-201D", "7k3m9qwx201d", " 7K3M 9QWX 201D ", "7k3m–9qwx—2o1d", "`7K3M-9QWX-2OID`", "7K3M9QWX2Old"],
)
def test_case_spaces_dashes_and_look_alikes_do_not_matter(typed: str) -> None:
    assert read_code(typed) == "7K3M9QWX201D"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "that one has 0"),
        ("7K3M-9QWX", "that one has 8"),
        ("7K3M-9QWX-2BND-1", "that one has 13"),
        ("7K3M-9QWX-2BNU", "“U” is in none of them"),
        ("7K3M-9QWX-2BN🎓", "that one holds something else"),
        ("**@everyone**", "that one holds something else"),
    ],
)
def test_what_is_no_code_is_refused_with_the_reason(typed: str, why: str) -> None:
    assert refusal(typed).endswith(f"{why}.")
    assert "12 letters and digits" in refusal(typed)


@given(st.text(max_size=40))
def test_whatever_is_typed_gives_a_code_or_a_sentence(typed: str) -> None:
    with suppress(PersonError):
        code = read_code(typed)
        assert len(code) == CODE_LENGTH
        assert read_code(shown_code(code)) == code


@pytest.mark.parametrize("name", ["Zoë Łukasiewicz", "Nguyễn Văn A", "O'Brien-Smith", "Аня", "李"])
def test_names_of_all_kinds_are_taken(name: str) -> None:
    assert checked_name(f"  {name} \n") == name


@pytest.mark.parametrize("name", ["", "  ", "---", "a\x00b", "a\u202eb", "Zo\u200bë", "x" * 49])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(PersonError):
        checked_name(name)
