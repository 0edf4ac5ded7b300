"""``waypoint stats``: what an operator can learn from the database."""

import asyncio
from datetime import UTC, datetime, timedelta

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Figures from the database.", no_args_is_help=True)


@app.callback()
def stats() -> None:
    """Figures from the database."""


@app.command()
def nudges() -> None:
    """Compare members who get nudges with those whom chance held out."""
    for each in asyncio.run(_nudges()):
        Console(highlight=False, markup=False, soft_wrap=True).print(each)


async def _nudges() -> list[Table | str]:
    from bot.process import open_database, start_logging  # noqa: PLC0415 - each command loads only what it needs
    from bot.settings import Settings  # noqa: PLC0415
    from db.engine import Database  # noqa: PLC0415
    from db.nudge_stats import groups, sent_since, still_in_window  # noqa: PLC0415
    from lessons.nudge_stats import WINDOW, difference, wilson  # noqa: PLC0415

    start_logging("WARNING")
    now = datetime.now(UTC)
    url, server = await open_database(Settings())
    try:
        async with Database(url, pool_size=1) as database, database.session() as session:
            nudged, held_out = await groups(session, now)
            waiting = await still_in_window(session, now)
            sent = await sent_since(session, now - timedelta(days=7))
    finally:
        if server is not None:
            server.stop()
    days = WINDOW.days
    table = Table("group", "members", f"passed a topic in {days} days", "95 % interval", box=None, pad_edge=False)
    for name, group in (("nudged", nudged), ("held out", held_out)):
        low, high = wilson(group) if group.members else (0.0, 1.0)
        share = f"{group.passed} ({group.share:.0%})" if group.members else "–"
        table.add_row(name, str(group.members), share, f"{low:.0%} to {high:.0%}" if group.members else "–")
    lines: list[Table | str] = [table]
    found = difference(nudged, held_out)
    if found is None:
        lines.append("One group is empty, so there is nothing to compare yet.")
    else:
        verdict = "a clear difference" if found.clear else "no difference can be told from chance yet"
        lines.append(
            f"Difference: {100 * found.value:+.1f} points (95 % interval {100 * found.low:+.1f} to "
            f"{100 * found.high:+.1f}): {verdict}."
        )
    lines.append(f"{waiting} asked less than {days} days ago and are not counted. {sent} nudges in the last 7 days.")
    return lines
