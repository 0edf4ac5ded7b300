"""Who is through gets a certificate, picture and PDF, and anybody can check it by its code."""

import re
from typing import Any

import pytest
from simcord.results import InteractionResult

from db.engine import Database
from lessons.load import load_curriculum
from tests.cogs.chat import Chat, Person, buttons, fields_of, files, pictures, said, sentence
from tests.runs import at, finish, sql

CURRICULUM = load_curriculum()
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture
async def alice(alice: Person) -> Person:
    """A member on their first day."""
    await alice.starts()
    return alice


async def finish_topics(database: Database, person: Person, *, phases: int, but: str = "", placed: int = 0) -> None:
    """The member is done with so many phases, but for one topic; the first topics are from the placement quiz."""
    topics = [topic.id for topic in CURRICULUM.topics if CURRICULUM.phase_of(topic).number <= phases]
    await sql(database, "delete from topic_progress where user_id = :user", user=person.id)
    for place, topic in enumerate(topics):
        if topic != but:
            await sql(
                database,
                "insert into topic_progress (user_id, topic_id, opened_at, done_at, placed_at) "
                "values (:user, :topic, :at, :at, :placed)",
                user=person.id,
                topic=topic,
                at=at(),
                placed=at() if place < placed else None,
            )


def code_of(card: InteractionResult) -> str:
    """The code that a certificate's card names."""
    found = CODE.search(said(card))
    assert found is not None
    return found[0]


async def certificates(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await sql(database, "select phase_id, display_name from certificates order by 1")]


async def test_before_it_is_earned_one_sentence_says_what_is_missing(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3, but="gan")
    assert sentence(await alice.says("certificate")) == (
        "The certificate of phase 3, *Advanced Deep Learning*, is yours once 1 more topic is done: "
        "*Generative Adversarial Networks (GANs)*."
    )
    await finish_topics(database, alice, phases=1)
    assert "once 7 more topics are done: " in sentence(await alice.says("certificate"))
    assert sentence(await alice.says("certificate")).endswith(" and 4 more.")
    assert "phase 4" in sentence(await alice.says("certificate", phase=4))


async def test_who_never_started_is_told_how(bob: Person) -> None:
    assert "`/start`" in sentence(await bob.says("certificate"))


async def test_a_phase_without_a_certificate_is_named_with_those_that_have_one(alice: Person) -> None:
    assert sentence(await alice.says("certificate", phase=2)) == (
        "Phase 2 has no certificate; those that have one are 3 and 4."
    )


async def test_it_is_asked_first_since_what_is_issued_stays(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3)
    question = await alice.says("certificate")
    assert "You have earned the certificate of Advanced Deep Learning" in said(question)
    assert "It will say **Alice**" in said(question)
    assert buttons(question) == ["Issue it", "Another name"]
    assert await certificates(database) == []
    card = await alice.presses(question, "Issue it")
    assert "Alice · Advanced Deep Learning" in said(card)
    assert files(card) == ["certificate.png", f"certificate-{code_of(card)}.pdf"]
    (picture,) = pictures(card)
    assert "Certificate of Alice: Advanced Deep Learning, phase 3 of 4" in picture
    assert await certificates(database) == [("advanced", "Alice")]


async def test_another_name_is_typed_in_a_form(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=4)
    form = await alice.presses(await alice.says("certificate"), "Another name")
    assert fields_of(form)["Name to print"]["value"] == "Alice"
    card = await alice.fills(form, name_to_print="  Zoë   Łukasiewicz ")
    assert "Zoë Łukasiewicz · Expert Level in Deep Learning" in said(card)
    assert await certificates(database) == [("expert", "Zoë Łukasiewicz")]


async def test_a_name_given_with_the_command_issues_it_at_once(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3)
    card = await alice.says("certificate", name="Ada *King* Lovelace")
    assert r"Ada \*King\* Lovelace" in said(card)
    assert await certificates(database) == [("advanced", "Ada *King* Lovelace")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("李小龍", "I can't print 李小龍 on a certificate"),
        ("Ada \u202e", "can't be printed"),
        ("?!", "at least one letter"),
        ("x" * 60, "has 60 characters, and the certificate has room for 48"),
    ],
)
async def test_a_name_that_cannot_be_printed_is_refused_with_the_reason(
    alice: Person, database: Database, name: str, why: str
) -> None:
    await finish_topics(database, alice, phases=3)
    assert why in sentence(await alice.says("certificate", name=name))
    assert await certificates(database) == []


async def test_who_goes_by_a_name_in_other_letters_is_asked_for_one(chat: Chat, database: Database) -> None:
    aiko = chat.person("愛子")
    await aiko.starts()
    await finish_topics(database, aiko, phases=3)
    question = await aiko.says("certificate")
    assert "Which name shall it say?" in said(question)
    assert buttons(question) == ["Another name"]


