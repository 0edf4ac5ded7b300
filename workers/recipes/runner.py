"""Runs one job's recipe in this process: every way it can end becomes one `Finished` or `Failed`."""

import errno
import importlib
import importlib.metadata
import platform
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, cast

import torch

from lessons.errors import PersonError
from workers.messages import Failed, Fallback, Finished, Outcome, Seconds, TrainerMessage, TrainingJob
from workers.recipes import device
from workers.recipes.handle import DatasetMissingError, Result, Run, StopAskedError, TrainingError
from workers.recipes.sources import DataSources
from workers.report import Text

RECIPES = "workers.recipes"
SMALLER = "Try a smaller batch_size or width."


class Recipe(Protocol):
    """What a recipe module offers."""

    def train(self, run: Run) -> Result:
        """Trains, tests and reports."""
        ...


def execute(
    job: TrainingJob,
    sources: DataSources,
    send: Callable[[TrainerMessage], None],
    stop_asked: Callable[[], bool],
    *,
    recipes: str = RECIPES,
    checkpoint_every: float | None = 5.0,
    started: float | None = None,
    guard: int | None = None,
) -> Outcome:
    """Trains a job. `send` gets every message but the last, which is returned.

    Args:
        job: What to train; `workers.catalogue.resolve` makes it.
        sources: Where data sets come from.
        send: Takes messages as they come.
        stop_asked: Whether to end at the next step.
        recipes: The package whose module ``job.project`` is the recipe.
        checkpoint_every: Seconds between checkpoints; None for none.
        guard: The process that a server left behind ends with; this one by default.
        started: When the run began, by ``time.perf_counter``; now by default.
    """
    started = time.perf_counter() if started is None else started
    on = device.prepare()
    run = Run(job, sources, on, send, stop_asked, checkpoint_every=checkpoint_every, guard=guard)
    instead: Fallback | None = None
    try:
        recipe = cast("Recipe", importlib.import_module(f"{recipes}.{job.project}"))
        try:
            result = recipe.train(run)
        except DatasetMissingError as missing:
            if (instead := job.fallback) is None:
                raise
            second = replace(job, dataset=instead.dataset, options=instead.options, fallback=None)
            run = Run(second, sources, on, send, stop_asked, checkpoint_every=checkpoint_every, guard=guard)
            result = _said_instead(recipe.train(run), job.dataset, missing)
    except StopAskedError:
        return Failed(f"The run was stopped{_where(run)}.", "Start it again whenever you like.", cause="stopped")
    except TrainingError as error:
        return Failed(error.sentence, error.advice, cause=error.cause)
    except PersonError as error:
        return Failed(error.sentence, "", cause="person")
    except Exception as error:  # noqa: BLE001 whatever a recipe raises, its member gets a sentence and the log the rest
        return _failure(error, run)
    seconds = run.seconds
    return Finished(
        metrics=result.metrics,
        dataset=result.dataset,
        seconds=Seconds(
            load=seconds.get("load", 0.0), train=seconds.get("train", 0.0), total=time.perf_counter() - started
        ),
        device=device.describe(on),
        versions=versions(),
        report=result.report,
        curves=run.curves,
        instead=instead,
        facts=result.facts,
    )


def _said_instead(result: Result, wanted: str, missing: DatasetMissingError) -> Result:
    """The result, with a title that says what it was not trained on, and why at its end."""
    report = result.report
    told = replace(
        report,
        headline=f"{report.headline} ({wanted} was not to be had)",
        parts=(*report.parts, Text(f"Trained on built-in data: {missing.sentence}")),
    )
    return replace(result, report=told)


def versions() -> dict[str, str]:
    """What the figures of a run depend on."""
    named = {"python": platform.python_version(), "torch": torch.__version__}
    for package in ("scikit-learn", "waypoint-tutor"):
        try:
            named[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # run from a checkout that was not installed
    return named


def _where(run: Run) -> str:
    return f" after step {run.last.step:,} of {run.last.total:,}" if run.last else ""


def _failure(error: Exception, run: Run) -> Failed:
    detail = "".join(traceback.format_exception(error))
    where = _where(run)
    match error:
        case torch.OutOfMemoryError():
            return Failed(f"The GPU ran out of memory{where}.", SMALLER, detail, "memory")
        case MemoryError():
            return Failed(f"The worker ran out of memory{where}.", SMALLER, detail, "memory")
        case RuntimeError() if "can't allocate memory" in str(error):  # torch's own allocator on the CPU
            return Failed(f"The worker ran out of memory{where}.", SMALLER, detail, "memory")
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return Failed(
                "The worker's disk is full.",
                "Ask the operator of this bot to make room, then run again.",
                detail,
                "disk",
            )
        case _:
            return Failed(
                f"The training program broke{where}: {type(error).__name__}.",
                "This is not your fault; the log has the details. Other options may get around it.",
                detail,
                "bug",
            )
