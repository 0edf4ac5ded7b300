"""``/use`` as a member meets it: which model answers, what is refused before it is asked, what comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import select

from db import asks, presence
from db.engine import Database
from db.tables import ModelAsk
from tests.cogs.chat import Chat, Person, buttons, fields_of, files, said, sentence
from tests.runs import at, finish, picture, sql
from workers.catalogue import PROJECTS
from workers.messages import Artifact
from workers.queue import ASKS_AT_A_TIME, ask_model
from workers.records import dump_answer, load_wish
from workers.report import Picture, Report, Text
from workers.using import PICTURE_MAX, Answer, Refused, Wish

Says = Callable[[Wish], Answer | Refused]
PICTURE = ("seven.png", picture("white"))


class Worker:
    """The other end of the queue: answers what is asked, in the database where a worker would."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.says: Says = lambda wish: Answer(Report(f"a {wish.kind}", ()))
        self.asked: list[tuple[int | None, Wish]] = []
        self.idle = False

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            if self.idle:
                continue
            async with self._database.transaction() as session:
                waiting = await session.scalars(select(ModelAsk).where(ModelAsk.answered_at.is_(None)))
                for row in list(waiting):
                    wish = load_wish(row.wish, row.picture)
                    self.asked.append((row.run_id, wish))
                    said_ = self.says(wish)
                    if isinstance(said_, Refused):
                        await asks.answer(session, row.id, at(), dump_answer(said_))
                    else:
                        await asks.answer(session, row.id, at(), dump_answer(said_.report), said_.artifacts)


@pytest.fixture
async def worker(chat: Chat, database: Database) -> AsyncIterator[Worker]:
    """A worker that is up."""
    async with database.transaction() as session:
        await presence.say_here(session, "w", "w", "CPU", at())
    hand = Worker(database)
    tasks = [asyncio.create_task(hand.run()), asyncio.create_task(chat.bot.answers.run())]
    yield hand
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def train(chat: Chat, person: Person, accuracy: float = 0.97, dataset: str = "digits") -> int:
    """Train a CNN to a good end; returns the run's number."""
    await person.says("run cnn", dataset=dataset)
    ((run_id,),) = await sql(chat.database, "select max(id) from runs")
    assert isinstance(run_id, int)
    await finish(chat.database, run_id, accuracy)
    return run_id


async def become(chat: Chat, run_id: int, project: str) -> None:
    """Let a finished run be one of another project, whose recipe may take its time."""
    metric = PROJECTS[project].headline.name if project in PROJECTS else "figure"
    await sql(
        chat.database,
        "update runs set project = :project, outcome = jsonb_set(outcome, array['metrics', :metric], '1')"
        " where id = :id",
        project=project,
        metric=metric,
        id=run_id,
    )


@pytest.fixture
async def alice(alice: Person) -> Person:
    await alice.starts()
    return alice


@pytest.fixture
async def bob(bob: Person) -> Person:
    await bob.starts()
    return bob


async def test_a_picture_is_shown_to_ones_best_model_and_the_answer_says_which(
    chat: Chat, alice: Person, worker: Worker
) -> None:
    best = await train(chat, alice, 0.99)
    await train(chat, alice, 0.95)
    seen = Artifact("seen.png", "image/png", picture("teal"))
    worker.says = lambda _: Answer(Report("A seven, 98 % sure", (Picture("seen.png", "What it saw"),)), (seen,))
    card = await alice.says("use classify", image=PICTURE)
    assert worker.asked == [(best, Wish("classify", picture=PICTURE[1]))]
    assert "A seven, 98 % sure" in said(card)
    assert f"run {best}" in said(card)
    assert "cnn on digits" in said(card)
    assert files(card) == ["seen.png"]
    assert not card.ephemeral
    assert buttons(card) == ["Another picture"]


async def test_another_run_can_be_named(chat: Chat, alice: Person, worker: Worker) -> None:
    await train(chat, alice, 0.99)
    other = await train(chat, alice, 0.95)
    card = await alice.says("use classify", image=PICTURE, run=other)
    assert [run_id for run_id, _ in worker.asked] == [other]
    assert f"run {other}" in said(card)


