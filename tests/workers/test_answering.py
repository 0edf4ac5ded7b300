"""Whatever a model does when it is asked, the person gets an answer or a sentence, and the next one is served."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import psutil
import pytest
import pytest_asyncio

from tests.workers.asked import ASKED, line
from workers.answering import Answering
from workers.forkserver import ForkServer
from workers.messages import TrainedModel
from workers.trainer import trainer_server
from workers.using import Answer, Refused, Wish
from workers.wire import Question

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("trainer"),  # one warm server for all of them
]
PLENTY = 4 * 2**30
MakeAnswering = Callable[..., Answering]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ForkServer]:
    server = trainer_server()
    await server.start()
    yield server
    await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def make_answering(server: ForkServer) -> AsyncIterator[MakeAnswering]:
    made: list[Answering] = []

    def make(limit: float = 20.0, memory_limit: int = PLENTY) -> Answering:
        made.append(Answering(server, memory_limit, limit=limit, package=ASKED))
        return made[-1]

    yield make
    for answering in made:
        pid = answering.pid
        await answering.close()
        assert pid is None or not psutil.pid_exists(pid), "neither a process nor a zombie is left"


async def ask_line(answering: Answering, model: TrainedModel, number: str = "3") -> Answer | Refused:
    async def fetch() -> TrainedModel:
        return model

    return await answering.ask(Question(Wish("write", text=number), "tiny", model.run_id), fetch)


async def ask_wild(answering: Answering, how: str, data: bytes = b"") -> Answer | Refused:
    async def fetch() -> TrainedModel:
        return TrainedModel(1, "wild", "none", data)

    return await answering.ask(Question(Wish("write", text=how), "wild", 1), fetch)


def told(said: Answer | Refused) -> str:
    assert isinstance(said, Answer), said
    return said.report.headline


async def test_a_model_answers_with_its_report_and_its_pictures(make_answering: MakeAnswering) -> None:
    said = await ask_line(make_answering(), line(7))
    assert told(said) == "7.0"
    assert isinstance(said, Answer)
    assert [file.name for file in said.artifacts] == ["dot.png"]


async def test_a_model_stays_warm_in_one_process(make_answering: MakeAnswering) -> None:
    answering = make_answering()
    fetched = 0

    async def fetch() -> TrainedModel:
        nonlocal fetched
        fetched += 1
        return line(7)

    words = set[str]()
    for number in ("1", "2", "3"):
        said = await answering.ask(Question(Wish("write", text=number), "tiny", 7), fetch)
        assert isinstance(said, Answer)
        words.add(str(said.report.parts[0]))
    assert fetched == 1
    assert len(words) == 1
    assert "rebuilt 7 on cpu" in words.pop()


async def test_a_wish_without_a_model_is_answered(make_answering: MakeAnswering) -> None:
    async def fetch() -> None:
        raise AssertionError("there is none")

    assert told(await make_answering().ask(Question(Wish("compare", seed=5), "drawn"), fetch)) == "seed 5"


async def test_a_model_that_is_not_kept_any_more_is_said(make_answering: MakeAnswering) -> None:
    async def fetch() -> None:
        return None

    said = await make_answering().ask(Question(Wish("write", text="1"), "tiny", 7), fetch)
    assert isinstance(said, Refused)
    assert "model of run 7 is not kept" in said.sentence


async def test_a_wish_that_cannot_be_fulfilled_gets_the_models_own_sentence(make_answering: MakeAnswering) -> None:
    assert await ask_line(make_answering(), line(7), "") == Refused("Give me a number.")


async def test_a_bug_becomes_a_sentence_and_the_traceback_goes_to_the_log(make_answering: MakeAnswering) -> None:
    answering = make_answering()
    said = await ask_wild(answering, "raises")
    assert isinstance(said, Refused)
    assert "ZeroDivisionError" in said.sentence
    assert "inner secret" not in said.sentence
    assert "inner secret" in said.detail
    torn = await ask_wild(make_answering(), "anything", b"torn")
    assert isinstance(torn, Refused)
    assert "EOFError" in torn.sentence


@pytest.mark.parametrize("how", ["exit", "segfault"])
async def test_a_process_that_crashed_is_replaced(make_answering: MakeAnswering, how: str) -> None:
    answering = make_answering()
    told(await ask_wild(answering, "nothing special"))
    before = answering.pid
    said = await ask_wild(answering, how)
    assert isinstance(said, Refused)
    assert "ended in the middle" in said.sentence
    assert told(await ask_wild(answering, "nothing special")).startswith("still here")
    assert answering.pid != before


async def test_a_process_that_was_killed_between_two_questions_is_replaced_unseen(
    make_answering: MakeAnswering,
) -> None:
    answering = make_answering()
    told(await ask_line(answering, line(7)))
    pid = answering.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(psutil.wait_procs, [psutil.Process(pid)] if psutil.pid_exists(pid) else [], 10)
    assert told(await ask_line(answering, line(7))) == "7.0"


async def test_a_model_that_hangs_is_stopped(make_answering: MakeAnswering) -> None:
    answering = make_answering(limit=0.3)
    said = await ask_wild(answering, "hangs")
    assert isinstance(said, Refused)
    assert "took longer than" in said.sentence
    assert told(await ask_wild(answering, "nothing special"))


async def test_a_model_that_wants_all_memory_is_stopped(make_answering: MakeAnswering) -> None:
    said = await ask_wild(make_answering(memory_limit=700 * 2**20), "grows")
    assert isinstance(said, Refused)
    assert "more memory" in said.sentence


async def test_a_question_that_nobody_waits_for_is_given_up(make_answering: MakeAnswering) -> None:
    answering = make_answering()
    asking = asyncio.create_task(ask_wild(answering, "hangs"))
    await asyncio.sleep(0.2)
    assert answering.pid is not None
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert told(await ask_wild(answering, "nothing special"))


async def test_two_questions_at_once_get_their_own_answers(make_answering: MakeAnswering) -> None:
    answering = make_answering()
    both = await asyncio.gather(ask_line(answering, line(7)), ask_line(answering, line(8, slope=10.0)))
    assert [told(said) for said in both] == ["7.0", "31.0"]
