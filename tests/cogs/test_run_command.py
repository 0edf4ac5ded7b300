"""``/run`` as Discord gets it: within its limits however many projects there are, and said as well as there is room."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.playground.commands import check_command
from bot.playground.form import Form
from cogs.run._commands import RunGroup
from cogs.run._options import COMMAND_MAX, brief, descriptions, fields
from tests.cogs.chat import Chat
from workers.catalogue import PROJECTS, Project


def many(count: int) -> Mapping[str, Project]:
    """The most talkative project so many times."""
    longest = max(PROJECTS.values(), key=lambda one: sum(len(field.about) for field in fields(one)))
    return {f"copy-{number}": replace(longest, id=f"copy-{number}") for number in range(count)}


def weight(node: dict[str, Any]) -> int:
    """Characters as Discord counts them."""
    own = len(node["name"]) + len(node.get("description", "")) + len(str(node.get("value", "")))
    return own + sum(weight(inner) for inner in [*node.get("options", ()), *node.get("choices", ())])


@pytest.mark.parametrize("projects", [PROJECTS, many(1), many(8)], ids=["real", "one", "eight"])
def test_discord_takes_the_whole_command(chat: Chat, projects: Mapping[str, Project]) -> None:
    command = RunGroup(projects).to_dict(chat.bot.tree)
    assert weight(command) <= COMMAND_MAX
    form = Form()
    check_command(command, form)
    form.settle()


def test_while_there_is_room_nothing_is_cut() -> None:
    (said,) = descriptions(many(1).values()).values()
    (project,) = many(1).values()
    assert [said[field.name] for field in fields(project)] == [brief(field.about, 100) for field in fields(project)]


def test_where_room_is_short_the_long_descriptions_give_way_and_the_short_ones_stay() -> None:
    said = descriptions(many(8).values())["copy-0"]
    full = {field.name: field.about.rstrip(".") for field in fields(many(1)["copy-0"])}
    assert said["dataset"] == full["dataset"]
    assert min(len(said[name]) for name in said) >= 10
    assert max(len(said[name]) for name in said) < max(len(full[name]) for name in full)


@pytest.mark.parametrize(
    ("about", "most", "expected"),
    [
        ("Pictures in one optimiser step.", 100, "Pictures in one optimiser step"),
        ("The largest step of the optimiser; the schedule falls to zero.", 40, "The largest step of the optimiser"),
        ("How often the network sees every training picture.", 30, "How often the network sees…"),
    ],
)
def test_a_description_is_cut_after_a_clause_or_else_after_a_word(about: str, most: int, expected: str) -> None:
    assert brief(about, most) == expected
