"""What the chat asks about runs: places, waits, lists, and who may edit a card now."""

import asyncio
from datetime import timedelta

from db import runs
from db.engine import Database, listen
from db.runs import RUN_CHANGED, QueuePlace
from tests.runs import ALICE, BOB, FAILED, artifacts, ask_for, at, end, fetch_run, finish, finished, sql, take

EVERY = timedelta(seconds=3)


async def place(database: Database, run_id: int) -> QueuePlace:
    async with database.session() as session:
        return await runs.queue_place(session, run_id)


async def test_a_place_in_the_queue_counts_everybodys_runs_and_moves_up(database: Database) -> None:
    first, second, third = [await ask_for(database, who) for who in (BOB, ALICE, BOB)]
    assert await place(database, third.id) == QueuePlace(ahead=2, running=0)
    taken = await take(database, first.id)
    assert taken is not None
    assert await place(database, third.id) == QueuePlace(ahead=1, running=1)
    assert await place(database, second.id) == QueuePlace(ahead=0, running=1)
    await end(database, taken, FAILED)
    assert await place(database, second.id) == QueuePlace(ahead=0, running=0)


async def test_the_expected_wait_is_the_median_of_good_runs_of_the_same_kind(database: Database) -> None:
    async def typical(dataset: str = "digits") -> float | None:
        async with database.session() as session:
            return await runs.typical_seconds(session, "cnn", "quick", dataset)

    assert await typical() is None
    for seconds in (4, 6, 500):
        run = await ask_for(database)
        await finish(database, run.id)
        length = "update runs set finished_at = started_at + :s * interval '1 second' where id = :id"
        await sql(database, length, s=seconds, id=run.id)
    failed = await take(database, (await ask_for(database)).id)
    assert failed is not None
    await end(database, failed, FAILED)
    assert await typical() == 6
    assert await typical("mnist") is None


async def test_a_list_shows_active_runs_first_then_the_newest(database: Database) -> None:
    old, done, queued = [await ask_for(database) for _ in range(3)]
    await finish(database, old.id)
    await finish(database, done.id)
    await ask_for(database, BOB)
    async with database.session() as session:
        assert [run.id for run in await runs.member_runs(session, ALICE.user_id)] == [queued.id, done.id, old.id]
        assert [run.id for run in await runs.member_runs(session, ALICE.user_id, limit=1, offset=1)] == [done.id]
        assert await runs.count_runs(session, ALICE.user_id) == 3


async def test_runs_to_compare_with_are_ones_own_good_ones_on_the_same_data(database: Database) -> None:
    wanted, mine, others, elsewhere, failing = [
        await ask_for(database),
        await ask_for(database, preset="standard"),
        await ask_for(database, BOB),
        await ask_for(database, dataset="mnist"),
        await ask_for(database),
    ]
    for run in (wanted, mine, others, elsewhere):
        await finish(database, run.id)
    taken = await take(database, failing.id)
    assert taken is not None
    await end(database, taken, FAILED)
    async with database.session() as session:
        assert [run.id for run in await runs.comparable_runs(session, wanted, wanted.user_id)] == [mine.id]


async def test_files_come_back_by_name_and_missing_ones_are_left_out(database: Database) -> None:
    run = await ask_for(database)
    await finish(database, run.id)
    curves = artifacts()[0].data
    async with database.session() as session:
        assert await runs.artifact(session, run.id, "curves.png") == curves
        assert await runs.artifact(session, run.id, "nothing.png") is None
        assert await runs.artifacts(session, run.id, ["curves.png", "nothing.png"]) == {"curves.png": curves}


async def card(database: Database) -> int:
    """A run with a card that was last edited long ago."""
    run = await ask_for(database)
    async with database.transaction() as session:
        await runs.remember_card(session, run.id, 900, "shown", at(-60))
    return run.id


async def may_edit(database: Database, run_id: int, digest: str, seconds: float = 0) -> bool:
    async with database.transaction() as session:
        return await runs.claim_card_edit(session, run_id, digest, at(seconds), EVERY)


async def test_of_many_bots_one_edits_a_card_and_the_next_edit_waits_three_seconds(database: Database) -> None:
    run_id = await card(database)
    claims = await asyncio.gather(*(may_edit(database, run_id, f"step {n}") for n in range(8)))
    assert claims.count(True) == 1
    assert await may_edit(database, run_id, "step 9", 2) is False
    assert await may_edit(database, run_id, "step 9", 4) is True


async def test_a_card_that_shows_it_already_is_not_edited(database: Database) -> None:
    run_id = await card(database)
    assert await may_edit(database, run_id, "shown") is False


async def test_a_card_that_is_gone_is_not_edited_any_more(database: Database) -> None:
    run_id = await card(database)
    async with database.transaction() as session:
        await runs.forget_card(session, run_id)
    assert await may_edit(database, run_id, "step 1") is False


async def test_an_edit_that_did_not_get_through_may_be_tried_again(database: Database) -> None:
    run_id = await card(database)
    assert await may_edit(database, run_id, "step 1") is True
    assert await may_edit(database, run_id, "step 1", 4) is True
    async with database.transaction() as session:
        await runs.note_card_edit(session, run_id, "step 1")
    assert await may_edit(database, run_id, "step 1", 8) is False


async def test_cards_to_look_after_are_those_that_do_not_show_the_end_yet(database: Database) -> None:
    queued, ended, settled = [await card(database) for _ in range(3)]
    await finish(database, ended)
    await finish(database, settled)
    async with database.transaction() as session:
        await runs.note_card_edit(session, settled, "final:abc")
    without_card = await ask_for(database)
    await finish(database, without_card.id)
    async with database.session() as session:
        assert await runs.unsettled_cards(session) == [queued, ended]
    async with database.transaction() as session:
        await runs.settle_card(session, settled)
    async with database.session() as session:
        assert await runs.unsettled_cards(session) == [queued, ended, settled]


async def test_who_edits_cards_hears_of_a_new_one_when_it_is_committed(database: Database) -> None:
    run = await ask_for(database)
    listening = listen(database.url, RUN_CHANGED)
    assert await anext(listening) is None
    async with database.transaction() as session:
        await runs.remember_card(session, run.id, 900, "shown", at())
    assert await asyncio.wait_for(anext(listening), 5) == (RUN_CHANGED, str(run.id))
    await listening.aclose()


async def test_an_outcome_reads_back_as_it_was_written(database: Database) -> None:
    run = await ask_for(database)
    await finish(database, run.id, 0.91)
    assert runs.RunState((now := await fetch_run(database, run.id)).state).final
    assert now.outcome is not None
    assert now.outcome["report"]["headline"] == finished(0.91).report.headline
