"""Each server gets the papers that fit where its members are and what they voted for, and hears why."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from db import digests, papers
from db.engine import Database
from lessons.load import load_curriculum
from tests.conftest import SHARED
from tests.papers import announced
from tests.runs import ALICE, ask_for, sql
from workers.papers.feed import parse_feed
from workers.papers.jobs import rank_due, rank_for
from workers.papers.question import Candidate, Question, Server
from workers.papers.rank import CAP, COUNT, Ranker, rank
from workers.papers.ranking import RankingFailedError, rank_servers, reckon
from workers.papers.topics import topic_words

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
CURRICULUM = load_curriculum()
TOPICS = topic_words(CURRICULUM)
SUBJECTS = {
    "cnn": "convolutional network image classification object detection segmentation resnet pixels visual recognition",
    "rnn": "recurrent lstm gru time series forecasting sequence temporal speech sequential state space",
    "transformers": "transformer attention large language model tokens bert gpt context in-context reasoning",
    "reinforcement-learning": "reinforcement policy gradient q-learning reward agent exploration bandit control",
    "gan": "generative adversarial diffusion score-based image generation sampling latent denoising synthesis",
    "": "galaxies redshift survey proteins genome clinical trial epidemiology bayesian estimator moments regression",
}


def made(per_subject: int = 15, seed: int = 0) -> list[Candidate]:
    """Papers about some topics, and about none; a subject is in the id."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    return [
        Candidate(
            f"{subject or 'other'}-{number}",
            " ".join(chance.sample(words.split(), 3)),
            " ".join([*chance.choices(words.split(), k=25), "we", "study", "this", "well"]),
            age_days=number % 7,
            category="cs.LG",
        )
        for subject, words in SUBJECTS.items()
        for number in range(per_subject)
    ]


PAPERS = made()


def about(ids: Sequence[str]) -> Counter[str]:
    return Counter(paper_id.rpartition("-")[0] for paper_id in ids)


def first_ten(server: Server, candidates: Sequence[Candidate] = PAPERS) -> list[str]:
    ranked = rank(candidates, (), TOPICS, [server])
    return [placed.paper_id for placed in ranked.rankings[server.id]][:COUNT]


def test_a_server_gets_papers_for_where_its_members_are() -> None:
    ranked = rank(PAPERS, (), TOPICS, [Server(1, at={"cnn": 4}), Server(2, at={"reinforcement-learning": 1})])
    vision, games = (ranked.rankings[server] for server in (1, 2))
    assert about([vision[0].paper_id]) == {"cnn": 1}
    assert about([games[0].paper_id]) == {"reinforcement-learning": 1}
    assert vision[0].why == "For CNNs, where 4 of you are now"
    assert games[0].why == "For Reinforcement learning, where one of you is now"
    assert any(placed.why == "For RNNs & LSTMs, which comes next" for placed in vision)


def test_no_topic_takes_more_than_three_places_and_the_last_is_a_wildcard_from_elsewhere() -> None:
    ranked = rank(PAPERS, (), TOPICS, [Server(1, at={"cnn": 9})])
    page = ranked.rankings[1][:COUNT]
    counted = Counter(topic for placed in page for topic in placed.topic_ids)
    assert max(counted.values()) <= CAP
    assert counted["cnn"] == CAP
    (wildcard,) = [placed for placed in page if placed.wildcard]
    assert wildcard is page[-1]
    assert "cnn" not in wildcard.topic_ids
    assert wildcard.why.startswith("Wildcard, from beyond your topics: ")


def test_votes_teach_what_a_server_likes_and_the_reason_names_the_paper() -> None:
    likes = {f"other-{n}": 1 for n in range(5)} | {f"cnn-{n}": -1 for n in range(5)}
    server = Server(1, at={"cnn": 1}, votes=likes, sent=frozenset(likes))
    ranked = rank(PAPERS, (), TOPICS, [server])
    ten = ranked.rankings[1][:COUNT]
    assert about([placed.paper_id for placed in ten])["other"] >= 6
    assert any(placed.why.startswith("Like “") and placed.why.endswith("”, which you voted up") for placed in ten)
    assert not {placed.paper_id for placed in ranked.rankings[1]} & set(likes)


def test_votes_on_older_papers_count_without_sending_them_again() -> None:
    old = [replace(each, id=f"old-{each.id}") for each in made(seed=1)]
    votes = {each.id: 1 if "gan" in each.id else -1 for each in old if "gan" in each.id or "rnn" in each.id}
    ranked = rank(PAPERS, old, TOPICS, [Server(1, votes=votes)])
    assert about([ranked.rankings[1][0].paper_id]) == {"gan": 1}
    assert not any(placed.paper_id.startswith("old") for placed in ranked.rankings[1])
    assert set(ranked.topics) == {each.id for each in PAPERS}


@pytest.mark.parametrize("value", [1, -1])
def test_votes_all_in_one_direction_are_understood(value: int) -> None:
    places = {paper_id: n for n, paper_id in enumerate(first_ten(Server(1, votes={"gan-0": value, "gan-1": value})))}
    found = about(list(places))["gan"]
    assert found >= 2 if value > 0 else found <= 1


def test_a_paper_that_was_voted_down_or_sent_does_not_come() -> None:
    ten = first_ten(Server(1, at={"cnn": 1}))
    again = first_ten(Server(1, at={"cnn": 1}, sent=frozenset(ten[:5]), votes={ten[5]: -2}))
    assert not set(ten[:6]) & set(again)


