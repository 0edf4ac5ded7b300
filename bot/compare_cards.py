"""Runs held against one another: a member's own in one table, and up to four side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot import ids
from bot.fitting import share_out, short_table
from bot.run_cards import data_name
from bot.ui import Card, Item, card, text
from bot.wording import duration, fits, plural, table
from db.tables import Run
from workers.catalogue import Project, project
from workers.messages import Finished, OptionValue
from workers.records import load_outcome
from workers.using import ComparedRun, Comparison

SIDE_BY_SIDE = 4
METRICS_MAX = 8
CHARACTERS = 3400
"""Of the tables of one card, together."""
NONE = "–"


@dataclass(frozen=True, slots=True)
class Compared:
    """A finished run and how it ended."""

    run: Run
    finished: Finished


def finished_runs(rows: Sequence[Run]) -> list[Compared]:
    """Those of the runs that came to a good end."""
    return [Compared(run, outcome) for run in rows if isinstance(outcome := load_outcome(run), Finished)]


def comparison(run: Run, others: Sequence[Run]) -> Card:
    """This run beside the member's others of the same project on the same data, best first."""
    chosen = project(run.project)
    metric = chosen.headline
    scored = [each for each in finished_runs([run, *others]) if metric.name in each.finished.metrics]
    scored.sort(key=lambda each: each.finished.metrics[metric.name], reverse=metric.higher_is_better)
    columns = [
        ["run", *(f"{'▸' if each.run.id == run.id else ' '}{each.run.id}" for each in scored)],
        ["result", *(metric.show(each.finished.metrics[metric.name]) for each in scored)],
        ["time", *(duration(each.finished.seconds.total) for each in scored)],
    ]
    presets = ["preset", *(each.run.preset for each in scored)]
    left_out: list[str] = []
    for option in chosen.options:
        cells = [_cell(each.run.options.get(option.name)) for each in scored]
        if len(set(cells)) == 1:
            continue
        name = option.label.lower()
        if fits([*columns, [name, *cells]]):
            columns.append([name, *cells])
        else:
            left_out.append(name)
    if len(set(presets)) > 2 and fits([*columns, presets]):  # its heading is one of them
        columns.append(presets)
    header, *rows = zip(*columns, strict=True)
    count = plural(len(scored), "finished run")
    whose = "your " if all(each.user_id == run.user_id for each in others) else ""
    title = f"### {run.project} on {data_name(run)}: {metric.label.lower()} of {whose}{count}, best first"
    alone = len(scored) < 2
    note = "-# Train it again with other options to compare." if alone else "-# ▸ is the run you pressed on."
    if left_out:
        note += f" They also differ in {' and '.join(left_out)}: put some side by side to see it."
    items: list[Item] = [text(f"{title}\n{table(header, rows)}\n{note}")]
    if not alone:
        items.append(ui.ActionRow(_beside_picker(run, [each for each in scored if each.run.id != run.id])))
    return card(*items)


def _beside_picker(run: Run, others: Sequence[Compared]) -> ui.Select[Any]:
    metric = project(run.project).headline
    return ui.Select(
        custom_id=ids.RUN_BESIDE.format(run_id=run.id),
        placeholder=f"Put run {run.id} beside … (up to three)",
        min_values=1,
        max_values=min(SIDE_BY_SIDE - 1, len(others)),
        options=[
            discord.SelectOption(
                label=f"run {each.run.id}: {metric.show(each.finished.metrics[metric.name])}", value=str(each.run.id)
            )
            for each in others[:25]
        ],
    )


def side_by_side(compared: Sequence[Compared], viewer_id: int) -> list[Item]:
    """Tables of what went in and of what came out."""
    chosen = project(compared[0].run.project)
    numbers = [str(each.run.id) for each in compared]
    title = f"### {chosen.emoji} {chosen.id}: runs {', '.join(numbers[:-1])} and {numbers[-1]} side by side"
    about: list[str] = []
    if theirs := [each.run for each in compared if each.run.user_id != viewer_id]:
        names = [f"run {run.id} is {discord.utils.escape_markdown(run.user_name)}'s" for run in theirs]
        about.append(f"-# {' · '.join(names)}")
    if len({each.run.dataset for each in compared}) > 1:
        about.append("-# Trained on different data, so the better figure need not be the better network.")
    results, options = _results(chosen, compared), _differences(chosen, compared)
    if not options:
        about.append("-# All options are the same.")
    header = ("run", *(f"#{number}" for number in numbers))
    tables = [(rows, words) for rows, words in ((results, "Result"), (options, "What differs")) if rows]
    lengths = [len(short_table(header, rows, words, CHARACTERS)) for rows, words in tables]
    most = share_out(lengths, CHARACTERS)
    return [text("\n".join([title, *about])), *(text(short_table(header, rows, words, most)) for rows, words in tables)]


def wish_of(compared: Sequence[Compared]) -> Comparison:
    """What a worker needs to draw the runs' curves over one another."""
    metric = project(compared[0].run.project).headline

    def name(each: Compared) -> str:
        value = each.finished.metrics.get(metric.name)
        return f"run {each.run.id}" + (f": {metric.show(value)}" if value is not None else "")

    return Comparison(
        compared[0].run.project, tuple(ComparedRun(name(each), each.finished.curves) for each in compared)
    )


def _results(chosen: Project, compared: Sequence[Compared]) -> list[tuple[str, ...]]:
    """The headline's metric, the best marked, then what all runs report, then time and device."""
    metric = chosen.headline
    rows = [_scores(chosen, compared)]
    shared = [
        name
        for name in compared[0].finished.metrics
        if name != metric.name
        and not name.startswith("validation")  # the curves show these
        and all(name in each.finished.metrics for each in compared)
    ]
    known = {each.name: each for each in chosen.progress_metrics}
    for name in shared[:METRICS_MAX]:
        values = [each.finished.metrics[name] for each in compared]
        cells = [known[name].show(value) if name in known else _figure(value) for value in values]
        rows.append((known[name].label.lower() if name in known else name.replace("_", " "), *cells))
    rows.append(("in all", *(duration(each.finished.seconds.total) for each in compared)))
    if len({each.finished.device for each in compared}) > 1:
        rows.append(("device", *(each.finished.device for each in compared)))
    return rows


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}"


def _scores(chosen: Project, compared: Sequence[Compared]) -> tuple[str, ...]:
    metric = chosen.headline
    values = [each.finished.metrics.get(metric.name) for each in compared]
    there = [value for value in values if value is not None]
    best = (max if metric.higher_is_better else min)(there, default=None)
    marked = len(set(there)) > 1
    cells = [
        NONE if value is None else metric.show(value) + (" ★" if marked and value == best else "") for value in values
    ]
    return (metric.label.lower(), *cells)


def _differences(chosen: Project, compared: Sequence[Compared]) -> list[tuple[str, ...]]:
    """A row for each thing that was not the same for all."""
    asked: list[tuple[str, Callable[[Run], OptionValue | None]]] = [
        ("data set", data_name),
        ("preset", lambda run: run.preset),
        *((option.label.lower(), _option(option.name)) for option in chosen.options),
        ("seed", lambda run: run.seed),
    ]
    rows = [(name, *(_cell(value(each.run)) for each in compared)) for name, value in asked]
    return [row for row in rows if len(set(row[1:])) > 1]


def _option(name: str) -> Callable[[Run], OptionValue | None]:
    return lambda run: run.options.get(name)


def _cell(value: OptionValue | None) -> str:
    if value is None:
        return NONE
    return f"{value:g}" if isinstance(value, float) else str(value)
