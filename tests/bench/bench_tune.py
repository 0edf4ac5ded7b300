"""The search of `/run tune` beside a random search without pruning, with the same time for each.

    python -m tests.bench.bench_tune [--dataset digits] [--minutes 1] [--seeds 3]

Random search (Bergstra and Bengio 2012) is what the public tutorials do by hand. Both search the same space and judge
on the same pictures; each one's best setting is then trained with fresh seeds on all training pictures and tested.
"""

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

import optuna
import torch
from optuna.trial import TrialState

from tests.bench.bench_mnist import DATA
from tests.bench.machine import machine
from workers.catalogue import resolve
from workers.messages import Finished, TrainingJob
from workers.recipes import cnn, tune
from workers.recipes.augment import epoch_order
from workers.recipes.handle import Run
from workers.recipes.runner import execute
from workers.recipes.sources import DataSources


def random_search(job: TrainingJob, sources: DataSources, seconds: float) -> tuple[int, tuple[float, ...]]:
    """Trials carried out, and the best one's test accuracies over fresh seeds."""
    config = tune.Config.of(job.options)
    run = Run(job, sources, "cpu", lambda _: None, lambda: False)
    data = cnn.load(run)
    order = epoch_order(0, 0, len(data.train_y))
    rest = order[config.pictures :][: tune.JUDGED]
    judged = tune.Judged(
        torch.cat([data.validation_x, data.train_x[rest]]), torch.cat([data.validation_y, data.train_y[rest]])
    )
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=job.seed), direction="maximize")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        trial = study.ask(dict(tune.SPACE))
        setting = replace(tune.DEFAULT, epochs=config.epochs, **trial.params)
        try:
            done = tune.trained(run, setting, data, order[: config.pictures], job.seed, judged=judged)
            study.tell(trial, done.accuracies[-1])
        except FloatingPointError:
            study.tell(trial, state=TrialState.FAIL)
    best = replace(tune.DEFAULT, epochs=config.final_epochs, **study.best_params)
    whole = torch.arange(len(data.train_y))
    tested: list[float] = []
    for number in range(config.seeds):
        net = tune.trained(run, best, data, whole, job.seed + 1 + number).net
        scores = cnn.scores_of(net, data.test_x, "cpu")
        tested.append(float((scores.argmax(1) == data.test_y).float().mean()))
    return len(study.trials), tuple(tested)


def main(arguments: list[str] | None = None) -> None:
    """Runs both and prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seeds", type=int, default=3)
    wish = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sources = DataSources(cache=Path("/tmp/waypoint-bench"), folder=DATA)  # noqa: S108 a cache
    ours: list[float] = []
    theirs: list[float] = []
    default: list[float] = []
    trials: list[int] = []
    seconds: list[float] = []
    for seed in range(1, wish.seeds + 1):
        job = resolve("tune", dataset=wish.dataset, preset=wish.preset, seed=seed)
        outcome = execute(job, sources, lambda _: None, lambda: False, checkpoint_every=None)
        assert isinstance(outcome, Finished), outcome
        ours.append(outcome.metrics["test_accuracy"])
        default.append(outcome.metrics["default_accuracy"])
        seconds.append(outcome.seconds.train)
        carried_out, tested = random_search(job, sources, outcome.seconds.train * 0.8)
        trials.append(carried_out)
        theirs.append(statistics.mean(tested))
    print(f"| {wish.dataset}, {wish.preset}, {wish.seeds} searches | test accuracy of the best | seconds |")
    print("|---|---|---|")
    for name, values, took in (
        ("`/run tune`", ours, f"{statistics.mean(seconds):.0f}"),
        (f"random search, {statistics.mean(trials):.0f} trials", theirs, "the same"),
    ):
        print(f"| {name} | {statistics.mean(values):.2%} ({min(values):.2%}–{max(values):.2%}) | {took} |")
    print(f"| the default | {statistics.mean(default):.2%} | – |")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
