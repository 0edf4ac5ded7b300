"""`waypoint train`: one run in this process, without any chat or database."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psutil
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar
from rich.table import Table as RichTable

from lessons.errors import PersonError
from workers.catalogue import Project, resolve
from workers.catalogue import project as find_project
from workers.messages import (
    Artifact,
    Failed,
    Finished,
    Outcome,
    Progress,
    Sample,
    Serving,
    Stage,
    TrainedModel,
    TrainerMessage,
    TrainingJob,
    Upload,
)
from workers.recipes.sources import DataSources
from workers.recipes.threads import wait_politely
from workers.report import Table, Text
from workers.settings import WorkerSettings

OK, FAILED, WRONG_WISH, INTERRUPTED = 0, 1, 2, 130


def train(
    project: str,
    *,
    dataset: str | None = None,
    preset: str | None = None,
    seed: int | None = None,
    options: Sequence[str] | Mapping[str, str] = (),
    as_json: bool = False,
    out: Path | None = None,
    file: Path | None = None,
    model: Path | None = None,
    settings: WorkerSettings | None = None,
) -> int:
    """Trains and shows the result; progress goes to stderr, the result to stdout.

    Args:
        project: A project id of the catalogue.
        dataset: A data set of the project; its default by default.
        preset: ``quick``, ``standard`` or ``best``; the project's default by default.
        seed: Drawn by default.
        options: ``name=value`` each, or a mapping of names to text.
        as_json: Ends stdout with one line, a JSON object.
        out: Folder for the artifacts; by default a new one under ``waypoint-runs``.
        file: Own data, for the data set ``own``.
        model: The ``model.pt`` of an earlier training, its ``metrics.json`` beside it.
        settings: From the environment by default.

    Returns:
        The exit code: 0 for a finished run, 1 for a failed one, 2 for a wish that cannot be fulfilled, 130 for Ctrl-C.
    """
    started = time.perf_counter()
    screen = Console(stderr=True)
    try:
        chosen = find_project(project)
        job = resolve(
            project,
            dataset=dataset,
            preset=preset,
            seed=seed,
            options=_parsed(chosen, options),
            upload=_upload(file) if file else None,
            model=_model(model) if model else None,
        )
        folder = _folder(out, job)
        outcome, paths, serving = _carried_out(chosen, job, folder, screen, settings or WorkerSettings(), started)
    except PersonError as error:
        screen.print(str(error), style="red", markup=False, highlight=False)
        return WRONG_WISH
    code = _told(job, outcome, paths, folder, screen, as_json=as_json)
    if serving is not None:
        _look_after(serving, screen, wait=not as_json and isinstance(outcome, Finished))
    return code


def _carried_out(
    chosen: Project, job: TrainingJob, folder: Path, screen: Console, settings: WorkerSettings, started: float
) -> tuple[Outcome, dict[str, str], Serving | None]:
    """The outcome, the paths of the artifacts by name, and a server that was left behind.

    Raises:
        PersonError: torch is missing.
    """
    wait_politely(os.environ)
    paths: dict[str, str] = {}
    serving: Serving | None = None
    with _Bar(chosen, screen) as bar, _interruptible() as interrupted:
        bar.say("Starting")
        try:
            from workers.recipes.runner import execute  # noqa: PLC0415 only this command pays for torch
        except ModuleNotFoundError as missing:
            raise PersonError(
                f"Training needs {missing.name}. Install it with: pip install 'waypoint-tutor[worker]'"
            ) from missing

        def send(message: TrainerMessage) -> None:
            nonlocal serving
            match message:
                case Artifact(name=name, data=data):
                    paths[name] = _written(folder, name, data)
                case Sample(step=step, picture=bytes() as picture):
                    kind = "gif" if picture.startswith(b"GIF8") else "png"
                    _written(folder, f"sample-{step}.{kind}", picture)
                case Sample(step=step, text=text):
                    _written(folder, f"sample-{step}.txt", (text or "").encode())
                case Serving():
                    serving = message
                case _:
                    bar.show(message)

        sources = DataSources.from_settings(settings)
        try:
            outcome = execute(job, sources, send, interrupted.is_set, checkpoint_every=None, started=started)
        except KeyboardInterrupt:  # the second one
            outcome = Failed("The run was stopped.", "", cause="stopped")
        return outcome, paths, serving


def _look_after(serving: Serving, screen: Console, *, wait: bool) -> None:
    """Keeps a deployed model up until Ctrl-C or the end of its time; with `wait` false ends it at once."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(serving.pid)
        if wait:
            screen.print(f"Serving at {serving.address}/#{serving.key}", markup=False, highlight=False, soft_wrap=True)
            screen.print(f"until {serving.expires_at.astimezone():%H:%M}. Ctrl-C ends it.", highlight=False)
            with suppress(KeyboardInterrupt):
                process.send_signal(signal.SIGUSR1)
                process.wait()
        process.terminate()


