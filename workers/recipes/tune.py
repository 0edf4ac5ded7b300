"""A search for good hyperparameters: many short trainings, each setting chosen in the light of those before.

What it teaches: a few settings matter and most do not; a sampler that learns (TPE: Bergstra et al. 2011, "Algorithms
for Hyper-Parameter Optimization", section 4) finds them with fewer trials than a grid; a trial that is behind the
others half-way is not worth finishing (median pruning: Golovin et al. 2017, "Google Vizier", section 3.2.2); and a
winner picked on the validation data is believed only after a fresh comparison on test data over several seeds, with
its confidence interval.

What to expect on two CPU cores: scikit-learn's digits, `quick`: about 30 trials in under a minute.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import optuna
import torch
import torch.nn.functional as F  # noqa: N812 the name that every PyTorch reader knows
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, Trial, TrialState
from torch import Tensor

from workers.messages import OptionValue, StudyPlace
from workers.recipes import cnn
from workers.recipes.augment import Augmenter, epoch_order
from workers.recipes.device import half_precision
from workers.recipes.handle import Result, Run, StopAskedError, TrainingError
from workers.recipes.pictures import PictureSet
from workers.recipes.state import pack
from workers.recipes.summary import metrics_json
from workers.recipes.tune_report import Contest, report

SPACE: Mapping[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(5e-4, 0.1, log=True),
    "batch_size": CategoricalDistribution((32, 64, 128, 256)),
    "weight_decay": FloatDistribution(1e-3, 0.5, log=True),
    "width": CategoricalDistribution((8, 16, 32)),
    "depth": CategoricalDistribution((1, 2)),
    "normalisation": CategoricalDistribution(("none", "batch")),
    "pooling": CategoricalDistribution(("max", "flatten")),
    "dropout": FloatDistribution(0.0, 0.5),
    "label_smoothing": FloatDistribution(0.0, 0.2),
}
"""What is searched; the rest of the network and its training is the default's."""
DEFAULT = cnn.Config(
    epochs=1,
    learning_rate=0.005,
    batch_size=128,
    optimiser="adamw",
    schedule="one_cycle",
    weight_decay=0.1,
    label_smoothing=0.0,
    width=16,
    depth=1,
    activation="relu",
    normalisation="none",
    pooling="flatten",
    dropout=0.0,
    shift=0,
    warp=0.0,
    mirror="off",
    erase=0,
    average="off",
    views=1,
)
"""What `/run cnn` trains by default: the setting to beat, and the first trial."""
JUDGED = 4000
"""Training pictures on which trials are judged beside the validation part, where they are left over."""
FINAL_SHARE = 0.6
"""The most of the time that the comparison at the end may take."""
STARTUP_TRIALS = 6
"""Trials before the sampler and the pruner trust what they have seen."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; bounds are in the catalogue."""

    minutes: int
    trials: int
    epochs: int
    pictures: int
    final_epochs: int
    seeds: int
    workers: int

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job."""
        return cls(**{field.name: int(options[field.name]) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Judged:
    """Pictures that no trial learns from, and their classes."""

    pictures: Tensor
    labels: Tensor


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training: its network, and its accuracy on what it was judged on after each epoch."""

    net: cnn.Net
    accuracies: tuple[float, ...]


