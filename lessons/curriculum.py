"""The whole curriculum, checked, in order, with its look-ups."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from lessons.errors import PersonError
from lessons.model import Phase, Resource, Roadmap, Skill, Topic
from lessons.questions.bank import Bank, BankItem


class UnknownTopicError(PersonError):
    """No topic has that id."""


@dataclass(frozen=True)
class Curriculum:
    """What ``load_curriculum`` returns. Two with the same ``version`` hold the same content."""

    roadmap: Roadmap
    topics: tuple[Topic, ...]
    """In the order in which a member meets them."""
    version: str
    """12 hex digits of a SHA-256 over the content, not over its spelling in YAML."""
    banks: tuple[Bank, ...] = ()
    """The conceptual questions, by topic in order; a topic may have none."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """In order."""
        return self.roadmap.phases

    @cached_property
    def _by_id(self) -> dict[str, Topic]:
        return {topic.id: topic for topic in self.topics}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {topic.id: place for place, topic in enumerate(self.topics, start=1)}

    def find(self, topic_id: str) -> Topic | None:
        """The topic of that id, or None: for ids from a database that may be older than the content."""
        return self._by_id.get(topic_id)

    def topic(self, topic_id: str) -> Topic:
        """The topic of that id.

        Raises:
            UnknownTopicError: with the closest known id in its sentence.
        """
        topic = self._by_id.get(topic_id)
        if topic is None:
            close = get_close_matches(topic_id, self._by_id, n=1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            raise UnknownTopicError(f"There is no topic `{topic_id[:60]}`.{hint}")
        return topic

    def place(self, topic_id: str) -> int:
        """1 for the first topic of the whole roadmap. Raises UnknownTopicError."""
        return self._places[self.topic(topic_id).id]

    def next_after(self, topic_id: str) -> Topic | None:
        """The topic that follows, also over a phase's end; None after the last. Raises UnknownTopicError."""
        place = self.place(topic_id)
        return self.topics[place] if place < len(self.topics) else None

    @cached_property
    def _phases_by_id(self) -> dict[str, Phase]:
        return {phase.id: phase for phase in self.phases}

    def phase(self, phase_id: str) -> Phase:
        """The phase of that id. Raises KeyError: phase ids come from the content only."""
        return self._phases_by_id[phase_id]

    def phase_of(self, topic: Topic) -> Phase:
        """The phase that the topic is in."""
        return self._phases_by_id[topic.phase]

    def topics_in(self, phase_id: str) -> tuple[Topic, ...]:
        """The topics of one phase, in order."""
        return tuple(topic for topic in self.topics if topic.phase == phase_id)

    def topic_of_project(self, project_id: str) -> Topic | None:
        """The topic whose project ``/run <project_id>`` trains; None where the content asks nobody for it."""
        return next((t for t in self.topics if t.project and t.project.id == project_id), None)

    def resources(self) -> Iterator[tuple[Topic | None, Resource]]:
        """Every resource with its topic; the courses for the whole way come last, with None."""
        for topic in self.topics:
            for resource in topic.resources:
                yield topic, resource
        for resource in self.roadmap.courses:
            yield None, resource

    @cached_property
    def _resources_by_id(self) -> dict[str, Resource]:
        return {resource.id: resource for _, resource in self.resources()}

    def resource(self, resource_id: str) -> Resource | None:
        """The resource of that id, if the content still has it."""
        return self._resources_by_id.get(resource_id)

    @cached_property
    def _skills(self) -> dict[str, tuple[Topic, Skill]]:
        return {skill.id: (topic, skill) for topic in self.topics for skill in topic.skills}

    def skill(self, skill_id: str) -> tuple[Topic, Skill] | None:
        """The skill of that id and the topic that teaches it, if the content still has it."""
        return self._skills.get(skill_id)

    @cached_property
    def _items(self) -> dict[str, BankItem]:
        return {item.id: item for bank in self.banks for item in bank.items}

    def item(self, item_id: str) -> BankItem | None:
        """The conceptual question of that id, if the content still has it."""
        return self._items.get(item_id)

    def items_about(self, skill_id: str) -> tuple[BankItem, ...]:
        """The conceptual questions that ask for that skill."""
        return tuple(item for item in self._items.values() if item.skill == skill_id)
