"""What cards are made of: reports as galleries and tables, ids that are found again, errors as sentences."""

import re
from zoneinfo import available_timezones

import discord
import psycopg
import pytest
from discord import app_commands
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot import ids
from bot.errors import explain
from bot.render import picture_names, render_report
from bot.ui import card
from bot.wording import bar, duration, plural
from lessons.errors import PersonError
from lessons.load import load_curriculum
from tests.runs import picture
from workers.report import File, Picture, Report, Table, Text

SNOWFLAKE = 2**63 - 1


def kinds(items: tuple[discord.ui.Item[object], ...]) -> list[str]:
    return [type(item).__name__ for item in items]


def test_pictures_and_texts_stand_in_their_order_each_picture_with_its_description() -> None:
    parts = (Picture("a.png", "A"), Picture("b.png", "B"), Text("between"), Picture("c.png", "C"))
    files = {name: picture("navy") for name in ("a.png", "b.png", "c.png")}
    report = Report("done", parts)
    rendered = render_report(report, files)
    assert kinds(rendered.items) == ["MediaGallery", "MediaGallery", "TextDisplay", "MediaGallery"]
    assert [file.filename for file in rendered.files] == picture_names(report) == ["a.png", "b.png", "c.png"]
    assert [file.description for file in rendered.files] == ["A", "B", "C"]


def test_what_is_not_there_is_left_out_and_the_rest_is_shown() -> None:
    parts = (Picture("lost.png", "Lost"), Text("still here"), Table(("", "accuracy"), (("this run", "97 %"),)))
    rendered = render_report(Report("done", parts), {})
    assert kinds(rendered.items) == ["TextDisplay", "TextDisplay"]
    assert rendered.files == ()
    shown = card(*rendered.items).to_components()
    assert "97 %" in str(shown)


def test_files_to_download_are_shown_only_on_demand() -> None:
    report = Report("done", (File("model.pt", "The weights"),))
    assert render_report(report, {"model.pt": b"weights"}).items == ()
    rendered = render_report(report, {"model.pt": b"weights"}, skip_files=False)
    assert kinds(rendered.items) == ["File"]
    assert [file.filename for file in rendered.files] == ["model.pt"]


@pytest.mark.parametrize("name", [name for name in vars(ids) if name.isupper() and isinstance(getattr(ids, name), str)])
def test_the_ids_in_a_custom_id_are_found_again_and_it_fits(name: str) -> None:
    wanted = {
        "run_id": "999999999999999999",
        "user_id": str(SNOWFLAKE),
        "topic_id": max((topic.id for topic in load_curriculum().topics), key=len),
        "phase_id": max((phase.id for phase in load_curriculum().phases), key=len),
        "pace": "middle",
        "zone": max(available_timezones(), key=len),
        "page": "999999",
        "quiz_id": "999999999999999999",
        "duel_id": "999999999999999999",
        "commitment_id": "999999999999999999",
        "place": "999",
        "digest": "0123ab",
        "choice": "x",
        "option": "2",
        "onoff": "off",
        "duel_reply": "withdraw",
        "nudge_act": "fewer",
        "digest_id": "999999999999999999",
        "paper_id": "cond-mat.mtrl-sci/0309136",
        "paper_act": "drop",
        "any_topic": "reinforcement-learning",
        "words": "w" * 60,
    }
    pattern = getattr(ids, name)
    custom_id = pattern.format(**wanted)
    found = re.fullmatch(ids.template(pattern), custom_id)
    assert found is not None
    assert found.groupdict() == {key: value for key, value in wanted.items() if f"{{{key}}}" in pattern}
    assert len(custom_id) <= 100


def test_every_time_zone_can_stand_in_a_button() -> None:
    pattern = re.compile(ids.template(ids.START_ZONE))
    assert [zone for zone in available_timezones() if not pattern.fullmatch(f"wp:start:middle:{zone}")] == []


def test_no_custom_id_is_taken_for_another() -> None:
    patterns = [getattr(ids, name) for name in vars(ids) if name.isupper() and isinstance(getattr(ids, name), str)]
    for pattern in patterns:
        fields = (
            "run_id",
            "user_id",
            "page",
            "quiz_id",
            "duel_id",
            "commitment_id",
            "place",
            "digest_id",
        )
        numbers = dict.fromkeys(fields, 7)
        words = {"topic_id": "cnn", "phase_id": "core", "pace": "long", "zone": "UTC", "digest": "0123ab"}
        choices = {"choice": 1, "option": 2, "onoff": "on", "duel_reply": "accept"}
        papers = {"paper_id": "2604.21952", "paper_act": "up", "any_topic": "cnn", "words": "birds", "nudge_act": "1d"}
        example = pattern.format(**numbers, **words, **choices, **papers)
        assert [other for other in patterns if re.fullmatch(ids.template(other), example)] == [pattern]


AWAY = "My database can't be reached right now"


@pytest.mark.parametrize(
    ("error", "sentence", "bug"),
    [
        (PersonError("Type a city."), "Type a city.", False),
        (OperationalError("select 1", {}, psycopg.OperationalError("gone")), AWAY, True),
        (psycopg.OperationalError("gone"), AWAY, True),
        (PoolTimeoutError(), AWAY, True),
        (ConnectionResetError(), AWAY, True),
        (OperationalError("insert", {}, psycopg.errors.DiskFull("no room")), "The disk of my database is full", True),
        (app_commands.CommandNotFound("old", []), "That command has changed", False),
        (app_commands.CheckFailure(), "You can't use that here", False),
        (ValueError("secret detail"), "Something went wrong on my side", True),
    ],
)
def test_every_error_becomes_a_sentence_without_its_details(error: Exception, sentence: str, bug: bool) -> None:
    answer = explain(error, 4711)
    assert answer.sentence.startswith(sentence)
    assert answer.bug is bug
    assert "secret detail" not in answer.sentence
    assert "Error" not in answer.sentence


def test_a_bug_is_found_in_the_log_by_the_number_in_its_sentence() -> None:
    assert "`4711`" in explain(KeyError("x"), 4711).sentence


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.34, "0.3 s"), (8, "8.0 s"), (42, "42 s"), (100, "2 min"), (3600, "1 h"), (4800, "1 h 20 min")],
)
def test_a_duration_is_as_exact_as_a_person_cares(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_bar_is_empty_at_the_start_and_full_only_at_the_end() -> None:
    assert (bar(0, 4), bar(0.5, 4), bar(0.99, 4), bar(1, 4)) == ("▱▱▱▱", "▰▰▱▱", "▰▰▰▱", "▰▰▰▰")
    assert bar(1.5, 4) == "▰▰▰▰"


def test_one_run_is_a_run() -> None:
    assert [plural(1, "run"), plural(0, "run"), plural(2, "day")] == ["1 run", "0 runs", "2 days"]
