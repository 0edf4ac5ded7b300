"""Members' own files and models in ``/run``: what is refused at the door, what is kept, what *Again* does with it."""

import io
import zipfile

import aiohttp
import discord
import pytest

from db.engine import Database
from tests.cogs.chat import Chat, Person, buttons, fields_of, said, sentence
from tests.runs import artifacts, end, fetch_run, finished, sql, take


def a_zip(size: int = 3) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("cats/one.png", bytes(size))
    return file.getvalue()


PICTURES, TEXT = ("pets.zip", a_zip()), ("poems.txt", b"Roses are red.\n" * 40)


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@pytest.fixture
async def bob(bob: Person) -> Person:
    await bob.starts()
    return bob


async def finish_any(database: Database, run_id: int) -> None:
    """Carry a queued run of any project to a good end."""
    run = await take(database, run_id)
    assert run is not None
    assert await end(database, run, finished(0.9), artifacts())


@pytest.mark.parametrize(("command", "file"), [("run transfer", PICTURES), ("run rnn", TEXT)])
async def test_a_file_is_kept_with_its_run_and_the_card_names_it(
    alice: Person, database: Database, command: str, file: tuple[str, bytes]
) -> None:
    card = await alice.says(command, file=file)
    (public,) = [message for message in card.followups if not message.ephemeral]
    text = said(public)
    assert "on own data · quick · run 1" in text
    assert f"📎 *{file[0]}*, 1 kB" in text
    assert await sql(database, "select user_id, name, data from uploads") == [(alice.id, *file)]
    run = await fetch_run(database, 1)
    assert run.dataset == "own"
    assert run.upload_id is not None
    assert run.message_id == public.id


async def test_the_line_that_bridges_the_fetching_is_gone_once_the_card_is_there(alice: Person) -> None:
    card = await alice.says("run transfer", file=PICTURES)
    assert card.acknowledged
    assert card.response is None
    (public,) = card.followups
    assert buttons(public) == ["Cancel"]


@pytest.mark.parametrize(
    ("command", "file", "expected"),
    [
        ("run transfer", ("pets.rar", b"Rar!\x1a\x07"), "takes a .zip with one folder of pictures a class"),
        ("run transfer", ("pets.zip", b"Rar!\x1a\x07\x00"), "is called .zip, but it is a RAR archive"),
        ("run transfer", ("pets.zip", b"hello"), "is called .zip, but it is no zip archive inside"),
        ("run transfer", ("pets.zip", b""), "is empty"),
        ("run transfer", TEXT, "Put the pictures into one folder a class"),
        ("run rnn", ("poems.txt", a_zip()), "is called .txt, but it is a zip archive"),
        ("run rnn", ("poems.txt", b"ab\0\0cd"), "is called .txt, but it is binary data"),
        ("run rnn", ("poems.docx", b"PK\x03\x04"), "Save the text as plain text"),
        ("run rnn", ("poems.txt", b"a" * 1_000_001), "has 1.0 MB, and I take 1 MB"),
    ],
)
async def test_what_is_no_use_is_refused_at_the_door(
    chat: Chat, alice: Person, database: Database, command: str, file: tuple[str, bytes], expected: str
) -> None:
    chat.bot.settings = chat.bot.settings.model_copy(update={"max_upload_mb": 1})
    assert expected in said(await alice.says(command, file=file))
    assert await sql(database, "select count(*) from uploads") == [(0,)]
    assert await sql(database, "select count(*) from runs") == [(0,)]


async def test_a_file_and_another_data_set_do_not_go_together(alice: Person, database: Database) -> None:
    refused = said(await alice.says("run rnn", file=TEXT, dataset="pydoc"))
    assert "You gave a file and chose dataset:pydoc. Leave one of the two out." in refused
    assert await sql(database, "select count(*) from uploads") == [(0,)]


async def test_own_data_without_a_file_says_what_it_takes(alice: Person) -> None:
    assert "needs your file: a .txt file" in sentence(await alice.says("run rnn", dataset="own"))


async def test_a_member_who_has_too_many_runs_leaves_no_file_behind(alice: Person, database: Database) -> None:
    for _ in range(4):
        await alice.says("run cnn")
    assert "as many runs as one member may have" in said(await alice.says("run rnn", file=TEXT))
    assert await sql(database, "select count(*) from uploads") == [(0,)]


async def test_utf_16_is_text_too(alice: Person, database: Database) -> None:
    await alice.says("run rnn", file=("poems.txt", "Rosen sind rot.".encode("utf-16")))
    assert (await fetch_run(database, 1)).dataset == "own"


@pytest.mark.parametrize("way", ["Again", "Change", "one thing"])
async def test_again_and_change_use_the_kept_file(alice: Person, database: Database, way: str) -> None:
    await alice.says("run rnn", file=TEXT)
    await finish_any(database, 1)
    result = await alice.says("runs show", run=1)
    assert "📎 *poems.txt*, 1 kB" in said(result)
    if way == "Again":
        card = await alice.presses(result, "Again")
    elif way == "Change":
        card = await alice.fills(await alice.presses(result, "Change"), seed="8")
    else:
        card = await alice.fills(await alice.chooses(await alice.says("runs again"), "seed"), seed="8")
    assert "📎 *poems.txt*, 1 kB" in said(card)
    first, second = await fetch_run(database, 1), await fetch_run(database, 2)
    assert (second.dataset, second.upload_id) == ("own", first.upload_id)
    assert await sql(database, "select count(*) from uploads") == [(1,)]