async def test_it_comes_again_as_it_was_issued_and_takes_no_other_name(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3)
    first = await alice.says("certificate", name="Ada Lovelace")
    await alice.says("run cnn", seed=5)
    await finish(database, 1)
    again = await alice.says("certificate")
    assert code_of(again) == code_of(first)
    assert "run 1" not in pictures(again)[0]
    refused = sentence(await alice.says("certificate", name="Grace Hopper"))
    assert "was issued to **Ada Lovelace**" in refused
    assert "stays as it is" in refused
    assert code_of(await alice.says("certificate", name="Ada Lovelace")) == code_of(first)


async def test_pressing_twice_issues_one(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3)
    questions = [await alice.says("certificate"), await alice.says("certificate")]
    first, second = [await alice.presses(question, "Issue it") for question in questions]
    assert code_of(first) == code_of(second)
    assert len(await certificates(database)) == 1


async def test_it_names_the_best_runs_and_what_was_known_before(alice: Person, database: Database) -> None:
    for number, (dataset, accuracy) in enumerate([("digits", 0.99), ("mnist", 0.97), ("mnist", 0.985)], start=1):
        await alice.says("run cnn", seed=5, dataset=dataset)
        await finish(database, number, accuracy)
    await finish_topics(database, alice, phases=3, placed=2)
    card = await alice.says("certificate", name="Ada")
    checked = await alice.says("verify", code=code_of(card))
    assert "Recognise handwritten digits: **98.50 %** (Test accuracy) · MNIST · run 3" in said(checked)
    placed = "Known from the placement quiz: Python & math · Neural networks"
    assert placed in said(checked)


async def test_it_is_shown_to_its_member_alone_unless_they_share_it(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3)
    own = await alice.says("certificate", name="Ada")
    shared = await alice.says("certificate", share=True)
    assert own.response is not None
    assert shared.response is not None
    assert own.response.ephemeral
    assert not shared.response.ephemeral
    assert "share:True" in said(own)
    assert "share:True" not in said(shared)


async def test_with_it_come_the_roles_of_phases_that_were_finished_elsewhere(
    chat: Chat, alice: Person, database: Database
) -> None:
    await finish_topics(database, alice, phases=3)
    await alice.says("certificate", name="Ada")
    owed = await sql(database, "select payload->>'phase_id', user_id from outbox where kind = 'phase_role' order by id")
    assert owed == [(phase, alice.id) for phase in ("foundations", "core", "advanced")]


async def test_both_can_be_had_the_later_one_first(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=4)
    assert "Expert" in said(await alice.says("certificate", name="Ada"))
    assert "Advanced" in said(await alice.says("certificate", name="Ada", phase=3))
    assert "Expert" in said(await alice.says("certificate"))
    assert await certificates(database) == [("advanced", "Ada"), ("expert", "Ada")]


async def test_anybody_checks_it_by_its_code_in_a_server_and_in_a_dm(
    chat: Chat, alice: Person, bob: Person, database: Database
) -> None:
    await finish_topics(database, alice, phases=3)
    code = code_of(await alice.whispers("certificate", name="Ada *Lovelace*"))
    for checked in (await bob.says("verify", code=code), await bob.whispers("verify", code=code.lower())):
        assert "This certificate is real" in said(checked)
        assert r"**Ada \*Lovelace\*** has finished **Advanced Deep Learning**, phase 3 of 4" in said(checked)
        assert code in said(checked)
        assert "10 topics" in said(checked)


async def test_an_unknown_and_a_malformed_code_get_a_clear_sentence(bob: Person) -> None:
    unknown = sentence(await bob.says("verify", code="7k3m 9qwx 2bnd"))
    assert unknown.startswith("I have issued no certificate with the code `7K3M-9QWX-2BND`.")
    malformed = sentence(await bob.says("verify", code="hello"))
    assert malformed.startswith("A certificate's code has 12 letters and digits")


async def test_an_issued_one_stays_though_the_roadmap_asks_for_more_by_now(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3)
    code = code_of(await alice.says("certificate", name="Ada"))
    await finish_topics(database, alice, phases=3, but="gan")
    assert code_of(await alice.says("certificate")) == code


async def test_a_question_of_yesterday_issues_nothing_that_is_not_earned(alice: Person, database: Database) -> None:
    await finish_topics(database, alice, phases=3)
    question = await alice.says("certificate")
    await finish_topics(database, alice, phases=3, but="gan")
    assert "once 1 more topic is done" in sentence(await alice.presses(question, "Issue it"))
    assert await certificates(database) == []
