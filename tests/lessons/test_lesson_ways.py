"""Whatever members press, in whatever order: no topic is lost, none is stepped over in silence."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lessons.model import PROJECT_IDS
from lessons.progress import Enrolment, TopicState, current_topic, standing
from lessons.stepping import Finished, MovedOn, NotOpened, OnlyOwed, SetAside, Stay, TakenBack
from tests.lessons.member import CURRICULUM, START, TOPICS, Member

topics = st.sampled_from(TOPICS)


class Way(RuleBasedStateMachine):
    """One member's way, beside a plain account of what they did."""

    def __init__(self) -> None:
        super().__init__()
        self.member = Member.starts()
        self.before: Enrolment = self.member.enrolment
        self.known: set[str] = set()
        self.trained: set[str] = set()
        self.aside: set[str] = set()
        """Set aside by an act of the member and not taken back."""

    def is_complete(self, topic_id: str) -> bool:
        project = CURRICULUM.topic(topic_id).project
        return topic_id in self.known and (project is None or project.id in self.trained)

    @property
    def turn(self) -> str | None:
        current = current_topic(CURRICULUM, self.member.enrolment)
        return current.id if current else None

    @rule(hours=st.integers(1, 400))
    def wait(self, hours: int) -> None:
        self.member.now += timedelta(hours=hours)

    @rule()
    def next(self) -> None:
        turn = self.turn
        match self.member.next():
            case Stay(topic) | MovedOn(to=topic):
                assert topic.id == turn
            case OnlyOwed(owed):
                assert turn is None
                assert {topic.id for topic in owed} == {t for t in TOPICS if not self.is_complete(t)}
            case Finished():
                assert all(self.is_complete(topic_id) for topic_id in TOPICS)

    @rule(topic_id=topics)
    def reads_any(self, topic_id: str) -> None:
        opened = self.member.enrolment.record(topic_id).opened_at is not None
        assert isinstance(self.member.reads(topic_id), NotOpened) is not opened

    @rule(topic_id=topics)
    def learns_any(self, topic_id: str) -> None:
        self.member.knows(topic_id)
        self.known.add(topic_id)

    @rule(project_id=st.sampled_from(PROJECT_IDS))
    def trains_any(self, project_id: str) -> None:
        self.member.trains(project_id)
        self.trained.add(project_id)

    @precondition(lambda self: self.turn is not None)
    @rule()
    def does_what_is_due(self) -> None:
        topic_id = self.turn
        assert topic_id is not None
        self.member.next()
        self.member.finishes(topic_id)
        self.known.add(topic_id)
        project = CURRICULUM.topic(topic_id).project
        if project:
            self.trained.add(project.id)

    @rule(topic_id=topics)
    def sets_any_aside(self, topic_id: str) -> None:
        turn = self.turn
        if isinstance(self.member.skips(topic_id), SetAside):
            assert topic_id == turn
            self.aside.add(topic_id)

    @precondition(lambda self: self.turn is not None)
    @rule()
    def sets_aside_what_is_due(self) -> None:
        topic_id = self.turn
        assert topic_id is not None
        self.member.next()
        assert isinstance(self.member.skips(topic_id), SetAside)
        self.aside.add(topic_id)

    @rule(topic_id=topics)
    def takes_back(self, topic_id: str) -> None:
        if isinstance(self.member.takes_back(topic_id), TakenBack):
            assert topic_id in self.aside
            self.aside.discard(topic_id)

    @invariant()
    def every_topic_is_there_once_in_its_true_state(self) -> None:
        shown = standing(CURRICULUM, self.member.enrolment, self.member.now)
        assert tuple(each.topic.id for each in shown.topics) == TOPICS
        for each in shown.topics:
            assert (each.state is TopicState.DONE) == self.is_complete(each.topic.id)
            assert (each.state is TopicState.SKIPPED) == (
                each.topic.id in self.aside and not self.is_complete(each.topic.id)
            )

    @invariant()
    def whatever_lies_before_the_turn_is_done_or_was_set_aside(self) -> None:
        turn = self.turn
        over = TOPICS if turn is None else TOPICS[: TOPICS.index(turn)]
        assert all(self.is_complete(topic_id) or topic_id in self.aside for topic_id in over)

    @invariant()
    def what_is_on_record_stays(self) -> None:
        for record in self.before.topics:
            after = self.member.enrolment.record(record.topic_id)
            for name in ("opened_at", "read_at", "project_run_at", "done_at"):
                assert getattr(record, name) in (None, getattr(after, name))
        self.before = self.member.enrolment


TestWay = Way.TestCase
TestWay.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


@given(st.permutations(PROJECT_IDS))
def test_whoever_does_everything_finishes_whatever_the_order_of_the_runs(order: list[str]) -> None:
    member = Member.starts()
    for project in order[:5]:
        member.trains(project)
    for topic_id in TOPICS:
        member.knows(topic_id)
        for project in order[5:]:
            member.trains(project)
        last = member.next()
    assert last == Finished(START)