def test_new_papers_come_before_old_ones_that_are_alike() -> None:
    twins = [
        Candidate("a-old", "Cats in nets", "cats in nets " * 9, 13.0),
        Candidate("b-new", "Cats in nets", "cats in nets " * 9),
    ]
    assert first_ten(Server(1), twins)[0] == "b-new"


def test_the_same_question_has_the_same_answer() -> None:
    servers = [Server(n, at={"gan": n}, votes={f"rnn-{n}": 1}) for n in range(4)]
    assert rank(PAPERS, (), TOPICS, servers) == rank(PAPERS, (), TOPICS, servers)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_few_papers_are_ranked_too(count: int) -> None:
    server = Server(1, at={"cnn": 2}, votes={PAPERS[0].id: 1, "gone": 1})
    assert len(first_ten(server, PAPERS[:count])) == count


def test_an_empty_abstract_and_a_paper_in_another_script_do_no_harm() -> None:
    strange = [Candidate("x", "", ""), Candidate("y", "卷积神经网络", "图像分类" * 20), Candidate("z", "$x$", "$y$")]
    assert len(first_ten(Server(1), [*strange, *PAPERS])) == COUNT
    assert first_ten(Server(1), strange[:1]) == ["x"]


async def test_the_sums_are_done_in_a_process_of_their_own_and_its_end_is_noticed() -> None:
    ranked = await reckon(Question(tuple(PAPERS), (), TOPICS, (Server(1, at={"cnn": 1}),)))
    assert len(ranked.rankings[1]) == 30
    broken = Question(tuple(PAPERS), (), TOPICS, (None,))  # type: ignore[arg-type]
    with pytest.raises(RankingFailedError, match="It ended with code 1: AttributeError"):
        await reckon(broken)


async def test_from_stored_papers_to_a_stored_ranking_and_a_digest(database: Database) -> None:
    await ask_for(database, ALICE)
    batch = [
        announced(n, title=each.title, abstract=each.abstract + " It is long enough.") for n, each in enumerate(PAPERS)
    ]
    await sql(
        database,
        "insert into digest_settings (guild_id, channel_id, time_zone, next_due_at) values (50, 60, 'UTC', now())",
    )
    await sql(
        database,
        "insert into topic_progress (user_id, topic_id, done_at) select 700, unnest(cast(:behind as text[])), now()",
        behind=[topic.id for topic in TOPICS[:4]],
    )
    async with database.transaction() as session:
        await papers.store_batch(session, batch, source="t", feed_says=None, now=NOW - timedelta(days=1))
    done = await rank_servers(database, CURRICULUM, NOW)
    assert (done.servers, done.papers) == (1, len(PAPERS))
    async with database.transaction() as session:
        picked = await digests.next_digest(session, 50)
        assert await digests.write_digest(session, 50, date(2026, 11, 23), NOW) is not None
    assert len(picked) == COUNT
    assert picked[0].why == "For CNNs, where one of you is now"
    await rank_servers(database, CURRICULUM, NOW + timedelta(days=7))
    async with database.session() as session:
        later = await digests.next_digest(session, 50)
        in_topic = await papers.latest(session, limit=50, topic_id="cnn")
    assert not {each.paper.id for each in picked} & {each.paper.id for each in later}
    assert len(in_topic) >= 10


async def test_new_papers_get_their_topics_at_once_and_a_server_is_ranked_when_its_digest_is_near(
    database: Database,
) -> None:
    batch = [
        announced(n, title=each.title, abstract=each.abstract + " It is long enough.") for n, each in enumerate(PAPERS)
    ]
    statement = (
        "insert into digest_settings (guild_id, channel_id, time_zone, next_due_at) values (:id, 60, 'UTC', :at)"
    )
    await sql(database, statement, id=50, at=NOW + timedelta(minutes=50))
    await sql(database, statement, id=51, at=NOW + timedelta(days=2))
    async with database.transaction() as session:
        await papers.store_batch(session, batch, source="t", feed_says=None, now=NOW)
    await rank_for(database, CURRICULUM, NOW, [])
    async with database.session() as session:
        assert len(await papers.latest(session, limit=50, topic_id="cnn")) >= 10
    ranked = "select distinct guild_id, ranked_at from paper_rankings order by guild_id"
    assert await sql(database, ranked) == []
    await rank_due(database, CURRICULUM, NOW)
    assert await sql(database, ranked) == [(50, NOW)]
    await rank_due(database, CURRICULUM, NOW + timedelta(minutes=10))
    assert await sql(database, ranked) == [(50, NOW)], "once for each digest"
    await rank_due(database, CURRICULUM, NOW + timedelta(days=2, minutes=-30))
    assert [row[0] for row in await sql(database, ranked)] == [50, 51]


REAL = SHARED / "data" / "arxiv" / "arxiv_rss_stat_2024-03-26.xml"


@pytest.mark.skipif(not REAL.is_file(), reason="the captured feeds are not on this machine")
def test_on_real_papers_votes_find_more_of_what_is_liked() -> None:
    entries = parse_feed(REAL.read_bytes()).entries
    real = [Candidate(entry.id, entry.title, entry.abstract) for entry in entries]
    liked = [entry.id for entry in entries if "stat.ME" in entry.categories]
    other = [entry.id for entry in entries if "stat.ME" not in entry.categories]
    ranker = Ranker(real, [], TOPICS)
    votes = dict.fromkeys(liked[:10], 1) | dict.fromkeys(other[:10], -1)

    def hits(server: Server) -> int:
        return sum(placed.paper_id in liked for placed in ranker.for_server(server)[:COUNT])

    sent = frozenset(votes)
    assert hits(Server(1, votes=votes, sent=sent)) >= hits(Server(1, sent=sent)) + 3
