"""``waypoint papers``: each step of the weekly digest by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from lessons.errors import PersonError

if TYPE_CHECKING:
    from workers.papers.by_hand import ByHand

app = typer.Typer(help="The weekly paper digest, one step at a time.", no_args_is_help=True)
out = Console(soft_wrap=True, highlight=False)

Result = TypeVar("Result")
Source = Annotated[str | None, typer.Argument(metavar="[FILE_OR_URL]", help="A feed; by default, what is stored.")]
Feed = Annotated[str | None, typer.Argument(metavar="[FILE_OR_URL]", help="A feed; by default arXiv's, now.")]
Guild = Annotated[int | None, typer.Option(help="The server's id; by default, a server of which nothing is known yet.")]


@app.command()
def ingest(source: Feed = None) -> None:
    """Store the papers of a feed. What is stored already stays as it is."""
    out.print(_with_steps(lambda steps: steps.ingest(source, datetime.now(UTC))), markup=False)


@app.command()
def rank(source: Source = None, *, guild: Guild = None) -> None:
    """Rank for a server, and show how. A ranking of what is stored is stored too; without --guild, for all servers."""
    picked = _with_steps(lambda steps: steps.rank(source, guild, datetime.now(UTC)))
    if not picked:
        raise PersonError("There is nothing to rank. Fetch papers first: waypoint papers ingest")
    table = Table("", "paper", "why", "topics", box=None, pad_edge=False)
    for place, each in enumerate(picked, start=1):
        table.add_row(str(place), f"{each.paper.id}  {each.paper.title}", each.why, ", ".join(each.topic_ids))
    Console(highlight=False, markup=False).print(table)


@app.command()
def preview(
    source: Source = None,
    *,
    guild: Guild = None,
    to: Annotated[Path, typer.Option("--out", help="Where to write the page.")] = Path("papers.html"),
) -> None:
    """Write a page that shows a server's next digest. Nothing is sent or stored."""
    page = _with_steps(lambda steps: steps.preview(source, guild, datetime.now(UTC)))
    try:
        to.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PersonError(f"{to} can't be written: {error.strerror or error}.") from error
    out.print(f"Written to {to}. Open it in a browser.", markup=False)


def _with_steps(work: "Callable[[ByHand], Awaitable[Result]]") -> Result:
    """Do some work on the database.

    Raises:
        PersonError: The parts of a worker are not installed here.
    """
    from bot.process import open_database, start_logging  # noqa: PLC0415 - each command loads only what it needs
    from bot.settings import Settings  # noqa: PLC0415
    from db.engine import Database  # noqa: PLC0415
    from lessons.load import load_curriculum  # noqa: PLC0415

    try:
        from workers.papers.by_hand import ByHand  # noqa: PLC0415 - comes with the extra `worker`
        from workers.papers.poll import Arxiv  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise PersonError(
            f"The papers need {missing.name}. Install it with: pip install 'waypoint-tutor[worker]' -c constraints.txt"
        ) from missing
    settings = Settings()
    start_logging("WARNING" if settings.log_level == "INFO" else settings.log_level)

    async def inside() -> Result:
        url, server = await open_database(settings)
        try:
            async with Database(url) as database:
                curriculum = load_curriculum(settings.lessons_dir)
                return await work(ByHand(database, curriculum, Arxiv.from_settings(settings)))
        finally:
            if server is not None:
                server.stop()

    return asyncio.run(inside())
