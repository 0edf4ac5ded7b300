"""What was issued is kept as it was, once for each member and phase."""

import asyncio

from db import certificates
from db.engine import Database
from lessons.certificates import CertificateContent, CertifiedTopic, Issued
from tests.runs import ALICE, FAILED, ask_for, at, end, finish, take

TODAY = at().date()


def content(name: str) -> CertificateContent:
    topic = CertifiedTopic(title="Understand Neural Networks", short_title="Networks", phase=1, done_on=TODAY)
    return CertificateContent(
        name=name,
        roadmap="Deep Learning Roadmap",
        phase=3,
        title="Advanced Deep Learning",
        levels=("Beginner", "Intermediate", "Advanced", "Expert"),
        started_on=TODAY,
        finished_on=TODAY,
        issued_on=TODAY,
        topics=(topic,),
        runs=(),
    )


async def issue(database: Database, name: str, code: str, phase_id: str = "advanced") -> Issued:
    async with database.transaction() as session:
        return await certificates.issue(session, user_id=7, phase_id=phase_id, content=content(name), code=code)


async def test_a_certificate_is_found_by_its_code_and_by_its_member(database: Database) -> None:
    issued = await issue(database, "Zoë", "7K3M9QWX2BND")
    assert issued == Issued("7K3M9QWX2BND", content("Zoë"))
    async with database.session() as session:
        assert await certificates.find_certificate(session, "7K3M9QWX2BND") == issued
        assert await certificates.issued(session, 7, "advanced") == issued
        assert await certificates.find_certificate(session, "000000000000") is None
        assert await certificates.issued(session, 7, "expert") is None


async def test_the_first_of_two_stays_also_when_both_come_at_once(database: Database) -> None:
    codes = [f"{number:012}" for number in range(4)]
    issued = await asyncio.gather(*(issue(database, f"name {code}", code) for code in codes))
    assert len({each.code for each in issued}) == 1
    assert len({each.content.name for each in issued}) == 1


async def test_each_phase_has_its_own(database: Database) -> None:
    assert (await issue(database, "Zoë", "1")).code == "1"
    assert (await issue(database, "Zoë", "2", "expert")).code == "2"


async def test_the_runs_that_can_be_named_are_those_that_succeeded(database: Database) -> None:
    first, second = await ask_for(database), await ask_for(database)
    await finish(database, second.id, 0.9)
    run = await take(database, first.id)
    assert run is not None
    await end(database, run, FAILED)
    async with database.session() as session:
        (found,) = await certificates.finished_runs(session, ALICE.user_id)
    assert (found.id, found.project, found.dataset) == (second.id, "cnn", "digits")
    assert found.metrics["test_accuracy"] == 0.9