def _told(
    job: TrainingJob, outcome: Outcome, paths: Mapping[str, str], folder: Path, screen: Console, *, as_json: bool
) -> int:
    match outcome:
        case Failed(cause="stopped"):
            screen.print("Stopped. Nothing is left running.", highlight=False)
            return INTERRUPTED
        case Failed(sentence=sentence, advice=advice, detail=detail, cause=cause):
            if detail:
                screen.print(detail, style="dim", markup=False, highlight=False)
            screen.print(f"{sentence} {advice}".strip(), style="red", markup=False, highlight=False)
            return WRONG_WISH if cause == "person" else FAILED
        case Finished():
            _show(outcome, folder, Console(stderr=as_json))
            if as_json:
                sys.stdout.write(json.dumps(_summary(job, outcome, paths)) + "\n")
            return OK


def _parsed(chosen: Project, options: Sequence[str] | Mapping[str, str]) -> dict[str, Any]:
    if isinstance(options, Mapping):
        pairs = list(options.items())
    else:
        pairs = [(name, value) for name, equals, value in (text.partition("=") for text in options) if equals]
        if len(pairs) < len(options):
            wrong = next(text for text in options if "=" not in text)
            raise PersonError(f"An option is given as name=value; you gave “{wrong}”.")
    return {name: chosen.option(name).parse(value) for name, value in pairs}


def _upload(path: Path) -> Upload:
    try:
        return Upload(path.name, path.read_bytes())
    except OSError as error:
        raise PersonError(f"{path} cannot be read: {error.strerror}.") from error


def _model(path: Path) -> TrainedModel:
    """The model at a path; what it was trained as stands in the ``metrics.json`` beside it."""
    try:
        about = json.loads(path.with_name("metrics.json").read_text())
        return TrainedModel(0, str(about["recipe"]), str(about["dataset"]), path.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise PersonError(
            f"{path} cannot be used: give the model.pt of a training, with its metrics.json beside it."
        ) from error


def _folder(out: Path | None, job: TrainingJob) -> Path:
    """The folder for the artifacts, made. Raises PersonError where that is not possible."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = out or Path("waypoint-runs") / f"{job.project}-{job.dataset}-{job.preset}-{job.seed}-{moment}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PersonError(f"Nothing can be written to {folder}: {error.strerror}.") from error
    return folder.resolve()


def _written(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


@contextmanager
def _interruptible() -> Generator[threading.Event]:
    """Ctrl-C asks the recipe to stop at its next step; a second one ends the program at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def on_interrupt(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


class _Bar:
    """The progress bar, and what is being done; silent where stderr is no terminal."""

    def __init__(self, chosen: Project, screen: Console) -> None:
        self._metrics = chosen.progress_metrics
        self._bar = ProgressBar(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=screen,
            disable=not screen.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, figures="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        self._bar.update(self._task, description=text)

    def show(self, message: TrainerMessage) -> None:
        match message:
            case Stage(text=text):
                self.say(text)
            case Progress(step=step, total=total, metrics=metrics):
                shown = [
                    f"{each.label.lower()} {each.show(metrics[each.name])}"
                    for each in self._metrics[:2]
                    if each.name in metrics
                ]
                self._bar.update(self._task, completed=step, total=total, figures=", ".join(shown))
            case _:
                pass


def _show(outcome: Finished, folder: Path, screen: Console) -> None:
    screen.print(outcome.report.headline, style="bold", markup=False, highlight=False)
    for part in outcome.report.parts:
        match part:
            case Text(markdown=markdown):
                screen.print(markdown.replace("**", ""), markup=False, highlight=False)
            case Table(header=header, rows=rows, title=title):
                table = RichTable(*header, title=title, title_justify="left")
                for row in rows:
                    table.add_row(*row)
                screen.print(table)
            case _:
                pass  # pictures and files lie in the folder that is named below
    seconds = outcome.seconds
    screen.print(f"{outcome.dataset}. {outcome.device}.", markup=False, highlight=False)
    screen.print(
        f"{seconds.total:.1f} s in all: {seconds.load:.1f} s loading, {seconds.train:.1f} s training.", highlight=False
    )
    screen.print(f"Pictures and model: {folder}", markup=False, highlight=False, soft_wrap=True)


def _summary(job: TrainingJob, outcome: Finished, paths: Mapping[str, str]) -> dict[str, Any]:
    return {
        "recipe": job.project,
        "dataset": job.dataset,
        "data": outcome.dataset,
        "preset": job.preset,
        "seed": job.seed,
        "config": job.options,
        "metrics": outcome.metrics,
        "seconds": {
            "load": round(outcome.seconds.load, 3),
            "train": round(outcome.seconds.train, 3),
            "total": round(outcome.seconds.total, 3),
        },
        "device": outcome.device,
        "versions": outcome.versions,
        "artifacts": dict(paths),
    }
