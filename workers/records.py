"""Runs and questions as the database keeps them, and back: the JSON columns hold exactly these types."""

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from db.tables import Run
from lessons.questions.run_facts import RunFacts
from workers.messages import (
    Failed,
    Fallback,
    Finished,
    OptionValue,
    Progress,
    Stage,
    StudyPlace,
    TrainedModel,
    TrainingJob,
    Upload,
)
from workers.report import Report
from workers.using import Refused, Wish


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Stopped because a person asked for it."""

    by: str
    step: int | None = None
    """How far it had come, `None` if it had not started."""


RunOutcome: TypeAlias = Finished | Failed | Cancelled
LiveProgress: TypeAlias = Stage | Progress

_OUTCOMES: dict[str, TypeAdapter[Any]] = {
    "finished": TypeAdapter(Finished),
    "failed": TypeAdapter(Failed),
    "cancelled": TypeAdapter(Cancelled),
}
_WISH: TypeAdapter[Wish] = TypeAdapter(Wish)
_ANSWERS: dict[str, TypeAdapter[Any]] = {"report": TypeAdapter(Report), "refused": TypeAdapter(Refused)}
_PROGRESS: dict[str, TypeAdapter[Any]] = {"stage": TypeAdapter(Stage), "step": TypeAdapter(Progress)}


def _dump(kind: str, adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    return {"kind": kind, **adapter.dump_python(value, mode="json")}


def _load(adapters: dict[str, TypeAdapter[Any]], data: dict[str, Any] | None) -> Any:  # noqa: ANN401 - one of the adapters' types
    if data is None:
        return None
    fields = dict(data)
    return adapters[fields.pop("kind")].validate_python(fields)


def dump_outcome(outcome: RunOutcome) -> dict[str, Any]:
    """For the column `runs.outcome`."""
    match outcome:
        case Finished():
            kept = replace(outcome, metrics=finite(outcome.metrics))
            return _dump("finished", _OUTCOMES["finished"], kept)
        case Failed():
            return _dump("failed", _OUTCOMES["failed"], outcome)
        case Cancelled():
            return _dump("cancelled", _OUTCOMES["cancelled"], outcome)


def load_outcome(run: Run) -> RunOutcome | None:
    """How the run ended; `None` while it has not."""
    return _load(_OUTCOMES, run.outcome)


def facts_of(run: Run) -> RunFacts | None:
    """What questions can be made of; `None` for a run that has not succeeded, or whose project tells no facts."""
    outcome = load_outcome(run)
    if not isinstance(outcome, Finished) or outcome.facts is None:
        return None
    return replace(outcome.facts, curves=outcome.curves)


def dump_progress(progress: LiveProgress) -> dict[str, Any]:
    """For the column `runs.progress`."""
    match progress:
        case Stage():
            return _dump("stage", _PROGRESS["stage"], progress)
        case Progress():
            return _dump("step", _PROGRESS["step"], replace(progress, metrics=finite(progress.metrics)))


def load_progress(run: Run) -> LiveProgress | None:
    """The run's latest sign of progress; `None` before the first."""
    return _load(_PROGRESS, run.progress)


def dump_wish(wish: Wish) -> dict[str, Any]:
    """For the column `model_asks.wish`; the picture has a column of its own."""
    return _WISH.dump_python(replace(wish, picture=None), mode="json", exclude_defaults=True)


def load_wish(data: dict[str, Any], picture: bytes | None) -> Wish:
    """The question that was asked."""
    return replace(_WISH.validate_python(data), picture=picture)


def dump_answer(said: Report | Refused) -> dict[str, Any]:
    """For the column `model_asks.answer`."""
    match said:
        case Report():
            return _dump("report", _ANSWERS["report"], said)
        case Refused():
            return _dump("refused", _ANSWERS["refused"], said)


def load_answer(data: dict[str, Any] | None) -> Report | Refused | None:
    """What the model said; `None` while it has not."""
    return _load(_ANSWERS, data)


def finite(metrics: dict[str, float]) -> dict[str, float]:
    """Without NaN and infinities, which JSON cannot hold."""
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def training_job(
    run: Run,
    *,
    checkpoint: bytes | None = None,
    upload: Upload | None = None,
    model: TrainedModel | None = None,
    study: StudyPlace | None = None,
) -> TrainingJob:
    """What the trainer has to do for this run."""
    options: dict[str, OptionValue] = dict(run.options)
    return TrainingJob(
        project=run.project,
        preset=run.preset,
        dataset=run.dataset,
        seed=run.seed,
        options=options,
        checkpoint=checkpoint,
        fallback=Fallback(**run.fallback) if run.fallback else None,
        upload=upload,
        model=model,
        study=study,
    )
