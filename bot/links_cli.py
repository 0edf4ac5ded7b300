"""``waypoint links``: whether the content's links work."""

import asyncio

import typer
from rich.console import Console
from rich.table import Table

from lessons.errors import PersonError

app = typer.Typer(help="The links of the lessons.", no_args_is_help=True)


@app.callback()
def about() -> None:
    """The links of the lessons."""


@app.command()
def check() -> None:
    """Look at every link now, and print a table; exit status 1 if one is broken."""
    table, broken = asyncio.run(_check())
    Console(highlight=False, markup=False).print(table)
    raise typer.Exit(1 if broken else 0)


async def _check() -> tuple[Table, int]:
    from bot.process import open_database, start_logging  # noqa: PLC0415 - each command loads only what it needs
    from bot.settings import Settings  # noqa: PLC0415
    from db import links  # noqa: PLC0415
    from db.engine import Database  # noqa: PLC0415
    from lessons.links import Broken, every_link, shown_link  # noqa: PLC0415
    from lessons.load import load_curriculum  # noqa: PLC0415

    try:
        from workers.links import check_all  # noqa: PLC0415 - comes with the extra `worker`
    except ModuleNotFoundError as missing:
        raise PersonError(
            f"The check needs {missing.name}. Install it with: pip install 'waypoint-tutor[worker]' -c constraints.txt"
        ) from missing
    settings = Settings()
    start_logging("WARNING" if settings.log_level == "INFO" else settings.log_level)
    curriculum = load_curriculum(settings.lessons_dir)
    table = Table("", "topic", "title", "what is wrong", "the card shows", box=None, pad_edge=False)
    url, server = await open_database(settings)
    try:
        async with Database(url, pool_size=2) as database:
            found = {
                each: result
                async for each, result in check_all(database, every_link(curriculum), settings.paper_contact)
            }
            async with database.session() as session:
                dead = await links.dead_links(session, found)
                known = await links.problems(session)
    finally:
        if server is not None:
            server.stop()
    broken = 0
    for topic, resource in curriculum.resources():
        failures, problem = known.get(resource.url, (0, None))
        broken += isinstance(found.get(resource.url), Broken)
        state = "ok" if problem is None else "?" if failures == 0 else "dead" if resource.url in dead else "broken"
        where = topic.short_title if topic is not None else "courses"
        table.add_row(state, where, resource.title, problem or "", shown_link(resource, dead).url)
    return table, broken