async def test_whose_model_it_is_stands_with_a_shared_one(
    chat: Chat, alice: Person, bob: Person, worker: Worker
) -> None:
    run_id = await train(chat, alice)
    assert sentence(await bob.says("use classify", image=PICTURE, run=run_id)).startswith(f"Run {run_id} is Alice's")
    assert worker.asked == []
    await sql(chat.database, "update runs set shared_at = now()")
    card = await bob.says("use classify", image=PICTURE, run=run_id)
    assert "Alice's" in said(card)
    assert len(worker.asked) == 1


async def test_without_a_model_the_way_to_one_is_said(chat: Chat, alice: Person, worker: Worker) -> None:
    refused = sentence(await alice.says("use classify", image=PICTURE))
    assert "no model yet that says what is in a picture" in refused
    assert "`/run cnn` trains one" in refused
    for command, options in {
        "use write": {"prompt": "Once"},
        "use sentiment": {"text": "Fine."},
        "use caption": {"image": PICTURE},
        "use play": {},
        "use draw": {},
    }.items():
        assert "no model yet" in sentence(await alice.says(command, **options))
    assert worker.asked == []


async def test_a_shared_model_is_no_default(chat: Chat, alice: Person, bob: Person, worker: Worker) -> None:
    await train(chat, alice)
    await sql(chat.database, "update runs set shared_at = now()")
    assert "no model yet" in sentence(await bob.says("use classify", image=PICTURE))


async def test_a_run_that_has_no_model_or_another_kind_of_model_is_refused(
    chat: Chat, alice: Person, worker: Worker
) -> None:
    run_id = await train(chat, alice)
    wrong = sentence(await alice.says("use write", prompt="Once", run=run_id))
    assert wrong == f"Run {run_id} is a cnn run, and `/use write` takes models of rnn."
    await alice.says("run cnn")
    waiting = sentence(await alice.says("use classify", image=PICTURE, run=run_id + 1))
    assert "has no trained model: it is queued" in waiting
    await sql(chat.database, "delete from artifacts where name = 'model.pt'")
    assert "kept no model" in sentence(await alice.says("use classify", image=PICTURE, run=run_id))
    assert "There is no run 99" in sentence(await alice.says("use classify", image=PICTURE, run=99))
    assert worker.asked == []


async def test_while_no_worker_is_up_it_says_so_at_once(chat: Chat, alice: Person) -> None:
    await train(chat, alice)
    answer = await alice.says("use classify", image=PICTURE)
    assert "No worker is up right now" in said(answer)
    assert await sql(chat.database, "select count(*) from model_asks") == [(0,)]


async def test_what_the_model_cannot_do_is_told_in_its_own_words(chat: Chat, alice: Person, worker: Worker) -> None:
    await train(chat, alice)
    worker.says = lambda _: Refused("That picture is one pixel large.")
    answer = await alice.says("use classify", image=PICTURE)
    assert said(answer) == "That picture is one pixel large."


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("notes.txt", b"not a picture", "no picture that I can read"),
        ("drawing.svg", b"<svg/>", "no picture that I can read"),
        ("large.png", bytes(PICTURE_MAX + 1), "I look at up to"),
        ("nothing.png", b"", "it is empty"),
    ],
)
async def test_what_is_no_picture_for_a_model_is_refused_before_it_is_asked(
    chat: Chat, alice: Person, worker: Worker, name: str, data: bytes, told: str
) -> None:
    await train(chat, alice)
    assert told.removeprefix("it ") in sentence(await alice.says("use classify", image=(name, data)))
    assert worker.asked == []


async def test_nobody_has_more_than_a_few_questions_waiting(chat: Chat, alice: Person, worker: Worker) -> None:
    run_id = await train(chat, alice)
    worker.idle = True
    for _ in range(ASKS_AT_A_TIME):
        async with chat.database.transaction() as session:
            await ask_model(chat.bot.queue, session, alice.id, Wish("classify"), at(), run_id=run_id)
    assert "last questions are still being answered" in said(await alice.says("use classify", image=PICTURE))


