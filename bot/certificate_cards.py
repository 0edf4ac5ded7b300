"""Certificates in the chat: the question before one is issued, the certificate itself, the answer to a check."""

import io
from collections.abc import Sequence

import discord
from discord import ui
from discord.utils import escape_markdown

from bot import ids
from bot.fitting import cut
from bot.pictures.certificate import dates, describe_certificate, on_day
from bot.pictures.fonts import printable
from bot.ui import GOOD, Card, Item, button, buttons, card, text
from bot.wording import plural
from db.certificates import FinishedRun
from lessons.certificates import (
    CertificateContent,
    CertifiedRun,
    Issued,
    NotYet,
    RunFigure,
    best_runs,
    checked_name,
    covered_topics,
    shown_code,
)
from lessons.curriculum import Curriculum
from lessons.errors import PersonError
from lessons.model import Phase
from workers.catalogue import PROJECTS
from workers.project import OWN

NAMED = 3
"""So many missing topics are named; more are counted."""
LIST_MAX = 1500
"""Characters of a list in the answer to a check."""


def name_to_print(typed: str) -> str:
    """The name as the certificate prints it.

    Raises:
        PersonError: it is no name, or has letters that the certificate cannot print.
    """
    name = checked_name(typed)
    lost = [character for character in name if not printable(character) and not character.isspace()]
    if lost:
        letters = escape_markdown("".join(dict.fromkeys(lost))[:20])
        raise PersonError(
            f"I can't print {letters} on a certificate: I have Latin, Greek and Cyrillic letters. "
            "Please write the name in those."
        )
    return checked_name(printable(name))


def name_to_propose(display_name: str) -> str | None:
    """What of a display name can be printed; None where too little is left for a name."""
    try:
        return checked_name(printable(display_name))
    except PersonError:
        return None


def certified_runs(curriculum: Curriculum, phase: Phase, finished: Sequence[FinishedRun]) -> tuple[CertifiedRun, ...]:
    """The best run of each project that the certificate of a phase covers, in the order of the roadmap."""
    by_id = {run.id: run for run in finished}
    best = {figure.project_id: by_id[figure.run_id] for figure in best_runs(_figures(finished))}
    return tuple(
        _certified(topic.project.title, best[topic.project.id])
        for topic in covered_topics(curriculum, phase)
        if topic.project is not None and topic.project.id in best
    )


def _figures(finished: Sequence[FinishedRun]) -> list[RunFigure]:
    figures: list[RunFigure] = []
    for run in finished:
        project = PROJECTS.get(run.project)
        value = None if project is None else run.metrics.get(project.headline.name)
        if project is None or value is None:
            continue
        public = any(each.id == run.dataset and not each.embedded and each.id != OWN for each in project.datasets)
        figures.append(RunFigure(run.id, run.project, value if project.headline.higher_is_better else -value, public))
    return figures


def _certified(title: str, run: FinishedRun) -> CertifiedRun:
    project = PROJECTS[run.project]
    dataset = next((each.title for each in project.datasets if each.id == run.dataset), run.dataset)
    metric = project.headline
    return CertifiedRun(
        run_id=run.id,
        project=title,
        dataset=dataset,
        metric=metric.label,
        value=metric.show(run.metrics[metric.name]),
    )


def not_yet_sentence(not_yet: NotYet) -> str:
    """What is missing, in one sentence."""
    missing = not_yet.missing
    named = [f"*{topic.title}*" for topic in missing[:NAMED]]
    if len(missing) > NAMED:
        named.append(f"{len(missing) - NAMED} more")
    topics = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return (
        f"The certificate of phase {not_yet.phase.number}, *{not_yet.phase.title}*, is yours once "
        f"{plural(len(missing), 'more topic is', 'more topics are')} done: {topics}."
    )


def question_card(phase: Phase, name: str | None) -> Card:
    """Asks for the name: a certificate stays as it is issued."""
    other = button("Another name", ids.CERTIFICATE_NAME.format(phase_id=phase.id), emoji="✏️")
    head = f"### 🎓 You have earned the certificate of {phase.title}\n"
    if name is None:
        head += "Which name shall it say? I can't print the letters of yours: it has Latin, Greek and Cyrillic ones."
        return card(text(head), buttons(other), colour=GOOD)
    head += (
        f"It will say **{escape_markdown(name)}**, your topics, dates and best runs. Once issued it stays as it is, "
        "so that anybody can check it."
    )
    issue = button("Issue it", ids.CERTIFICATE_ISSUE.format(phase_id=phase.id), style=ids.PRIMARY, emoji="🎓")
    return card(text(head), buttons(issue, other), colour=GOOD)


def certificate_card(issued: Issued, picture: bytes, pdf: bytes, *, shared: bool) -> tuple[Card, list[discord.File]]:
    """The certificate as a picture and as a file, and how it is checked."""
    content = issued.content
    code = shown_code(issued.code)
    description = describe_certificate(issued)
    more = "" if shared else "\n-# `/certificate share:True` shows it to everyone here."
    pdf_name = f"certificate-{code}.pdf"
    items: list[Item] = [
        text(f"### 🎓 {escape_markdown(content.name)} · {content.title}"),
        ui.MediaGallery(discord.MediaGalleryItem("attachment://certificate.png", description=description)),
        ui.File(f"attachment://{pdf_name}"),
        text(f"`/verify code:{code}` tells anybody that it is real, in every server where I am.{more}"),
    ]
    files = [
        discord.File(io.BytesIO(picture), "certificate.png", description=description),
        discord.File(io.BytesIO(pdf), pdf_name, description="The certificate for printing, one page of A4"),
    ]
    return card(*items, colour=GOOD), files


def verified_card(issued: Issued) -> Card:
    """What a certificate says, for whoever checks it."""
    content = issued.content
    whose = (
        f"### ✅ This certificate is real\n**{escape_markdown(content.name)}** has finished **{content.title}**, "
        f"phase {content.phase} of {len(content.levels)} of the {content.roadmap}."
    )
    when = f"{dates(content)} · issued {on_day(content.issued_on)} · `{shown_code(issued.code)}`"
    lines = [whose, when, f"**{plural(len(content.topics), 'topic')}**\n{cut(_topics(content), LIST_MAX)}"]
    if content.runs:
        runs = "\n".join(
            f"- {run.project}: **{run.value}** ({run.metric}) · {run.dataset} · run {run.run_id}"
            for run in content.runs
        )
        lines.append(f"**Best training runs**\n{cut(runs, LIST_MAX)}")
    return card(*(text(line) for line in lines), colour=GOOD)


def _topics(content: CertificateContent) -> str:
    went = [topic.short_title for topic in content.topics if not topic.placed]
    placed = [topic.short_title for topic in content.topics if topic.placed]
    lines = [" · ".join(went)] if went else []
    if placed:
        lines.append(f"Known from the placement quiz: {' · '.join(placed)}")
    return "\n".join(lines)
