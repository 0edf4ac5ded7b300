"""A member puts to work what they trained, with real processes, while the next training runs."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw

from db import runs
from db.tables import RunState
from tests.e2e.rig import Json, Player, Rig, player, running, words
from tests.openapi import assert_valid

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER, INTEGER, STRING, SUBCOMMAND = 10, 4, 3, 1
KINDS = {int: INTEGER, float: NUMBER, str: STRING}


def options(subcommand: str, **given: float | str) -> list[Json]:
    """A subcommand's options as Discord sends them."""
    leaves = [{"name": name, "type": KINDS[type(value)], "value": value} for name, value in given.items()]
    return [{"name": subcommand, "type": SUBCOMMAND, "options": leaves}]


def seven() -> bytes:
    """A photo of a seven, as somebody might draw it."""
    picture = Image.new("L", (400, 300), 235)
    ImageDraw.Draw(picture).line([(140, 60), (260, 60), (180, 240)], fill=20, width=22, joint="curve")
    stream = io.BytesIO()
    picture.save(stream, "JPEG")
    return stream.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig() -> AsyncIterator[Rig]:
    async with running(rate_limits=False) as started:
        await asyncio.gather(started.start("bot"), started.start("worker"))
        async with player(started, "mara") as mara:
            await mara.submit(await mara.say_for_modal("start"), {"Pace": "middle", "Time zone": "Berlin"})
        yield started
        assert_valid(iter(started.playground.world.exchanges))


async def trained(member: Player, command: list[Json]) -> Json:
    """The result of a run, as posted."""
    await member.say("run", command)
    return await member.wait_for(lambda message: "Model file" in words(message))


async def test_a_character_model_writes_also_while_another_run_trains(rig: Rig) -> None:
    async with player(rig, "mara", channel="study-hall") as mara:
        small = options("rnn", dataset="pydoc", steps=20, units=16, seed=1)
        result = await trained(mara, small)
        await mara.say("run", options("cnn", preset="best", dataset="digits", epochs=50, batch_size=8, seed=3))
        await mara.wait_for(lambda message: "step " in words(message))

        modal = await mara.press_for_modal(result, "Use it")
        written = await mara.submit(modal, {"How it begins": "The statement", "Temperature": "0.5"})
        assert "Written at temperature 0.5" in words(written)
        assert "The statement▸" in words(written)
        assert "rnn on pydoc" in words(written)

        wild = await mara.say("use", options("write", prompt="The object", temperature=1.5))
        assert "The object▸" in words(wild)
        async with rig.database.session() as session:
            latest = (await runs.member_runs(session, int(mara.page.hello["me"]["id"])))[0]
        assert (latest.project, latest.state) == ("cnn", RunState.RUNNING), "nobody waited for the training"
        card = await mara.wait_for(lambda message: "Cancel" in words(message))
        await mara.press(card, "Cancel")


async def test_a_classifier_looks_at_a_picture_from_the_command_and_from_the_form(rig: Rig) -> None:
    async with player(rig, "mara", channel="papers") as mara:
        result = await trained(mara, options("cnn", dataset="digits", epochs=3, seed=1))
        modal = await mara.press_for_modal(result, "Use it")
        uploaded = await mara.page.upload("seven.jpg", seven())
        await mara.submit(modal, {"Your picture": [uploaded["id"]]})
        by_form = await mara.wait_for(lambda message: "Another picture" in words(message))
        assert "cnn on digits" in words(by_form)
        assert by_form["attachments"]

        again = await mara.page.upload("seven.jpg", seven())
        await mara.page.run("use", options("classify"), channel=mara.channel_id, attachments={"image": again["id"]})
        by_command = await mara.wait_for(
            lambda message: "Another picture" in words(message) and message["id"] != by_form["id"]
        )
        assert "cnn on digits" in words(by_command)


async def test_a_file_that_is_no_picture_is_refused_in_a_sentence(rig: Rig) -> None:
    async with player(rig, "mara", channel="welcome") as mara:
        result = await trained(mara, options("cnn", dataset="digits", epochs=1, seed=2))
        modal = await mara.press_for_modal(result, "Use it")
        uploaded = await mara.page.upload("notes.txt", b"not a picture")
        refused = await mara.submit(modal, {"Your picture": [uploaded["id"]]})
        assert "no picture that I can read" in words(refused)