async def test_models_are_offered_own_ones_first_and_only_those_that_can_do_it(
    chat: Chat, alice: Person, bob: Person
) -> None:
    mine, writer = await train(chat, alice), await train(chat, alice)
    await become(chat, writer, "rnn")
    theirs, hidden = await train(chat, bob), await train(chat, bob)
    await sql(chat.database, "update runs set shared_at = now() where id = :id", id=theirs)

    async def offered(typed: str) -> list[object]:
        return [
            choice["value"] for choice in await alice.member.autocomplete(chat.channel, "use classify", "run", typed)
        ]

    assert await offered("") == [mine, theirs]
    assert await offered("bob") == [theirs]
    assert hidden not in await offered("")


async def test_use_it_asks_for_a_picture_and_shows_it_to_that_run(chat: Chat, alice: Person, worker: Worker) -> None:
    run_id = await train(chat, alice)
    await train(chat, alice, 0.99)
    form = await alice.presses(await alice.says("runs show", run=run_id), "Use it")
    assert set(fields_of(form)) == {"Your picture"}
    card = await alice.fills(form, your_picture=[PICTURE])
    assert worker.asked == [(run_id, Wish("classify", picture=PICTURE[1]))]
    assert f"run {run_id}" in said(card)


async def test_use_it_again_from_an_answer(chat: Chat, alice: Person, worker: Worker) -> None:
    run_id = await train(chat, alice)
    card = await alice.says("use classify", image=PICTURE)
    await alice.fills(await alice.presses(card, "Another picture"), your_picture=[PICTURE])
    assert [asked for asked, _ in worker.asked] == [run_id, run_id]


async def test_somebody_elses_model_is_not_ones_own_to_press(
    chat: Chat, alice: Person, bob: Person, worker: Worker
) -> None:
    await train(chat, alice)
    card = await alice.says("use classify", image=PICTURE)
    assert "Alice's" in sentence(await bob.presses(card, "Another picture"))
    await sql(chat.database, "update runs set shared_at = now()")
    form = await bob.presses(card, "Another picture")
    assert "Alice's" in said(await bob.fills(form, your_picture=[PICTURE]))


async def test_a_text_is_begun_in_the_command_or_in_the_form(chat: Chat, alice: Person, worker: Worker) -> None:
    run_id = await train(chat, alice)
    await become(chat, run_id, "rnn")
    worker.says = lambda wish: Answer(Report("Written", (Text(f"{wish.text} upon a time"),)))
    card = await alice.says("use write", prompt="Once", temperature=1.2)
    assert "Once upon a time" in said(card)
    form = await alice.presses(card, "Write more")
    assert "Thrice upon a time" in said(await alice.fills(form, how_it_begins="Thrice", temperature="0,5"))
    assert [wish.temperature for _, wish in worker.asked] == [1.2, 0.5]
    for typed in ("warm", "3", "nan"):
        again = await alice.presses(card, "Write more")
        refused = sentence(await alice.fills(again, how_it_begins="Once", temperature=typed))
        assert refused.startswith("The temperature must be a number from 0.1 to 2")


async def test_a_sentence_is_judged_from_the_command_or_the_form(chat: Chat, alice: Person, worker: Worker) -> None:
    run_id = await train(chat, alice)
    await become(chat, run_id, "transformer")
    card = await alice.says("use sentiment", text="Not bad at all.")
    await alice.fills(await alice.presses(card, "Another sentence"), your_sentence="Dull.")
    assert [wish.text for _, wish in worker.asked] == ["Not bad at all.", "Dull."]


async def test_a_drawing_is_drawn_anew_with_each_press(chat: Chat, alice: Person, worker: Worker) -> None:
    run_id = await train(chat, alice)
    await become(chat, run_id, "gan")
    card = await alice.says("use draw", digit=3)
    await alice.presses(card, "Draw again")
    first, second = (wish for _, wish in worker.asked)
    assert (first.digit, second.digit) == (3, None)
    assert first.seed != second.seed


async def test_an_answer_that_was_on_its_way_when_the_bot_ended_harms_nobody(
    chat: Chat, alice: Person, worker: Worker
) -> None:
    run_id = await train(chat, alice)
    worker.idle = True
    async with chat.database.transaction() as session:
        await ask_model(chat.bot.queue, session, alice.id, Wish("classify"), at(), run_id=run_id)
    await chat.restart()
    worker.idle = False
    listening = asyncio.create_task(chat.bot.answers.run())
    assert "a classify" in said(await alice.says("use classify", image=PICTURE))
    listening.cancel()
