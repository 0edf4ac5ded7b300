"""``/nudges`` as members and organisers meet it."""

from datetime import UTC, datetime

from db.engine import Database
from db.nudges import note_dm
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.runs import sql


async def test_nothing_is_sent_before_the_button_is_pressed(alice: Person, database: Database) -> None:
    card = await alice.starts()
    assert "Nudge me" in buttons(card)
    shown = await alice.says("nudges")
    assert "Nudges are off" in said(shown)
    assert "One member in 10" in said(shown)
    assert await sql(database, "select 1 from nudge_plans") == []


async def test_the_button_of_start_turns_them_on_and_leaves_the_plan(alice: Person) -> None:
    plan = await alice.starts()
    told = await alice.presses(plan, "Nudge me")
    assert "Nudges are on" in said(told)
    assert "Welcome, Alice" in said(plan)


async def test_consent_settings_pause_and_stop(alice: Person, chat: Chat, database: Database) -> None:
    await alice.starts()
    card = await alice.says("nudges")
    await alice.presses(card, "Nudge me")
    assert "18:00, every day · Europe/Berlin" in said(card)
    assert "**Quiet** 21–09" in said(card)
    assert "**Where** by DM" in said(card)
    await alice.presses(card, "Pause a week")
    assert "💤 Paused until" in said(card)
    assert buttons(card) == ["Change", "Go on", "Stop"]
    await chat.restart()
    await alice.presses(card, "Go on")
    await alice.presses(card, "Stop")
    assert "Nudges are off" in said(card)
    assert await sql(database, "select stopped_at is not null, next_at from nudge_plans") == [(True, None)]


async def test_who_asked_for_fewer_may_have_three_a_week_again(alice: Person, database: Database) -> None:
    await alice.starts()
    card = await alice.says("nudges")
    await alice.presses(card, "Nudge me")
    assert "3 a week again" not in buttons(card)
    await sql(database, "update nudge_plans set fewer = true")
    card = await alice.says("nudges")
    assert "once a day, once a week" in said(card)
    await alice.presses(card, "3 a week again")
    assert "3 times a week" in said(card)
    assert await sql(database, "select fewer from nudge_plans") == [(False,)]


async def test_a_closed_dm_is_told_on_the_card_until_one_goes_through(alice: Person, database: Database) -> None:
    await alice.starts()
    await alice.presses(await alice.says("nudges"), "Nudge me")
    async with database.transaction() as session:
        await note_dm(session, alice.user.id, datetime.now(UTC))
    assert "Discord did not let me send you a DM" in said(await alice.says("nudges"))
    async with database.transaction() as session:
        await note_dm(session, alice.user.id, None)
    assert "did not let" not in said(await alice.says("nudges"))


async def test_the_form_sets_hour_days_quiet_hours_and_zone(alice: Person, database: Database) -> None:
    await alice.starts()
    card = await alice.says("nudges")
    await alice.presses(card, "Nudge me")
    form = await alice.presses(card, "Change")
    fields = {"Quiet hours": "22-7", "Time zone": "Tokyo", "Hour": ["8"], "Days": ["0", "2"], "Where": ["dm"]}
    answer = await alice.fills(form, **fields)
    assert "08:00, Mon, Wed · Asia/Tokyo" in said(answer)
    assert "**Quiet** 22–07" in said(answer)
    assert await sql(database, "select time_zone from members") == [("Asia/Tokyo",)]
    refused = await alice.fills(await alice.presses(answer, "Change"), **(fields | {"Hour": ["23"]}))
    assert "lies in the quiet hours" in sentence(refused)
    refused = await alice.fills(await alice.presses(answer, "Change"), **(fields | {"Quiet hours": "late"}))
    assert "Write quiet hours like 21-09" in sentence(refused)
    refused = await alice.fills(await alice.presses(answer, "Change"), **(fields | {"Time zone": "Atlantis"}))
    assert "which time zone" in sentence(refused)


async def test_only_an_organiser_opens_a_channel(alice: Person, chat: Chat, database: Database) -> None:
    await alice.starts()
    assert "Allow nudges in this channel" not in buttons(await alice.says("nudges"))
    boss = chat.person("boss", organiser=True)
    await boss.starts()
    card = await boss.says("nudges")
    await boss.presses(card, "Allow nudges in this channel")
    assert "No nudges in this channel" in buttons(card)
    mine = await alice.says("nudges")
    await alice.presses(mine, "Nudge me")
    form = await alice.presses(mine, "Change")
    answer = await alice.fills(
        form, **{"Quiet hours": "21-9", "Time zone": "Berlin", "Hour": ["18"], "Days": ["0"], "Where": ["channel"]}
    )
    assert "**Where** <#" in said(answer)
    await boss.presses(card, "No nudges in this channel")
    assert await sql(database, "select by_dm, channel_id from nudge_plans") == [(True, None)]


async def test_who_is_no_member_is_told_to_start(bob: Person) -> None:
    assert "Say `/start` first" in sentence(await bob.says("nudges"))