def train(run: Run) -> Result:  # noqa: C901, PLR0915 one algorithm in reading order: the loop is the lesson
    """Searches, compares the best with the default, and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)
    device = run.device

    # --- data: the trials see a part of it, the comparison all ---
    with run.timed("load"):
        data = cnn.load(run).to(device)
    order = epoch_order(0, 0, len(data.train_y)).to(device)  # the same for all workers and all trials
    part, rest = order[: config.pictures], order[config.pictures :][:JUDGED]
    # What no trial learns from makes the verdict on it finer: 143 validation digits know 144 accuracies.
    judged = Judged(
        torch.cat([data.validation_x, data.train_x[rest]]), torch.cat([data.validation_y, data.train_y[rest]])
    )
    if math.prod(data.size) < cnn.SMALL:
        torch.set_num_threads(1)

    # --- the study: what has been tried is kept where other workers and a later attempt find it ---
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = open_study(run)
    assisting = run.job.study is not None and run.job.study.assisting
    if not assisting and "began" not in study.user_attrs:
        study.set_user_attr("began", time.time())
        study.enqueue_trial({name: getattr(DEFAULT, name) for name in SPACE})
    began = _awaited(study, "began")
    ends = began + 60 * config.minutes
    step, total = 0, 60 * config.minutes

    # --- the search ---
    run.stage("Searching")
    with run.timed("train"):
        while ended(study) < config.trials and time.time() < ends - final_seconds(study, config, data):
            trial = study.ask(dict(SPACE))
            chosen = replace(DEFAULT, epochs=config.epochs, **trial.params)
            started = time.perf_counter()

            def judge(epoch: int, accuracy: float, trial: Trial = trial) -> bool:
                """Notes a trial's accuracy; whether it is worth going on with."""
                trial.report(accuracy, epoch)
                return not trial.should_prune()

            try:
                done = trained(run, chosen, data, part, run.job.seed, judged=judged, judge=judge)
            except StopAskedError:
                study.tell(trial, state=TrialState.FAIL)
                raise
            except FloatingPointError:
                study.tell(trial, state=TrialState.FAIL)  # a setting that diverges is a bad one, and no more
                continue
            trial.set_user_attr("seconds", time.perf_counter() - started)
            if len(done.accuracies) < config.epochs:
                study.tell(trial, state=TrialState.PRUNED)
            else:
                study.tell(trial, done.accuracies[-1])
            step = min(total - 1, max(step + 1, round(time.time() - began)))
            if not assisting:
                _say(run, study, step, total)
        if assisting:
            return Result({}, data.title, report=report(run, study, data.title, None))

        if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            raise TrainingError(
                f"Not one of {ended(study)} settings came to its end: the time was up, or they all diverged.",
                "Give it more minutes, or fewer pictures for each trial.",
                cause="diverged",
            )

        # --- the comparison: fresh seeds, all the data, and the test part for the first and only time ---
        contest, best = compare(run, study, config, data, ends)
        _say(run, study, total, total)

    metrics = {
        "test_accuracy": contest.mean_best,
        "default_accuracy": contest.mean_default,
        "gain": contest.gain,
        "gain_interval": contest.half_width,
        "trials": float(counted(study)),
        "pruned": float(len(study.get_trials(deepcopy=False, states=(TrialState.PRUNED,)))),
    }
    run.stage("Drawing the result")
    shown = report(run, study, data.title, contest)
    model: dict[str, Any] = {
        "recipe": "cnn",
        "format": 2,
        "shape": asdict(best.net.shape),
        "classes": data.classes,
        "views": 1,
        "mirror": False,
        "weights": {name: tensor.cpu() for name, tensor in best.net.state_dict().items()},
    }
    run.artifact("model.pt", pack(model))
    run.artifact(
        "metrics.json",
        metrics_json(
            run,
            data.title,
            metrics,
            best=study.best_params,
            trials=[_plain(trial) for trial in study.get_trials(deepcopy=False)],
            contest=asdict(contest),
        ),
    )
    return Result(metrics=metrics, dataset=data.title, report=shown)


