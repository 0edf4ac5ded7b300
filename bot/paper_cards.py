"""Papers in the chat: the weekly digest, and lists. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias

from discord.utils import escape_markdown

from bot import ids
from bot.fitting import CARD_CHARACTERS, cut, length
from bot.ui import ACCENT, Card, Item, button, buttons, card, rule, text
from bot.wording import day, plural
from db.digests import Picked
from lessons.curriculum import Curriculum
from lessons.papers import Paper

PAGE: Final = 5
"""Papers a page: what a phone shows in a few turns, and Discord's limits of 40 components and 4,000 characters."""
_TITLE, _BYLINE, _WHY = 150, 90, 100
_SUMMARY = 500
"""Characters at most; where the page has no room for so many, all its summaries get less."""
_HOW = "-# 👍 and 👎 shape the next digest · 🔖 keeps a paper for `/papers saved`"


def digest_card(
    curriculum: Curriculum,
    digest_id: int,
    week: date,
    picked: Sequence[Picked],
    votes: Mapping[str, tuple[int, int]],
    *,
    page: int = 0,
) -> Card:
    """A page of a digest.

    Args:
        curriculum: for the topics' names.
        digest_id: of the digest.
        week: its Monday.
        picked: all its papers.
        votes: up and down by paper, as far as there are any.
        page: from 0.
    """
    pages = max(1, -(-len(picked) // PAGE))
    page = min(page, pages - 1)
    shown = picked[page * PAGE : (page + 1) * PAGE]
    many = f"{plural(len(picked), 'paper')} from arXiv, chosen for where this server is and how it votes."
    head = f"## 📰 Papers of the week of {week.day} {week:%B}\n{many}\n{_HOW}"
    words = _page(curriculum, [(each.paper, each.topic_ids, each.why) for each in shown], page, head)
    items: list[Item] = [text(head)]
    for each, said in zip(shown, words, strict=True):
        up, down = votes.get(each.paper.id, (0, 0))
        items += [rule(), text(said)]
        items.append(
            buttons(
                _act(str(up) if up else None, "up", digest_id, page, each.paper, emoji="👍"),
                _act(str(down) if down else None, "down", digest_id, page, each.paper, emoji="👎"),
                _act(None, "save", digest_id, page, each.paper, emoji="🔖"),
                _act("Discuss", "talk", digest_id, page, each.paper),
            )
        )
    if pages > 1:
        items.append(buttons(*_turns(page, pages, lambda n: ids.DIGEST_PAGE.format(digest_id=digest_id, page=n))))
    return card(*items, colour=ACCENT)


def list_card(
    curriculum: Curriculum,
    title: str,
    papers: Sequence[Paper],
    *,
    page: int,
    more: bool,
    turn: str,
    saved: bool = False,
    footer: Sequence[Item] = (),
) -> Card:
    """A page of a list.

    Args:
        curriculum: for the topics' names.
        title: of the list.
        papers: those of this page.
        page: from 0.
        more: whether another page follows.
        turn: custom_id of the buttons that turn the page, with ``{page}`` in it.
        saved: whether the papers can be let go instead of saved.
        footer: what stands below.
    """
    head = f"## {title}"
    items: list[Item] = [text(head)]
    words = _page(curriculum, [(each, each.topic_ids, "") for each in papers], page, head)
    for each, said in zip(papers, words, strict=True):
        act = _act("Let go", "drop", 0, page, each) if saved else _act("Save", "save", 0, page, each, emoji="🔖")
        items += [rule(), text(said), buttons(act)]
    if page > 0 or more:
        pages = page + 2 if more else page + 1
        items.append(buttons(*_turns(page, pages, lambda n: turn.replace("{page}", str(n)))))
    return card(*items, *footer)


def topics_card(curriculum: Curriculum, counts: Mapping[str, int]) -> Card:
    """How many papers of the last weeks are close to each topic."""
    lines = [
        f"{topic.emoji} {topic.short_title} · {plural(count, 'paper')}"
        for topic in curriculum.topics
        if (count := counts.get(topic.id, 0))
    ]
    body = "\n".join(lines) or "No papers yet. They come on weekdays from arXiv, once this bot has been there."
    return card(text(f"## 📰 Papers by topic, last four weeks\n{body}\n-# `/papers latest topic:` shows those of one."))


_Shown: TypeAlias = tuple[Paper, Sequence[str], str]
"""A paper, its topics, and why it is here."""


def _page(curriculum: Curriculum, shown: Sequence[_Shown], page: int, head: str) -> list[str]:
    """The words of each paper: whole summaries, unless that is more than a card holds."""
    most = _SUMMARY
    while True:
        said = [_paper(curriculum, each, place, most) for place, each in enumerate(shown, start=page * PAGE + 1)]
        if length(head) + sum(map(length, said)) <= CARD_CHARACTERS or most <= 100:
            return said
        most -= 20


def _paper(curriculum: Curriculum, shown: _Shown, place: int, most: int) -> str:
    paper, topic_ids, why = shown
    title = link_text(cut(paper.title, _TITLE))
    topics = [
        topic
        for topic_id in topic_ids
        if (topic := curriculum.find(topic_id)) is not None and topic.short_title not in why
    ][:2]
    about = " · ".join(
        [f"{topic.emoji} {topic.short_title}" for topic in topics] + ([plain(cut(why, _WHY))] if why else [])
    )
    lines = [
        f"**{place}. [{title}](<{paper.url}>)**",
        f"-# {plain(cut(paper.byline, _BYLINE))}",
        plain(cut(paper.summary, most)),
    ]
    if about:
        lines.append(f"-# {about}")
    return "\n".join(line for line in lines if line.strip("-# "))


def plain(words: str) -> str:
    """Somebody else's words on one line, without any mark of Markdown, mention or link taking effect."""
    line = " ".join(words.split())
    return re.sub(r"([<>@#\[\]])", r"\\\1", escape_markdown(line, ignore_links=False))


def link_text(words: str) -> str:
    """The same inside a link, where Discord reads a backslash before a bracket as itself."""
    return plain(words.replace("[", "(").replace("]", ")"))


def paper_text(paper: Paper) -> str:
    """What a thread about a paper begins with."""
    title = link_text(cut(paper.title, 200))
    return f"### [{title}]({paper.url})\n-# {plain(cut(paper.byline, 200))}\n{plain(cut(paper.summary, 900))}"


def digest_day(week: date, today: date) -> str:
    """Name of a week's thread."""
    return f"Papers, week of {day(week, today=today)}"


def _act(label: str | None, act: str, digest_id: int, page: int, paper: Paper, emoji: str | None = None) -> Item:
    custom_id = ids.PAPER_ACT.format(paper_act=act, digest_id=digest_id, page=page, paper_id=paper.id)
    return button(label, custom_id, emoji=emoji)


def _turns(page: int, pages: int, custom_id: Callable[[int], str]) -> list[Item]:
    turns: list[Item] = []
    if page > 0:
        turns.append(button("Before", custom_id(page - 1)))
    if page + 1 < pages:
        turns.append(button("More", custom_id(page + 1), style=ids.PRIMARY))
    return turns
