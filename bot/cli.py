"""The command line: ``waypoint`` and its commands. Each loads only what it needs."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from bot import links_cli, papers_cli, stats_cli
from lessons.errors import PersonError

app = typer.Typer(
    name="waypoint",
    help="A Discord bot that takes a server's members through the Deep Learning Roadmap.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
lessons_app = typer.Typer(help="The curriculum's content files.", no_args_is_help=True)
app.add_typer(lessons_app, name="lessons")
app.add_typer(papers_cli.app, name="papers")
app.add_typer(stats_cli.app, name="stats")
app.add_typer(links_cli.app, name="links")

errors = Console(stderr=True, soft_wrap=True, highlight=False)
out = Console(soft_wrap=True, highlight=False)

Home = Annotated[Path | None, typer.Option(help="Data folder instead of WAYPOINT_HOME.")]


def main() -> None:
    """Run a command; what a person can put right is one sentence and exit code 2."""
    try:
        app()
    except PersonError as error:
        errors.print(error.sentence, style="bold red", markup=False)
        raise SystemExit(2) from None
    except ValidationError as error:
        if error.title not in {"Settings", "WorkerSettings", "StorageSettings"}:
            raise
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            errors.print(f"The setting {name} is wrong: {problem['msg']}.", style="bold red", markup=False)
        raise SystemExit(2) from None


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    from aiohttp import ClientConnectionError  # noqa: PLC0415 - each command loads only what it needs

    try:
        asyncio.run(work())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except ClientConnectionError as error:
        errors.print(
            f"Discord can't be reached ({error}). Try again when the network is back.", style="bold red", markup=False
        )
        raise SystemExit(1) from None


@app.command()
def bot(
    *, sync: Annotated[bool, typer.Option(help="Register the commands first, if they have changed.")] = False
) -> None:
    """Run the bot alone, against Discord or the playground at DISCORD_API_URL."""
    from bot.process import run_bot, start_logging  # noqa: PLC0415 - each command loads only what it needs
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings()
    start_logging(settings.log_level)
    _run(lambda: run_bot(settings, sync=sync))


@app.command()
def worker() -> None:
    """Run a worker alone: it takes runs from the queue of DATABASE_URL and trains them."""
    from bot.process import run_worker, start_logging  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings()
    start_logging(settings.log_level)
    _run(lambda: run_worker(settings))


@app.command()
def up(
    *,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Workers to start beside the bot.")] = 1,
) -> None:
    """Run the bot and a worker against Discord, with everything they need."""
    from bot.process import start_logging  # noqa: PLC0415
    from bot.rigs import run_up  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings()
    start_logging(settings.log_level)
    _run(lambda: run_up(settings, workers=workers, console=out))


@app.command()
def playground(
    *,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port instead of PLAYGROUND_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=0, max=8, help="Workers to start.")] = 1,
    home: Home = None,
    record: Annotated[Path | None, typer.Option(help="Write every REST exchange to this file.")] = None,
) -> None:
    """Try everything in a browser, without a Discord account."""
    from bot.process import start_logging  # noqa: PLC0415
    from bot.rigs import run_playground  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings()
    changed: dict[str, Any] = {}
    if port is not None:
        changed["playground_port"] = port
    if home is not None:
        changed["waypoint_home"] = home
    settings = settings.model_copy(update=changed)
    start_logging("WARNING" if settings.log_level == "INFO" else settings.log_level)
    _run(lambda: run_playground(settings, workers=workers, record=record, console=out))


@app.command()
def sync(
    *, guild: Annotated[int | None, typer.Option(help="Only in this server (at once), instead of everywhere.")] = None
) -> None:
    """Register the slash commands with Discord."""
    from bot.process import run_sync, start_logging  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings()
    start_logging("WARNING")
    where = guild if guild is not None else settings.discord_guild_id

    async def work() -> None:
        count = await run_sync(settings, where)
        scope = f"in server {where}" if where is not None else "everywhere"
        out.print(f"{count} commands are registered {scope}.")

    _run(work)


@app.command()
def doctor() -> None:
    """Say in plain words what works and what is missing."""
    from bot.doctor import examine  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    healthy = asyncio.run(examine(Settings(), out))
    raise SystemExit(0 if healthy else 1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def train(
    context: typer.Context,
    project: Annotated[str, typer.Argument(help="The project, e.g. cnn.")],
    *,
    dataset: Annotated[str | None, typer.Option(help="The data set; one that is built in by default.")] = None,
    preset: Annotated[str | None, typer.Option(help="quick, standard or best.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same run.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Folder for pictures and weights.")] = None,
    file: Annotated[Path | None, typer.Option(help="Your own data: a zip of pictures, or a .txt.")] = None,
    model: Annotated[Path | None, typer.Option(help="The model.pt of an earlier training, for deploy.")] = None,
) -> None:
    """Train a project here, without any chat. Its options go behind, e.g. --epochs 3 --learning-rate 0.005."""
    from bot.settings import Settings  # noqa: PLC0415

    try:
        from workers.train_cli import train as run_training  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise PersonError(
            f"Training needs {missing.name}. Install it with: pip install 'waypoint-tutor[worker]' -c constraints.txt"
        ) from missing
    raise SystemExit(
        run_training(
            project,
            dataset=dataset,
            preset=preset,
            seed=seed,
            options=dict(_pairs(context.args)),
            as_json=json,
            out=out_dir,
            file=file,
            model=model,
            settings=Settings(),
        )
    )


def _pairs(arguments: list[str]) -> list[tuple[str, str]]:
    """``--epochs 3`` and ``--epochs=3`` as (epochs, 3).

    Raises:
        PersonError: anything else.
    """
    pairs: list[tuple[str, str]] = []
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("--"):
            raise PersonError(f"I can't read “{argument}”. Options are written like this: --epochs 3")
        name, equals, value = argument.removeprefix("--").partition("=")
        if not equals:
            value = next(rest, "")
        if not value:
            raise PersonError(f"--{name} needs a value, like this: --{name} 3")
        pairs.append((name.replace("-", "_"), value))
    return pairs


@lessons_app.command("check")
def check_lessons(
    folder: Annotated[Path | None, typer.Argument(help="Folder to check; LESSONS_DIR or the built-in one.")] = None,
) -> None:
    """Check the content files: every problem with its file and line."""
    from bot.settings import Settings  # noqa: PLC0415
    from lessons.load import check  # noqa: PLC0415

    result = check(folder or Settings().lessons_dir)
    for problem in result.problems:
        out.print(str(problem), markup=False)
    out.print(result.summary, style="bold red" if result.problems else "green")
    raise SystemExit(1 if result.problems else 0)


@lessons_app.command("report")
def report_on_lessons(
    csv: Annotated[Path | None, typer.Option(help="Also write the table to this CSV file.")] = None,
) -> None:
    """Which questions are worth asking: share right, discrimination, most chosen mistake; the suspicious ones first."""
    from bot.lessons_report import report, show_report, write_report  # noqa: PLC0415
    from bot.process import open_database  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415
    from lessons.load import load_curriculum  # noqa: PLC0415

    async def work() -> None:
        settings = Settings()
        url, server = await open_database(settings)
        try:
            figures = await report(url, load_curriculum(settings.lessons_dir))
        finally:
            if server is not None:
                server.stop()
        show_report(Console(highlight=False), figures)
        if csv is not None:
            write_report(csv, figures)

    _run(work)


if __name__ == "__main__":
    sys.exit(main())
