"""The search finds, prunes, compares honestly, and goes on where another worker was."""

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from PIL import Image
from scipy import stats

from db.engine import Database
from lessons.errors import PersonError
from tests.runs import ask_for, sql, take
from workers.assist import Assistant, study_of
from workers.catalogue import resolve
from workers.messages import Artifact, Failed, Finished, StudyPlace, TrainerMessage, TrainingJob
from workers.recipes import cnn, tune
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources
from workers.recipes.tune_report import Contest

SMALL = {"trials": 8, "epochs": 2, "pictures": 300, "final_epochs": 2, "seeds": 2, "workers": 1}
JOB = resolve("tune", dataset="digits", seed=4, options=SMALL)


def run(job: TrainingJob, stop: Callable[[], bool] = lambda: False) -> tuple[Finished | Failed, dict[str, bytes]]:
    sent: list[TrainerMessage] = []
    sources = DataSources(cache=Path("/nonexistent"), allow_downloads=False)
    outcome = execute(job, sources, sent.append, stop, checkpoint_every=None)
    return outcome, {message.name: message.data for message in sent if isinstance(message, Artifact)}


@pytest.fixture(scope="module")
def finished() -> tuple[Finished, dict[str, bytes]]:
    outcome, files = run(JOB)
    assert isinstance(outcome, Finished), outcome
    return outcome, files


def test_the_best_setting_is_compared_with_the_default_on_test_data(
    finished: tuple[Finished, dict[str, bytes]],
) -> None:
    outcome, files = finished
    assert outcome.metrics["trials"] == 8
    assert 0.3 < outcome.metrics["default_accuracy"] <= 1
    assert outcome.metrics["gain"] == pytest.approx(
        outcome.metrics["test_accuracy"] - outcome.metrics["default_accuracy"]
    )
    assert "95 % confidence" in repr(outcome.report)
    best = [value for _, value in outcome.curves["validation_accuracy"]]
    assert best == sorted(best)
    for name in ("search.png", "parallel.png", "contest.png"):
        assert Image.open(io.BytesIO(files[name])).width == 1080
    net, classes = cnn.load_model(files["model.pt"])
    assert len(classes) == 10
    assert net.shape.height == 8


def test_the_same_seed_finds_the_same(finished: tuple[Finished, dict[str, bytes]]) -> None:
    again, _ = run(JOB)
    assert isinstance(again, Finished)
    assert again.metrics == finished[0].metrics


def test_a_setting_that_diverges_is_a_failed_trial_and_not_a_failed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    wild = {**tune.SPACE, "learning_rate": FloatDistribution(1e20, 1e30, log=True)}
    monkeypatch.setattr(tune, "SPACE", wild)
    monkeypatch.setattr(tune, "DEFAULT", replace(tune.DEFAULT, learning_rate=1e25))
    outcome, _ = run(replace(JOB, options={**JOB.options, "trials": 2, "minutes": 1}))
    assert isinstance(outcome, Failed)
    assert outcome.cause == "diverged"
    assert "Not one of 2 settings" in outcome.sentence


def test_a_cancelled_search_stops_between_two_steps() -> None:
    began = time.monotonic()
    outcome, _ = run(JOB, lambda: time.monotonic() - began > 0.5)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"


def test_the_confidence_interval_is_that_of_students_t() -> None:
    contest = Contest((0.95, 0.96, 0.94, 0.97), (0.94, 0.94, 0.94, 0.94), 3, 3)
    differences = [0.01, 0.02, 0.0, 0.03]
    interval = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert contest.gain == pytest.approx(0.015)
    assert (contest.gain - contest.half_width, contest.gain + contest.half_width) == pytest.approx(
        (interval.low, interval.high)
    )


@pytest.mark.parametrize(("name", "value"), [("minutes", 0), ("trials", 1), ("seeds", 11), ("workers", 9)])
def test_options_beyond_their_bounds_are_refused(name: str, value: int) -> None:
    with pytest.raises(PersonError, match=name):
        resolve("tune", options={name: value})


def test_two_workers_search_one_study_in_our_database(database_url: str) -> None:
    place = StudyPlace(database_url, "run-1")
    outcome, _ = run(replace(JOB, options={**JOB.options, "trials": 6}, study=place))
    assert isinstance(outcome, Finished), outcome
    study = optuna.load_study(study_name="run-1", storage=tune.storage_at(place))
    carried_out = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    assert len(carried_out) == 6

    helped, files = run(replace(JOB, options={**JOB.options, "trials": 8}, study=replace(place, assisting=True)))
    assert isinstance(helped, Finished), helped
    assert files == {}, "an assistant leaves its trials in the study and nothing else"
    study = optuna.load_study(study_name="run-1", storage=tune.storage_at(place))
    assert len(study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))) == 8

    later, _ = run(replace(JOB, options={**JOB.options, "trials": 8}, study=place))
    assert isinstance(later, Finished), "another attempt goes on with what is there"
    assert later.metrics["trials"] == 8
    assert later.metrics["default_accuracy"] == outcome.metrics["default_accuracy"]


async def test_an_assistant_that_comes_too_late_does_nothing(database: Database) -> None:
    waiting = await ask_for(database)
    assistant = Assistant(database, None, None)  # pyright: ignore[reportArgumentType] it must not get as far
    assert await assistant.carry(waiting.id) is False
    assert await assistant.carry(999) is False


async def test_help_is_wanted_only_while_nobodys_own_run_waits(database: Database) -> None:
    searching = await ask_for(database)
    await take(database, searching.id)
    assistant = Assistant(database, None, None)  # pyright: ignore[reportArgumentType]
    assert await assistant._wanted(searching.id)
    waiting = await ask_for(database)
    assert not await assistant._wanted(searching.id)
    await sql(database, "update runs set state = 'cancelled' where id = :id", id=waiting.id)
    assert await assistant._wanted(searching.id)
    await sql(database, "update runs set cancel_requested_at = now() where id = :id", id=searching.id)
    assert not await assistant._wanted(searching.id)


def test_the_study_of_a_run_has_its_number() -> None:
    class SomeRun:
        id = 17

    assert study_of(SomeRun(), "postgresql://x", assisting=True).name == "run-17"  # pyright: ignore[reportArgumentType]
