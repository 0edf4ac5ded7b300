"""What it takes to make a run once more: its options, and the file and the model that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass

import discord
from sqlalchemy.ext.asyncio import AsyncSession

from db import belongings, runs
from db.belongings import KeptFile
from db.tables import Run, RunState
from lessons.errors import PersonError
from workers.catalogue import OWN, Project, project, resolve
from workers.messages import Finished, OptionValue, TrainedModel, TrainingJob, Upload
from workers.project import OwnData
from workers.records import load_outcome, training_job

_FILE: Mapping[OwnData, str] = {"pictures": "zip", "text": "text"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job, and the kept file that it is for."""

    job: TrainingJob
    upload_id: int | None = None
    file: KeptFile | None = None


async def wanted_again(
    session: AsyncSession,
    run: Run,
    user_id: int,
    *,
    dataset: str | None = None,
    seed: int | None = None,
    options: Mapping[str, OptionValue | None] | None = None,
    changes: Mapping[str, OptionValue | None] | None = None,
) -> Wanted:
    """The job that does `run` again for a member.

    Args:
        session: to look up what the run came from.
        run: theirs, or one that its member shares.
        user_id: who asks.
        dataset: another data set; its own by default.
        seed: drawn if None.
        options: all options; by default those of the run, or, on another data set, those that its member chose.
        changes: options on top.

    Raises:
        PersonError: the file or the model is gone or somebody else's, or an option is wrong.
    """
    chosen = project(run.project)
    named = dataset or run.dataset
    upload_id, file = await _file(session, chosen, run, user_id) if named == OWN else (None, None)
    model = await _model(session, chosen, run, user_id)
    falls_back = dataset is None and run.fallback is not None and not isinstance(load_outcome(run), Finished)
    if options is None:
        # What a preset says depends on the data set; what the member said does not.
        keeps = not falls_back and named == run.dataset
        options = dict(run.options) if keeps else dict(chosen.changed(training_job(run)))
    job = resolve(
        run.project,
        preset=run.preset,
        dataset=None if falls_back else named,
        seed=seed,
        options={**options, **(changes or {})},
        upload=Upload(file.name, b"") if file is not None else None,
        model=model,
    )
    return Wanted(job, upload_id, file)


async def _file(session: AsyncSession, chosen: Project, run: Run, user_id: int) -> tuple[int, KeptFile]:
    """The kept file of a run on own data."""
    kind = _FILE[chosen.own_data] if chosen.own_data is not None else "file"
    anew = f"`/run {chosen.id} file:` with a {kind} of yours does the same."
    if run.user_id != user_id:
        name = discord.utils.escape_markdown(run.user_name)
        raise PersonError(f"Run {run.id} was trained on {name}'s own {kind}, which stays theirs. {anew}")
    file = await belongings.find_upload(session, run.upload_id) if run.upload_id is not None else None
    if file is None or run.upload_id is None:
        raise PersonError(f"The {kind} of run {run.id} is not kept any more: files go after 30 days. {anew}")
    return run.upload_id, file


async def _model(session: AsyncSession, chosen: Project, run: Run, user_id: int) -> TrainedModel | None:
    """The model that a run works on."""
    if not chosen.takes_models_of:
        return None
    if run.model_run_id is None:
        raise PersonError(
            f"The run whose model run {run.id} worked on is gone. Name another one: `/run {chosen.id} model:`."
        )
    return await trained_model(session, run.model_run_id, user_id)


async def trained_model(session: AsyncSession, run_id: int, user_id: int) -> TrainedModel:
    """The model of a finished run, for another run to work on; the worker fetches its bytes.

    Raises:
        PersonError: there is no such run, it has not finished, it is somebody else's, or it kept no model.
    """
    run = await runs.get_run(session, run_id)
    if run is None:
        raise PersonError(f"There is no run {run_id}. `/runs list` shows yours.")
    if run.user_id != user_id and run.shared_at is None:
        name = discord.utils.escape_markdown(run.user_name)
        raise PersonError(f"Run {run_id} is {name}'s, who does not share it. Name one of your own.")
    if run.state != RunState.SUCCEEDED:
        raise PersonError(f"Run {run_id} has no model: it is {run.state}. Name a run that came to a good end.")
    if not await runs.kept_model(session, run_id):
        raise PersonError(f"Run {run_id} kept no model file. Train it again, and name the new run.")
    return TrainedModel(run.id, run.project, run.dataset, b"")