def trained(
    run: Run,
    config: cnn.Config,
    data: PictureSet,
    part: Tensor,
    seed: int,
    *,
    judged: Judged | None = None,
    judge: Callable[[int, float], bool] | None = None,
) -> Trained:
    """One training of the network of `/run cnn`.

    Args:
        run: Asked between steps whether to stop.
        config: The setting.
        data: Whole.
        part: Indices of the training pictures to use, ``int64[N]``.
        seed: Of the weights and the order.
        judged: What the network is judged on after each epoch; none by default.
        judge: Takes the epoch (from 1) and the accuracy; whether to go on.

    Raises:
        FloatingPointError: The loss is no longer a number.
        StopAskedError: The run was asked to stop.
    """
    mean, deviation = data.mean_and_deviation()
    height, breadth = data.size
    torch.manual_seed(seed)
    shape = cnn.Shape(
        config.width,
        config.pooling,
        height,
        breadth,
        len(data.classes),
        mean,
        deviation,
        data.channels,
        config.depth,
        config.activation,
        config.normalisation,
        config.dropout,
    )
    net = cnn.Net(shape).to(run.device)
    net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] torch's stub lacks the argument
    batches = -(-len(part) // config.batch_size)
    optimiser = cnn.optimiser_of(net, config)
    schedule = cnn.schedule_of(optimiser, config, batches * config.epochs)
    pictures_of = Augmenter(data.train_x, config.augmentation, seed, hidden=mean)
    accuracies: list[float] = []
    loss = torch.zeros(())
    for epoch in range(config.epochs):
        order = part[epoch_order(seed, epoch, len(part)).to(part.device)]
        net.train()
        for place, chosen in enumerate(order.split(config.batch_size)):
            with half_precision(run.device):
                scores = net(pictures_of.batch(chosen, epoch * batches + place, epoch))
            loss = F.cross_entropy(scores.float(), data.train_y[chosen], label_smoothing=config.label_smoothing)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            run.stop_if_asked()
        if not math.isfinite(float(loss.detach())):
            raise FloatingPointError(f"loss {float(loss.detach())}")
        if judged is None:
            continue
        scores = cnn.scores_of(net, judged.pictures, run.device)
        accuracies.append(float((scores.argmax(1) == judged.labels).float().mean()))
        if judge is not None and not judge(epoch + 1, accuracies[-1]):
            break
    return Trained(net, tuple(accuracies))


def compare(run: Run, study: optuna.Study, config: Config, data: PictureSet, ends: float) -> tuple[Contest, Trained]:
    """Trains best and default with the same fresh seeds on all training data, and tests both.

    What is done already is read from the study, so that a later attempt of the run does not repeat it. When the time
    is short, fewer epochs are trained, the same for both.
    """
    whole = torch.arange(len(data.train_y), device=data.train_y.device)
    best = replace(DEFAULT, **study.best_params)
    per_epoch = seconds_per_picture(study, config, data) * len(whole) * 2 * config.seeds
    left = max(1.0, ends - time.time())
    epochs = study.user_attrs.get("final_epochs") or max(1, min(config.final_epochs, int(left / per_epoch)))
    study.set_user_attr("final_epochs", epochs)
    kept: Trained | None = None
    tested: dict[str, list[float]] = {"best": [], "default": []}
    for number in range(config.seeds):
        for name, setting in (("best", best), ("default", DEFAULT)):
            run.stage(f"Comparing {name} and default, seed {number + 1} of {config.seeds}")
            known = study.user_attrs.get(f"final {name} {number}")
            if known is None or (name == "best" and kept is None):
                seed = run.job.seed + 1 + number  # not the one that the search has seen
                done = trained(run, replace(setting, epochs=epochs), data, whole, seed)
                scores = cnn.scores_of(done.net, data.test_x, run.device)
                known = float((scores.argmax(1) == data.test_y).float().mean())
                study.set_user_attr(f"final {name} {number}", known)
                kept = done if name == "best" and kept is None else kept
            tested[name].append(float(known))
    if kept is None:
        raise ValueError(config.seeds)
    return Contest(tuple(tested["best"]), tuple(tested["default"]), epochs, config.final_epochs), kept


def open_study(run: Run) -> optuna.Study:
    """The study of the run: in the database where there is one, else in memory."""
    storage: optuna.storages.BaseStorage | None = None
    name = "here"
    if (place := run.job.study) is not None:
        storage, name = storage_at(place), place.name
    assistant = int(place is not None and place.assisting)
    # Two workers with the same random numbers would ask for the same settings.
    sampler = optuna.samplers.TPESampler(
        seed=(run.job.seed + assistant * int(time.time() * 1000)) % 2**32,
        n_startup_trials=STARTUP_TRIALS,
        multivariate=True,
        constant_liar=True,
    )
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=1)
    return optuna.create_study(
        storage=storage,
        sampler=sampler,
        pruner=pruner,
        study_name=name,
        direction="maximize",
        load_if_exists=True,
    )


def storage_at(place: StudyPlace) -> optuna.storages.RDBStorage:
    """Optuna's tables, in a schema of their own beside ours."""
    return optuna.storages.RDBStorage(
        place.url,
        engine_kwargs={"pool_size": 2, "connect_args": {"options": "-c search_path=optuna"}},
    )


def counted(study: optuna.Study) -> int:
    """Trials that were carried out, to their end or until they were pruned."""
    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def ended(study: optuna.Study) -> int:
    """Trials that are over, the ones that diverged among them."""
    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)))


def seconds_per_picture(study: optuna.Study, config: Config, data: PictureSet) -> float:
    """Seconds that a training picture costs in one epoch of a typical good setting; 0 before the first trial."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not done:
        return 0.0
    pictures = min(config.pictures, len(data.train_y)) * config.epochs
    best = max(done, key=lambda trial: trial.value or 0.0)
    costs = [float(trial.user_attrs.get("seconds", 0.0)) for trial in (best, done[0])]
    return sum(costs) / len(costs) / pictures


def final_seconds(study: optuna.Study, config: Config, data: PictureSet) -> float:
    """The time to keep for the comparison at the end."""
    per_epoch = seconds_per_picture(study, config, data) * len(data.train_y) * 2 * config.seeds
    return min(per_epoch * config.final_epochs * 1.1, FINAL_SHARE * 60 * config.minutes)


def _awaited(study: optuna.Study, name: str) -> float:
    """An attribute that the worker which leads the search writes first thing."""
    for _ in range(200):
        if (value := study.user_attrs.get(name)) is not None:
            return float(value)
        time.sleep(0.1)
    raise TimeoutError(name)


def _say(run: Run, study: optuna.Study, step: int, total: int) -> None:
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    pruned = len(study.get_trials(deepcopy=False, states=(TrialState.PRUNED,)))
    best = max((trial.value or 0.0 for trial in done), default=0.0)
    run.log(step, total, always=True, best=best, trials=len(done) + pruned, pruned=pruned)
    run.point(float(len(done) + pruned), validation_accuracy=best)


def _plain(trial: FrozenTrial) -> dict[str, Any]:
    return {"state": trial.state.name, "value": trial.value, "params": trial.params, **trial.user_attrs}
