"""A run once more: as it was, with one thing changed, or with several."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import ui

from bot import ids
from bot.client import Press
from bot.fitting import cut
from bot.run_access import open_run, own_run
from bot.run_cards import belongings_line, data_name, in_order, kept_file, run_title
from bot.run_choices import how
from bot.ui import Card, Item, PersistentButton, PersistentSelect, SafeModal, button, buttons, card, text
from bot.wording import exact
from cogs.run._ask import ask_for_run
from cogs.run._repeat import wanted_again
from db.tables import Run
from lessons.errors import PersonError
from workers.catalogue import MAX_SEED, OWN, ChoiceOption, FloatOption, IntOption, Option, Project, project
from workers.messages import OptionValue

DATASET, SEED = "data set", "seed"
"""What can be changed beside the options; no option's name has a space, and none is called seed."""
CHOICES_MAX = 25


class AgainButton(PersistentButton, template=ids.template(ids.RUN_AGAIN)):
    """One's own run with another seed: how much was luck? Somebody else's with the same: are the digits the same?"""

    async def press(self, interaction: Press) -> None:
        """Ask for it."""
        run = await open_run(interaction, int(self.ids["run_id"]))
        seed = None if run.user_id == interaction.user.id else run.seed
        await do_again(interaction, run, seed=seed)


class ChangeButton(PersistentButton, template=ids.template(ids.RUN_CHANGE)):
    """The same run with other options."""

    async def press(self, interaction: Press) -> None:
        """Open the form, filled in."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        await interaction.response.send_modal(ChangeModal(project(run.project), run))


class OneChange(PersistentSelect, template=ids.template(ids.RUN_ONE)):
    """Changes one thing about a run: opens a form with just that."""

    async def choose(self, interaction: Press, values: list[str]) -> None:
        """Open it."""
        run = await own_run(interaction, int(self.ids["run_id"]))
        await interaction.response.send_modal(OneModal(project(run.project), run, values[0]))


async def do_again(
    interaction: Press,
    run: Run,
    *,
    dataset: str | None = None,
    seed: int | None = None,
    options: Mapping[str, OptionValue | None] | None = None,
    changes: Mapping[str, OptionValue | None] | None = None,
) -> None:
    """Ask for the run once more.

    Raises:
        PersonError: what it came from is gone, an option is wrong, or there are too many runs.
    """
    async with interaction.client.database.session() as session:
        wanted = await wanted_again(
            session, run, interaction.user.id, dataset=dataset, seed=seed, options=options, changes=changes
        )
    await ask_for_run(interaction, wanted)


async def again_card(interaction: Press, run: Run) -> Card:
    """A run, a button to make it again, and a list of what can be changed about it."""
    async with interaction.client.database.session() as session:
        file = await kept_file(session, run)
    chosen = project(run.project)
    about = " · ".join([how(run), *belongings_line(run, file)])
    head = text(
        f"### Again: {run_title(run)}\n-# {about}\n"
        "Choose what to change: the rest stays, the seed too, so that what comes out differently comes from that. "
        "*Run again* changes only the seed."
    )
    picker: ui.Select[Any] = ui.Select(
        custom_id=ids.RUN_ONE.format(run_id=run.id), placeholder="Change one thing …", options=_changeable(chosen, run)
    )
    row: list[Item] = [
        button("Run again", ids.RUN_AGAIN.format(run_id=run.id), emoji="🔁", style=ids.PRIMARY),
        button("Change several", ids.RUN_CHANGE.format(run_id=run.id), emoji="🎛️"),
    ]
    return card(head, ui.ActionRow(picker), buttons(*row))


def _changeable(chosen: Project, run: Run) -> list[discord.SelectOption]:
    """The options with what they are now, then the data set and the seed."""
    known = {option.name: option for option in chosen.options}
    listed = [
        discord.SelectOption(
            label=cut(f"{known[name].label}: {exact(value)}", 100),
            value=name,
            description=cut(known[name].help, 100),
        )
        for name, value in in_order(chosen, run.options)
    ][: CHOICES_MAX - 2]
    if len(_datasets(chosen, run)) > 1:
        listed.append(discord.SelectOption(label=f"Data set: {data_name(run)}", value=DATASET))
    listed.append(discord.SelectOption(label=f"Seed: {run.seed}", value=SEED))
    return listed


def _datasets(chosen: Project, run: Run) -> list[discord.SelectOption]:
    """The data sets for a form; the member's own only where the run has one."""
    return [
        discord.SelectOption(
            label=data.title[:100], value=data.id, description=data.about[:100], default=data.id == run.dataset
        )
        for data in chosen.datasets
        if data.id != OWN or run.upload_id is not None
    ][:CHOICES_MAX]