async def test_a_run_on_own_data_can_change_to_a_built_in_set(alice: Person, database: Database) -> None:
    await alice.says("run rnn", file=TEXT)
    await finish_any(database, 1)
    form = await alice.chooses(await alice.says("runs again"), "data set")
    assert "own" in [option["value"] for option in fields_of(form)["Data set"]["options"]]
    await alice.fills(form, data_set=["pydoc"])
    run = await fetch_run(database, 2)
    assert (run.dataset, run.upload_id) == ("pydoc", None)


async def test_a_file_that_is_gone_is_asked_for_anew(alice: Person, database: Database) -> None:
    await alice.says("run rnn", file=TEXT)
    await finish_any(database, 1)
    await sql(database, "delete from uploads")
    result = await alice.says("runs show", run=1)
    assert "a file that is not kept any more" in said(result)
    gone = sentence(await alice.presses(result, "Again"))
    assert "The text of run 1 is not kept any more" in gone
    assert "`/run rnn file:`" in gone
    assert await sql(database, "select count(*) from runs") == [(1,)]


async def test_somebodys_own_file_stays_theirs_when_the_run_is_shared(
    alice: Person, bob: Person, database: Database
) -> None:
    await alice.says("run rnn", file=TEXT)
    await finish_any(database, 1)
    shared = await alice.presses(await alice.says("runs show", run=1), "Share")
    assert "the same digits need the same file" in said(shared)
    assert "--file 'poems.txt'" in said(shared)
    assert "Alice's own text, which stays theirs" in sentence(await bob.presses(shared, "Make it again"))
    assert await sql(database, "select count(*) from runs") == [(1,)]


async def trained_cnn(person: Person, database: Database, run_id: int) -> None:
    await person.says("run cnn")
    await finish_any(database, run_id)


async def test_a_run_works_on_the_model_of_another(alice: Person, database: Database) -> None:
    await trained_cnn(alice, database, 1)
    assert "deploy on run 1's model" in said(await alice.says("run deploy", model=1))
    run = await fetch_run(database, 2)
    assert (run.model_run_id, run.project) == (1, "deploy")
    await finish_any(database, 2)
    await alice.presses(await alice.says("runs again", run=2), "Run again")
    assert (await fetch_run(database, 3)).model_run_id == 1


async def test_finished_runs_with_a_model_are_offered(
    chat: Chat, alice: Person, bob: Person, database: Database
) -> None:
    await trained_cnn(alice, database, 1)
    await trained_cnn(alice, database, 2)
    await alice.says("run cnn")
    await sql(database, "delete from artifacts where run_id = 2 and name = 'model.pt'")
    offered = await alice.member.autocomplete(chat.channel, "run deploy", "model", "")
    assert [choice["value"] for choice in offered] == [1]
    assert await bob.member.autocomplete(chat.channel, "run deploy", "model", "") == []


async def test_a_model_that_is_none_or_anothers_is_refused(alice: Person, bob: Person, database: Database) -> None:
    await trained_cnn(alice, database, 1)
    assert "Run 1 is Alice's, who does not share it" in sentence(await bob.says("run deploy", model=1))
    assert "There is no run 9" in sentence(await alice.says("run deploy", model=9))
    await alice.says("run cnn")
    assert "Run 2 has no model: it is queued" in sentence(await alice.says("run deploy", model=2))
    await alice.says("run rnn", file=TEXT)
    await finish_any(database, 3)
    assert "can't take the model of a rnn run" in sentence(await alice.says("run deploy", model=3))
    await sql(database, "delete from artifacts where name = 'model.pt'")
    assert "Run 1 kept no model file" in sentence(await alice.says("run deploy", model=1))
    await alice.presses(await alice.says("runs show", run=1), "Share")
    assert "Run 1 kept no model file" in sentence(await bob.says("run deploy", model=1))


async def test_a_model_whose_run_is_gone_is_asked_for_anew(alice: Person, database: Database) -> None:
    await trained_cnn(alice, database, 1)
    await alice.says("run deploy", model=1)
    await finish_any(database, 2)
    await sql(database, "update runs set model_run_id = null")
    assert "`/run deploy model:`" in sentence(await alice.presses(await alice.says("runs again"), "Run again"))
    assert buttons(await alice.says("runs again")) == ["Run again", "Change several"]


async def test_a_file_that_discord_lost_is_asked_for_again(
    alice: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object, **__: object) -> bytes:
        raise aiohttp.ClientPayloadError("cut off")

    monkeypatch.setattr(discord.Attachment, "read", lost)
    assert "I could not fetch *poems.txt* from Discord" in said(await alice.says("run rnn", file=TEXT))
    assert await sql(database, "select count(*) from runs") == [(0,)]
