"""The house: which room may import which, what stays out of the bot, and that everything loads together."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings
from lessons.model import PROJECT_IDS
from workers.catalogue import PROJECTS

ROOT = Path(__file__).parents[1]
ROOMS = ("lessons", "db", "workers", "bot", "cogs")
MAY_IMPORT = {
    "lessons": set[str](),
    "db": {"lessons"},
    "workers": {"db", "lessons"},
    "bot": {"db", "lessons", "workers"},
    "bot.playground": set[str](),
    "cogs": {"bot", "db", "lessons", "workers"},
}
"""Which other rooms each room may import; nobody imports cogs."""

HEAVY = {"torch", "torchvision", "sklearn", "matplotlib", "gymnasium"}
HEAVY_ROOMS = ("workers/recipes/", "workers/papers/", "workers/trainer")
"""Where heavy libraries may be imported: recipes, papers, and the modules of the trainer process."""

LIGHT_WORKERS = {
    "workers.catalogue",
    "workers.device",
    "workers.messages",
    "workers.options",
    "workers.project",
    "workers.queue",
    "workers.records",
    "workers.report",
    "workers.settings",
    "workers.using",
}
"""The face of the workers that the chat may see: plain data and the queue."""

BEHIND_A_COMMAND = {"bot/cli.py", "bot/process.py", "bot/doctor.py", "bot/links_cli.py", "bot/papers_cli.py"}
"""Where the command line starts a worker or a training: imported inside the function, when it is asked for."""

START_THE_BOT = """
import asyncio, json, sys
import bot.background, bot.cli, bot.client, bot.process
from bot.client import Waypoint
from bot.settings import Settings

async def main():
    bot = Waypoint(Settings(_env_file=None, database_url=None, discord_token=None), "postgresql://nowhere/at_all")
    await bot.setup_hook()
    commands = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    print(json.dumps({"modules": sorted(sys.modules), "cogs": sorted(bot.extensions), "commands": commands}))

asyncio.run(main())
"""


def modules() -> list[Path]:
    """Every file of the house, relative to its root."""
    return sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def room_of(module: str) -> str:
    return "bot.playground" if module.startswith("bot.playground") else module.partition(".")[0]


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Every module that a file imports, however deep inside."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        match node:
            case ast.Import(names=names):
                yield from ((name.name, node) for name in names)
            case ast.ImportFrom(module=module, level=0, names=names) if module is not None:
                # `from db import runs` imports db.runs where that is a module.
                yield from (
                    (f"{module}.{name.name}" if is_module(f"{module}.{name.name}") else module, node) for name in names
                )
            case ast.ImportFrom(level=level):
                assert level == 0, f"{path} imports relatively"
            case _:
                pass


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def at_the_top(path: Path, node: ast.AST) -> bool:
    """Whether an import runs when the file is imported."""
    tree = ast.parse((ROOT / path).read_text())
    inside = (
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(each, ast.If) and isinstance(each.test, ast.Name) and each.test.id == "TYPE_CHECKING")
    )
    return not any(
        ast.dump(node, include_attributes=True) in ast.dump(each, include_attributes=True) for each in inside
    )


@pytest.fixture(scope="module")
def started_bot() -> dict[str, list[object]]:
    """What a process that started the bot has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", START_THE_BOT], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_room_imports_only_the_rooms_that_it_may() -> None:
    wrong = []
    for path in modules():
        room = room_of(dotted(path))
        for name, node in imports(path):
            other = room_of(name)
            if other.partition(".")[0] not in ROOMS or other == room:
                continue
            # The command line and the rigs start the playground as a process; nothing else knows it.
            if other not in MAY_IMPORT[room]:
                wrong.append(f"{path}:{getattr(node, 'lineno', 0)} imports {name}")
    assert wrong == []


def test_the_chat_sees_only_the_light_face_of_the_workers() -> None:
    wrong = [
        f"{path}:{getattr(node, 'lineno', 0)} imports {name}"
        for path in modules()
        if path.parts[0] in {"bot", "cogs"}
        for name, node in imports(path)
        if name.startswith("workers")
        and name not in LIGHT_WORKERS
        and not (path.as_posix() in BEHIND_A_COMMAND and not at_the_top(path, node))
    ]
    assert wrong == []


def test_heavy_libraries_are_imported_only_where_models_are_trained() -> None:
    wrong = [
        f"{path}:{getattr(node, 'lineno', 0)} imports {name}"
        for path in modules()
        if not path.as_posix().startswith(HEAVY_ROOMS)
        for name, node in imports(path)
        if name.partition(".")[0] in HEAVY
    ]
    assert wrong == []


def test_a_started_bot_has_nothing_heavy_inside(started_bot: dict[str, list[str]]) -> None:
    loaded = {name.partition(".")[0] for name in started_bot["modules"]}
    assert "discord" in loaded
    assert loaded & HEAVY == set()


def test_all_features_load_and_no_two_commands_have_one_name(started_bot: dict[str, list[dict[str, str]]]) -> None:
    features = {
        f"cogs.{path.stem if path.is_file() else path.name}"
        for path in (ROOT / "cogs").iterdir()
        if path.name not in {"__init__.py", "__pycache__"}
    }
    assert set(started_bot["cogs"]) == features
    names = [(command["type"], command["name"]) for command in started_bot["commands"]]
    assert len(names) == len(set(names))
    assert {name for _, name in names} >= {"start", "next", "roadmap", "run", "runs", "compare"}


def test_every_command_and_option_says_what_it_is_for(started_bot: dict[str, list[dict[str, object]]]) -> None:
    def described(command: dict[str, object]) -> Iterator[tuple[object, object]]:
        yield command["name"], command["description"]
        for option in command.get("options", ()):
            yield from described(option)

    texts = [pair for command in started_bot["commands"] for pair in described(command)]
    assert len(texts) > 12
    assert [name for name, text in texts if len(str(text)) < 10 or str(text) == "…"] == []


def test_run_has_a_typed_subcommand_for_each_project(
    started_bot: dict[str, list[dict[str, list[dict[str, object]]]]],
) -> None:
    (run,) = [command for command in started_bot["commands"] if command["name"] == "run"]
    assert {option["name"] for option in run["options"]} == set(PROJECTS)
    for option in run["options"]:
        given = {each["name"]: each for each in option["options"]}
        project = PROJECTS[option["name"]]
        own = {"file"} if project.own_data else set[str]()
        model = {"model"} if project.takes_models_of else set[str]()
        assert set(given) == {"preset", "dataset", "seed", *own, *model, *(each.name for each in project.options)}
        for each in project.options:
            bounds = [getattr(each, side, None) for side in ("minimum", "maximum")]
            assert [given[each.name].get(side) for side in ("min_value", "max_value")] == bounds


def test_every_setting_says_what_it_is_for() -> None:
    unsaid = [name for name, field in Settings.model_fields.items() if len(field.description or "") < 15]
    assert unsaid == []


def test_the_lessons_know_every_project_of_the_catalogue() -> None:
    assert tuple(PROJECTS) == PROJECT_IDS, "every project of the roadmap can be trained, in its order"
    assert all(project.id == key for key, project in PROJECTS.items())