class OneModal(SafeModal):
    """A form with one field."""

    def __init__(self, chosen: Project, run: Run, what: str) -> None:
        super().__init__(title=f"Run {run.id} with one change")
        self._project, self._run, self._what = chosen, run, what
        self.field: ui.Select[Any] | ui.TextInput[Any]
        if what == DATASET:
            label, about = "Data set", "Options that the preset sets follow the data set."
            self.field = ui.Select(options=_datasets(chosen, run))
        elif what == SEED:
            label, about = "Seed", f"0 to {MAX_SEED}; empty draws one."
            self.field = ui.TextInput(default=str(run.seed), required=False, max_length=12)
        else:
            option = chosen.option(what)
            label, about = option.label, _bounds(option)
            self.field = _field(option, run.options.get(what))
        self.add_item(ui.Label(text=label[:45], description=cut(about, 100), component=self.field))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Read the field and ask for the run."""
        said = self.field.values[0] if isinstance(self.field, ui.Select) else self.field.value.strip()
        seed: int | None = self._run.seed
        dataset: str | None = None
        changes: dict[str, OptionValue | None] = {}
        if self._what == DATASET:
            dataset = said
        elif self._what == SEED:
            seed = read_seed(said)
        else:
            changes[self._what] = self._project.option(self._what).parse(said)
        await do_again(interaction, self._run, dataset=dataset, seed=seed, changes=changes)


def _field(option: Option, value: OptionValue | None) -> ui.Select[Any] | ui.TextInput[Any]:
    match option:
        case ChoiceOption(choices=choices) if len(choices) <= CHOICES_MAX:
            return ui.Select(options=[discord.SelectOption(label=one, default=one == value) for one in choices])
        case ChoiceOption() | IntOption() | FloatOption():
            return ui.TextInput(default="" if value is None else exact(value), max_length=40)


def _bounds(option: Option) -> str:
    match option:
        case IntOption(minimum=low, maximum=high):
            return f"{low:,} to {high:,}. {option.help}"
        case FloatOption(minimum=low, maximum=high):
            return f"{low:g} to {high:g}. {option.help}"
        case ChoiceOption():
            return option.help


class ChangeModal(SafeModal):
    """The options of a run as lines to edit: a modal has room for five fields, a project for more options."""

    def __init__(self, chosen: Project, run: Run) -> None:
        super().__init__(title=f"Change run {run.id}")
        self._project, self._run = chosen, run
        self.dataset: ui.Select[Any] = ui.Select(options=_datasets(chosen, run))
        lines = "\n".join(f"{name}: {exact(value)}" for name, value in in_order(chosen, run.options))
        self.options: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, default=lines, max_length=2000, required=False
        )
        self.seed: ui.TextInput[Any] = ui.TextInput(default=str(run.seed), required=False, max_length=12)
        if self.dataset.options:
            self.add_item(ui.Label(text="Data set", component=self.dataset))
        self.add_item(ui.Label(text="Options", description="One a line; change what you like.", component=self.options))
        self.add_item(ui.Label(text="Seed", description=f"0 to {MAX_SEED}; empty draws one.", component=self.seed))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Read the lines and ask for the run."""
        seed = read_seed(self.seed.value.strip())
        dataset = self.dataset.values[0] if self.dataset.values else self._run.dataset
        options = read_lines(self._project, self.options.value)
        await do_again(interaction, self._run, dataset=dataset, seed=seed, options=options)


def read_seed(text: str) -> int | None:
    """The seed; `None`, so that one is drawn, where nothing was said.

    Raises:
        PersonError: it is no whole number.
    """
    if text and not text.isdecimal():
        raise PersonError(f"The seed must be a whole number; you gave “{text[:20]}”.")
    return int(text) if text else None


def read_lines(chosen: Project, lines: str) -> dict[str, OptionValue | None]:
    """Options from lines such as ``epochs: 5`` (``=`` will do too).

    Raises:
        PersonError: a line that is not of that form, an unknown name or a wrong value.
    """
    values: dict[str, OptionValue | None] = {}
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        name, separator, value = line.replace("=", ":", 1).partition(":")
        if not separator:
            raise PersonError(f"I can't read “{line[:40]}”. Write one option a line, e.g. `epochs: 5`.")
        option: Option = chosen.option(name.strip().lower().replace(" ", "_"))
        values[option.name] = option.parse(value.strip())
    return values
