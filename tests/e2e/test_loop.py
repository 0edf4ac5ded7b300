"""A member plays the whole loop; every request that the bot makes on the way is one that Discord describes."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from db import runs
from db.tables import Run, RunState
from tests.e2e.rig import PATIENCE, Json, Player, Rig, player, running, words
from tests.openapi import assert_valid
from tests.quizzing import make_familiar, right_letter

pytestmark = pytest.mark.asyncio(loop_scope="module")

INTEGER, STRING, SUBCOMMAND = 4, 3, 1


def cnn(**options: int | str) -> list[Json]:
    """The options of ``/run cnn`` as Discord sends them."""
    return [
        {
            "name": "cnn",
            "type": SUBCOMMAND,
            "options": [
                {"name": name, "type": INTEGER if isinstance(value, int) else STRING, "value": value}
                for name, value in options.items()
            ],
        }
    ]


def is_result(message: Json) -> bool:
    """Whether the message shows what a run achieved, with its pictures."""
    return {each["filename"] for each in message["attachments"]} >= {"curves.png", "confusion.png"}


async def latest_run(rig: Rig, member: Player, fits: Callable[[Run], bool]) -> Run:
    """The member's latest run, once it is as wanted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with rig.database.session() as session:
                run = (await runs.member_runs(session, int(member.page.hello["me"]["id"])))[0]
            if fits(run):
                return run
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig() -> AsyncIterator[Rig]:
    async with running(rate_limits=False) as started:
        await asyncio.gather(started.start("bot"), started.start("worker"))
        yield started
        assert_valid(iter(started.playground.world.exchanges))


async def test_from_start_to_a_trained_cnn(rig: Rig) -> None:
    async with player(rig, "mara") as mara:
        modal = await mara.say_for_modal("start")
        welcome = await mara.submit(modal, {"Pace": "middle", "Time zone": "Berlin"})
        assert "Europe/Berlin" in words(welcome)
        assert "Foundations of Deep Learning" in words(welcome)

        topic = await mara.say("next")
        assert "Learn Python and Math Foundations" in words(topic)
        noted = await mara.press(topic, "I've done the reading")
        assert noted is not None
        assert "What is left of" in words(noted)
        question = await mara.say("quiz")
        answered = await mara.press(question, await right_letter(rig.database))
        assert answered is not None
        assert "Right." in words(answered)
        await make_familiar(rig.database, int(mara.page.hello["me"]["id"]), "python-math")
        following = await mara.say("next")
        assert "Understand Neural Networks Basics" in words(following)

        roadmap = await mara.say("roadmap")
        assert roadmap["attachments"][0]["filename"] == "roadmap.png"

        card = await mara.say("run", cnn(seed=7))
        assert "cnn on digits" in words(card)
        result = await mara.wait_for(is_result)
        assert {each["filename"] for each in result["attachments"]} == {
            "curves.png",
            "confusion.png",
            "inside.png",
            "looked.png",
        }
        assert "seed 7" in words(result)
        assert "scikit-learn digits" in words(result)
        settled = await mara.wait_for(
            lambda message: message["id"] == card["id"] and "See the result" in words(message)
        )
        assert "test pictures read right" in words(settled)

        listed = await mara.say("runs", [{"name": "list", "type": 1, "options": []}])
        assert "test accuracy" in words(listed)


async def test_a_running_run_shows_its_progress_and_can_be_cancelled(rig: Rig) -> None:
    async with player(rig, "mara") as mara:
        card = await mara.say("run", cnn(epochs=50, batch_size=8, preset="best"))
        moving = await mara.wait_for(lambda message: message["id"] == card["id"] and "step " in words(message))
        assert "loss" in words(moving)
        stopping = await mara.press(moving, "Cancel")
        assert stopping is not None
        await mara.wait_for(lambda message: message["id"] == card["id"] and "Cancelled by Mara" in words(message))
        results = [message for message in await mara.page.history(mara.channel_id) if is_result(message)]
        assert len(results) == 1, "a cancelled run posts no result"


async def test_the_same_commands_work_in_a_direct_message(rig: Rig) -> None:
    async with player(rig, "mara") as mara:
        await mara.page.send("OPEN_DM")
        mara.channel_id = (await mara.page.until("CHANNEL_CREATE"))["id"]
        assert "Understand Neural Networks Basics" in words(await mara.say("next"))
        await mara.say("run", cnn(epochs=1))
        result = await mara.wait_for(is_result)
        assert "test pictures read right" in words(result)


async def test_a_worker_killed_in_the_middle_still_gives_one_result(rig: Rig) -> None:
    worker = rig.processes[1]
    async with player(rig, "mara", channel="study-hall") as mara:
        card = await mara.say("run", cnn(preset="best", epochs=30, batch_size=8, seed=3))
        await mara.wait_for(lambda message: message["id"] == card["id"] and "step " in words(message))
        await worker.kill()
        await rig.start("worker")
        await mara.wait_for(is_result)
        await mara.wait_for(lambda message: message["id"] == card["id"] and "See the result" in words(message))
        results = [message for message in await mara.page.history(mara.channel_id) if is_result(message)]
        assert len(results) == 1
        latest = await latest_run(rig, mara, lambda run: RunState(run.state).final)
        assert latest.state == RunState.SUCCEEDED
        assert latest.attempt == 2


async def test_a_worker_that_is_stopped_hands_its_run_on(rig: Rig) -> None:
    worker = rig.processes[-1]
    async with player(rig, "mara", channel="welcome") as mara:
        card = await mara.say("run", cnn(preset="best", epochs=30, batch_size=8, seed=4))
        await mara.wait_for(lambda message: message["id"] == card["id"] and "step " in words(message))
        await worker.stop()
        waiting = await latest_run(rig, mara, lambda run: run.state == RunState.QUEUED)
        assert waiting.attempt == 1
        await mara.wait_for(lambda message: message["id"] == card["id"] and "No worker is up" in words(message))
        await rig.start("worker")
        await mara.wait_for(is_result)
        latest = await latest_run(rig, mara, lambda run: RunState(run.state).final)
        assert (latest.state, latest.attempt) == (RunState.SUCCEEDED, 2)


async def test_a_bot_that_was_away_posts_what_ended_meanwhile_and_old_buttons_still_work(rig: Rig) -> None:
    bot = rig.processes[0]
    async with player(rig, "mara", channel="papers") as mara:
        card = await mara.say("run", cnn(epochs=30))
        await latest_run(rig, mara, lambda run: run.message_id is not None)
        await bot.kill()
        await latest_run(rig, mara, lambda run: RunState(run.state).final)
        assert not [message for message in await mara.page.history(mara.channel_id) if is_result(message)]
        rig.processes[0] = await rig.start("bot")
        result = await mara.wait_for(is_result)
        settled = await mara.wait_for(
            lambda message: message["id"] == card["id"] and "See the result" in words(message)
        )
        again = await mara.press(settled, "Again")
        assert again is not None
        assert "cnn on digits" in words(again)
        compared = await mara.press(result, "Compare")
        assert compared is not None
        assert "best first" in words(compared)
