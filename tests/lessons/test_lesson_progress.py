"""How a member moves through the topics: what /next shows, and that nothing is lost or stepped over."""

from datetime import UTC, date, datetime

import pytest

from lessons.curriculum import UnknownTopicError
from lessons.progress import (
    Ahead,
    Enrolment,
    Late,
    OnTime,
    ProjectNeed,
    SkillsNeed,
    Stamp,
    TopicRecord,
    TopicState,
    needs,
    owed_topics,
    standing,
)
from lessons.stepping import (
    AlreadyDone,
    Finished,
    MovedOn,
    NotCurrent,
    Noted,
    NotOpened,
    NotOwed,
    OnlyOwed,
    SetAside,
    Stay,
    TakenBack,
    TopicDone,
    note_run,
    note_skills,
    place_at,
    settle,
    step,
)
from lessons.timeline import Pace
from tests.lessons.member import BERLIN, CURRICULUM, START, TOPICS, Member, later


def test_the_first_next_hands_out_the_first_topic() -> None:
    enrolment = Enrolment.begin(Pace.MIDDLE, BERLIN, datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    assert enrolment.started_on == date(2026, 1, 6), "in Berlin it is the next day already"
    result = step(CURRICULUM, enrolment, START)
    assert isinstance(result, MovedOn)
    assert (result.left, result.to.id) == (None, "python-math")
    assert result.new_phase is not None
    assert result.new_phase.id == "foundations"
    assert result.stamps == (Stamp("python-math", "opened_at", START),)
    assert result.enrolment == enrolment.stamped(result.stamps)


def test_next_stays_and_says_what_is_missing() -> None:
    member = Member.starts()
    member.walks_to("cnn")
    for missing in (("skills", "project"), ("project",)):
        result = member.next()
        assert isinstance(result, Stay)
        assert result.topic.id == "cnn"
        kinds = {SkillsNeed: "skills", ProjectNeed: "project"}
        assert tuple(kinds[type(need)] for need in result.needs) == missing
        member.knows("cnn")


def test_next_moves_on_once_the_skills_are_there_and_the_project_is_trained() -> None:
    member = Member.starts()
    member.walks_to("cnn")
    assert member.knows("cnn") is None
    member.now = later(30)
    done = member.trains("cnn")
    assert isinstance(done, TopicDone)
    assert done.following is not None
    assert done.following.id == "rnn"
    assert done.stamps == (Stamp("cnn", "project_run_at", later(30)), Stamp("cnn", "done_at", later(30)))
    moved = member.next()
    assert isinstance(moved, MovedOn)
    assert moved.left is not None
    assert (moved.left.id, moved.to.id, moved.new_phase) == ("cnn", "rnn", None)


def test_a_topic_without_a_project_is_done_with_its_skills_and_read_or_not() -> None:
    member = Member.starts()
    assert isinstance(member.reads("python-math"), Noted)
    done = member.knows("python-math")
    assert isinstance(done, TopicDone)
    assert done.following is not None
    assert done.following.id == "neural-networks"
    assert isinstance(member.reads("python-math"), AlreadyDone)
    assert member.knows("python-math") is None, "it was done before"


def test_four_fifths_of_the_skills_pass_a_topic() -> None:
    for topic in CURRICULUM.topics:
        member = Member.starts()
        member.walks_to(topic.id)
        needed = -(-len(topic.skills) * 4 // 5)
        if topic.project is not None:
            member.trains(topic.project.id)
        assert member.knows(topic.id, needed - 1) is None
        stay = member.next()
        assert isinstance(stay, Stay)
        (need,) = stay.needs
        assert isinstance(need, SkillsNeed)
        assert (need.skills.reached, need.skills.needed, need.skills.of) == (needed - 1, needed, len(topic.skills))
        assert isinstance(member.knows(topic.id, needed), TopicDone)


def test_a_new_phase_is_announced_with_its_first_topic() -> None:
    member = Member.starts()
    member.walks_to("preprocessing")
    member.finishes("preprocessing")
    moved = member.next()
    assert isinstance(moved, MovedOn)
    assert moved.new_phase is not None
    assert moved.new_phase.id == "core"


def test_a_project_trained_before_its_turn_counts_when_its_turn_comes() -> None:
    member = Member.starts()
    noted = member.trains("gan")
    assert isinstance(noted, Noted)
    assert [type(need) for need in noted.needs] == [SkillsNeed]
    member.now = later(60)
    again = member.trains("gan")
    assert isinstance(again, Noted)
    assert again.stamps == (), "the first time stays"
    member.walks_to("gan")
    stay = member.next()
    assert isinstance(stay, Stay)
    assert [type(need) for need in stay.needs] == [SkillsNeed]
    assert member.enrolment.record("gan").project_run_at == START


def test_a_topic_cannot_be_ticked_off_before_it_is_handed_out() -> None:
    member = Member.starts()
    refused = member.reads("gan")
    assert isinstance(refused, NotOpened)
    assert refused.current is not None
    assert refused.current.id == "python-math"


def test_a_topic_set_aside_is_owed_until_it_is_done() -> None:
    member = Member.starts()
    aside = member.skips("python-math")
    assert isinstance(aside, SetAside)
    assert aside.to is not None
    assert aside.to.id == "neural-networks"
    stay = member.next()
    assert isinstance(stay, Stay)
    assert (stay.topic.id, [topic.id for topic in stay.owed]) == ("neural-networks", ["python-math"])
    assert isinstance(member.knows("python-math"), TopicDone), "it can be practised all the same"
    assert owed_topics(CURRICULUM, member.enrolment) == ()
    assert member.enrolment.record("python-math").skipped_at == START, "that it was set aside stays on record"
    assert isinstance(member.takes_back("python-math"), NotOwed), "it is done, there is nothing to take back"


def test_only_the_topic_on_the_table_can_be_set_aside() -> None:
    member = Member.starts()
    member.skips("python-math")
    before = member.enrolment
    for topic_id in ("python-math", "gan"):
        refused = member.skips(topic_id)
        assert isinstance(refused, NotCurrent)
        assert refused.current is not None
        assert refused.current.id == "neural-networks"
    assert member.enrolment == before, "a second press on the old card sets nothing else aside"


def test_a_topic_that_was_not_handed_out_yet_cannot_be_set_aside() -> None:
    member = Member.starts()
    member.knows("python-math")
    assert isinstance(member.skips("neural-networks"), NotCurrent)


def test_a_topic_taken_back_has_its_turn_again() -> None:
    member = Member.starts()
    member.skips("python-math")
    back = member.takes_back("python-math")
    assert isinstance(back, TakenBack)
    assert [type(need) for need in back.needs] == [SkillsNeed]
    stay = member.next()
    assert isinstance(stay, Stay)
    assert (stay.topic.id, stay.owed) == ("python-math", ())
    member.knows("python-math")
    stay = member.next()
    assert isinstance(stay, Stay)
    assert stay.topic.id == "neural-networks"
    assert isinstance(member.takes_back("python-math"), NotOwed)
    assert isinstance(member.takes_back("gan"), NotOwed)


def test_at_the_end_what_is_owed_comes_before_the_congratulations() -> None:
    member = Member.starts()
    member.walks_to("cnn")
    member.skips("cnn")
    for topic_id in TOPICS[TOPICS.index("rnn") :]:
        member.finishes(topic_id)
        last = member.next()
    assert isinstance(last, OnlyOwed)
    assert [topic.id for topic in last.owed] == ["cnn"]
    assert not standing(CURRICULUM, member.enrolment, member.now).finished
    member.now = later(200)
    member.finishes("cnn")
    assert member.next() == Finished(later(200))
    assert standing(CURRICULUM, member.enrolment, member.now).finished


def test_the_last_topic_can_be_set_aside_too_and_is_then_all_that_is_left() -> None:
    member = Member.starts()
    member.walks_to("research")
    aside = member.skips("research")
    assert isinstance(aside, SetAside)
    assert aside.to is None
    left = member.next()
    assert isinstance(left, OnlyOwed)
    assert [topic.id for topic in left.owed] == ["research"]


def test_unknown_ids_are_told_apart_from_topics_without_a_project() -> None:
    member = Member.starts()
    with pytest.raises(UnknownTopicError):
        member.reads("chess")
    assert member.trains("chess") is None


def test_the_two_last_conditions_met_at_the_same_moment_make_the_topic_done() -> None:
    """The bot notes the answers while a worker notes the run, and each sees the other missing."""
    member = Member.starts()
    member.walks_to("cnn")
    before = member.enrolment
    run = note_run(CURRICULUM, before, "cnn", later(11))
    assert isinstance(run, Noted)
    assert member.knows("cnn") is None
    member.enrolment = member.enrolment.stamped(run.stamps)
    assert member.enrolment.record("cnn").done_at is None
    assert settle(CURRICULUM, member.enrolment, later(12)) == (Stamp("cnn", "done_at", later(12)),)
    moved = member.next()
    assert isinstance(moved, MovedOn)
    assert moved.to.id == "rnn"
    assert settle(CURRICULUM, member.enrolment, later(13)) == ()


def test_answers_about_a_topic_that_is_gone_pass_nothing() -> None:
    assert note_skills(CURRICULUM, Member.starts().enrolment, "chess", START) is None


def test_two_presses_of_next_at_once_do_what_one_does() -> None:
    member = Member.starts()
    member.knows("python-math")
    first = step(CURRICULUM, member.enrolment, later(1))
    second = step(CURRICULUM, member.enrolment, later(2))
    assert isinstance(first, MovedOn)
    assert isinstance(second, MovedOn)
    assert first.to == second.to
    assert first.enrolment.stamped(second.stamps) == first.enrolment


def test_a_done_topic_stays_done_when_the_content_later_asks_for_more() -> None:
    record = TopicRecord("cnn", opened_at=START, read_at=START, done_at=START)
    enrolment = Enrolment(Pace.SHORT, BERLIN, date(2026, 1, 5), (record,))
    assert needs(CURRICULUM.topic("cnn"), enrolment) == ()


def test_whoever_is_placed_at_a_topic_owes_nothing_before_it() -> None:
    member = Member.starts()
    member.trains("preprocess")
    stamps = place_at(CURRICULUM, member.enrolment, "cnn", later(1))
    member.enrolment = member.enrolment.stamped(stamps)
    shown = standing(CURRICULUM, member.enrolment, later(1))
    assert [each.state for each in shown.topics[:5]] == [TopicState.DONE] * 4 + [TopicState.CURRENT]
    assert all(each.record.placed_at == later(1) for each in shown.topics[:4])
    assert shown.owed == ()
    stay = member.next()
    assert isinstance(stay, Stay)
    assert stay.topic.id == "cnn"
    with pytest.raises(UnknownTopicError):
        place_at(CURRICULUM, member.enrolment, "chess", START)


def test_what_happened_to_a_topic_that_the_content_dropped_is_kept() -> None:
    old = TopicRecord("boltzmann-machines", opened_at=START, read_at=START, done_at=START)
    enrolment = Enrolment(Pace.SHORT, BERLIN, date(2026, 1, 5), (old,))
    moved = step(CURRICULUM, enrolment, START)
    assert isinstance(moved, MovedOn)
    assert moved.to.id == "python-math"
    assert moved.enrolment.record("boltzmann-machines") == old
    assert len(standing(CURRICULUM, enrolment, START).topics) == 14


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        TopicRecord("cnn", read_at=datetime(2026, 1, 5))  # noqa: DTZ001


def test_standing_shows_each_topic_once_with_its_state() -> None:
    member = Member.starts()
    member.finishes("python-math")
    member.next()
    member.skips("neural-networks")
    shown = standing(CURRICULUM, member.enrolment, member.now)
    states = [each.state for each in shown.topics]
    assert states[:3] == [TopicState.DONE, TopicState.SKIPPED, TopicState.CURRENT]
    assert set(states[3:]) == {TopicState.AHEAD}
    assert shown.current is not None
    assert shown.current.topic.id == "preprocessing"
    assert [each.topic.id for each in shown.owed] == ["neural-networks"]
    assert [each.topic.id for each in shown.done] == ["python-math"]
    gan = shown.topic("gan")
    assert gan is not None
    assert gan.span == shown.timeline.topic("gan")


def test_late_and_ahead_are_counted_in_the_members_own_days() -> None:
    # At the short pace the first topic is due on 13 January, the second begins on the 14th.
    member = Member.starts()

    def schedule(now: datetime) -> Ahead | Late | OnTime:
        return standing(CURRICULUM, member.enrolment, now).schedule

    assert schedule(datetime(2026, 1, 13, 22, 59, tzinfo=UTC)) == OnTime()
    assert schedule(datetime(2026, 1, 13, 23, 0, tzinfo=UTC)) == Late(1), "midnight in Berlin"
    assert schedule(later(18)) == Late(10)
    member.now = later(2)
    member.finishes("python-math")
    member.next()
    assert schedule(later(2)) == Ahead(7)
    assert schedule(later(9)) == OnTime()


def test_a_topic_done_late_keeps_saying_how_late_and_one_in_time_says_nothing() -> None:
    member = Member.starts()
    member.now = later(11)
    member.finishes("python-math")
    shown = standing(CURRICULUM, member.enrolment, later(100))
    assert [each.days_late for each in shown.topics[:2]] == [3, 100 - 14]
    assert shown.topics[-1].days_late == 0


def test_nobody_is_late_in_the_ongoing_phase() -> None:
    member = Member.starts()
    member.walks_to("tuning")
    shown = standing(CURRICULUM, member.enrolment, later(3000))
    assert shown.schedule == OnTime()
    assert {each.days_late for each in shown.topics if each.span.ongoing} == {0}
