"""What somebody gets who says ``/start``."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from db.engine import Database
from tests.cogs.chat import Chat, Person, buttons, fields_of, files, said, sentence
from tests.runs import sql

PLAN = "select pace, time_zone from members"


async def test_start_with_options_gives_a_plan_with_dates_and_the_first_topic(alice: Person) -> None:
    answer = await alice.starts("short", "Berlin")
    text = said(answer)
    assert "Welcome, Alice" in text
    assert "**brisk** pace, in Europe/Berlin time" in text
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()
    assert f"{today:%a} {today.day} {today:%b} – " in text
    assert text.count(" – ") == 4  # a span for each phase
    assert "ongoing" in text
    assert "You begin with 🐍 Learn Python and Math Foundations" in text
    assert buttons(answer) == ["Open the topic", "Find my starting point", "Roadmap", "Nudge me"]
    assert answer.ephemeral


async def test_the_buttons_of_the_plan_open_the_topic_and_the_roadmap(alice: Person) -> None:
    plan = await alice.starts()
    roadmap = await alice.presses(plan, "Roadmap")
    assert files(roadmap) == ["roadmap.png"]
    assert roadmap.ephemeral
    topic = await alice.presses(plan, "Open the topic")
    assert "Learn Python and Math Foundations" in said(topic)
    assert "I've done the reading" in buttons(topic)


async def test_start_alone_asks_for_pace_and_zone_in_one_form(alice: Person, database: Database) -> None:
    form = await alice.says("start")
    fields = fields_of(form)
    assert [option["label"] for option in fields["Pace"]["options"]] == ["Brisk", "Steady", "Relaxed"]
    assert all("is done by" in option["description"] for option in fields["Pace"]["options"])
    answer = await alice.fills(form, pace="long", time_zone="new york")
    assert "**relaxed** pace, in America/New_York time" in said(answer)
    assert await sql(database, PLAN) == [("long", "America/New_York")]


async def test_the_form_knows_what_was_chosen_before(alice: Person) -> None:
    await alice.starts("long", "Lima")
    fields = fields_of(await alice.says("start"))
    assert [option["label"] for option in fields["Pace"]["options"] if option["default"]] == ["Relaxed"]
    assert fields["Time zone"]["value"] == "America/Lima"


async def test_a_zone_that_may_be_several_is_asked_about(alice: Person, database: Database) -> None:
    question = await alice.starts("middle", "Australia")
    assert "several time zones" in said(question)
    assert await sql(database, PLAN) == []
    choice = buttons(question)[0]
    plan = await alice.presses(question, choice)
    assert "Welcome, Alice" in said(plan)
    assert await sql(database, PLAN) == [("middle", choice)]


async def test_a_zone_with_a_slip_is_guessed_and_one_out_of_nowhere_is_not(alice: Person) -> None:
    guess = await alice.starts(time_zone="Berlim")
    assert "I don't know a time zone “Berlim”" in said(guess)
    assert "Europe/Berlin" in buttons(guess)
    lost = await alice.starts(time_zone="**@everyone**")
    assert "a large city near you" in said(lost)
    assert buttons(lost) == []
    assert r"\*\*@everyone" in said(lost)


async def test_start_again_changes_the_pace_and_keeps_day_one_and_what_is_done(
    alice: Person, database: Database
) -> None:
    plan = await alice.starts("short")
    await alice.presses(await alice.presses(plan, "Open the topic"), "I've done the reading")
    long_ago = datetime.now(UTC).date() - timedelta(days=40)
    await sql(database, "update members set started_on = :day", day=long_ago)
    again = await alice.says("start", pace="long")
    assert "Your plan, Alice" in said(again)
    assert "**relaxed** pace, in Europe/Berlin time" in said(again)
    assert "What you have done stays done" in said(again)
    assert "You are at" in said(again)
    assert await sql(database, "select started_on from members") == [(long_ago,)]
    assert await sql(database, "select count(read_at) from topic_progress") == [(1,)]


async def test_a_zone_alone_leaves_the_pace(alice: Person, database: Database) -> None:
    await alice.starts("short")
    await alice.says("start", time_zone="Tokyo")
    assert await sql(database, PLAN) == [("short", "Asia/Tokyo")]


async def test_day_one_is_the_members_own_day(alice: Person, bob: Person, database: Database) -> None:
    await alice.starts(time_zone="UTC+14")
    await bob.starts(time_zone="UTC-12")
    days = await sql(database, "select started_on from members order by user_id")
    assert days[0][0] - days[1][0] in {timedelta(days=1), timedelta(days=2)}
    assert isinstance(days[0][0], date)


async def test_zones_are_suggested_while_typing_with_the_time_there(chat: Chat, alice: Person) -> None:
    found = await alice.member.autocomplete(chat.channel, "start", "time_zone", "berl")
    assert found[0]["value"] == "Europe/Berlin"
    assert found[0]["name"].startswith("Europe/Berlin, now ")
    empty = await alice.member.autocomplete(chat.channel, "start", "time_zone", "")
    assert 10 < len(empty) <= 25


async def test_a_name_cannot_decorate_the_card(chat: Chat) -> None:
    loud = chat.person("**Loud** `one`")
    assert r"Welcome, \*\*Loud\*\* \`one\`" in said(await loud.starts())


async def test_a_dm_keeps_the_answer_where_it_can_be_found_again(alice: Person) -> None:
    answer = await alice.whispers("start", pace="middle", time_zone="Berlin")
    assert "Welcome, Alice" in said(answer)
    assert not answer.ephemeral


async def test_before_start_every_other_command_says_what_to_do_first(alice: Person) -> None:
    for command in ("next", "roadmap", "run cnn"):
        assert sentence(await alice.says(command)).startswith("Say `/start` first")
