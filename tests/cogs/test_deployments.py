"""A member sees what they have deployed, with its key, and ends it."""

import pytest

from db.deployments import note_deployment
from db.engine import Database
from db.tables import Deployment
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.runs import at, finish, sql


@pytest.fixture
async def alice(alice: Person, database: Database) -> Person:
    """Alice with a model and a deployment of it, run 2."""
    await alice.starts()
    await alice.says("run cnn", seed=5)
    await finish(database, 1)
    await alice.says("run deploy", model=1)
    await finish(database, 2)
    return alice


async def serve(database: Database, person: Person, run_id: int, **changed: object) -> None:
    row = Deployment(
        run_id=run_id, user_id=person.id, worker_id="w", address="http://127.0.0.1:8101", key="s3cret", started_at=at()
    )
    row.expires_at = at(600)
    for name, value in changed.items():
        setattr(row, name, value)
    async with database.transaction() as session:
        await note_deployment(session, row, most=2, now=at())


async def test_with_nothing_deployed_the_card_says_how(alice: Person) -> None:
    card = await alice.says("deployments")
    assert "Nothing of yours is deployed" in said(card)
    assert "/run deploy" in said(card)


async def test_the_list_shows_address_key_and_curl_line_to_its_member_alone(alice: Person, database: Database) -> None:
    await serve(database, alice, 2)
    card = await alice.says("deployments")
    assert card.response is not None
    assert card.response.ephemeral
    assert "http://127.0.0.1:8101/#s3cret" in said(card)
    assert "curl -H 'X-Key: s3cret' --data-binary @picture.png http://127.0.0.1:8101/predict" in said(card)
    assert "cnn on digits, run 1" in said(card)


async def test_ending_one_takes_it_off_the_list_and_asks_its_worker(alice: Person, database: Database) -> None:
    await serve(database, alice, 2)
    card = await alice.says("deployments")
    after = await alice.presses(card, "End run 2")
    assert "Run 2 serves no more" in said(after)
    assert "Nothing of yours is deployed" in said(after)
    assert await sql(database, "select stop_requested_at is not null from deployments") == [(True,)]


async def test_nobody_ends_what_is_not_theirs(chat: Chat, alice: Person, database: Database) -> None:
    await serve(database, alice, 2)
    bob = chat.person("Bob")
    await bob.starts()
    card = await bob.says("run cnn")
    chat.relabel(card, "Cancel", "End run 2", "wp:deployments:stop:2")
    assert "nothing of yours" in sentence(await bob.presses(card, "End run 2"))
    assert await sql(database, "select stop_requested_at is null from deployments") == [(True,)]


async def test_what_is_over_is_not_listed(alice: Person, database: Database) -> None:
    await serve(database, alice, 2, expires_at=at(-1))
    assert "Nothing of yours is deployed" in said(await alice.says("deployments"))


async def test_the_result_of_a_deployment_leads_to_its_key(alice: Person, database: Database) -> None:
    await serve(database, alice, 2)
    result = await alice.says("runs show", run=2)
    assert "Address and key" in buttons(result)
    assert "s3cret" not in said(result)
    assert "s3cret" in said(await alice.presses(result, "Address and key"))
