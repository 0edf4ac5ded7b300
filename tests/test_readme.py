"""The README says what is there: its settings table and its commands are those of the code."""

import re
from pathlib import Path

from pydantic_core import PydanticUndefined

from bot.cli import app
from bot.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def settings_table() -> list[str]:
    """A row a setting, as the README has them."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = (
            ""
            if default is None or default is PydanticUndefined
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return rows


def test_the_settings_table_is_complete_and_true() -> None:
    found = re.findall(r"^\| `[A-Z_]+` \|.*\|$", README, flags=re.MULTILINE)
    assert sorted(found) == sorted(settings_table())


def test_every_command_line_command_is_named() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    missing = [name for name in names | {"lessons check"} if f"waypoint {name}" not in README]
    assert missing == []


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"\]\((docs/[^)]+\.png)\)|src=\"(docs/[^\"]+)\"", README)
    paths = [a or b for a, b in pictures]
    assert len(paths) >= 2
    assert [path for path in paths if not (Path(__file__).parents[1] / path).is_file()] == []
