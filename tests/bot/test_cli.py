"""The command line as an operator types it: real processes, sentences instead of tracebacks."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from db.engine import Database
from tests.runs import sql

ROOT = Path(__file__).parents[2]


def waypoint(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=ROOT,
        env={**kept, "WAYPOINT_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("bot",), "There is no DISCORD_TOKEN."),
        (("up",), "There is no DISCORD_TOKEN."),
        (("sync",), "There is no DISCORD_TOKEN."),
        (("train", "cn"), "Did you mean “cnn”?"),
        (("train", "cnn", "--epochs", "99"), "epochs must be between 1 and 50; you asked for 99."),
        (("train", "cnn", "--epochs"), "--epochs needs a value, like this: --epochs 3"),
        (("train", "cnn", "epochs"), "Options are written like this: --epochs 3"),
        (("train", "cnn", "--dataset", "cats"), "cnn has no data set “cats”"),
    ],
)
def test_what_a_person_can_put_right_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = waypoint(tmp_path, *arguments)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = waypoint(tmp_path, "doctor", RUN_TIME_LIMIT="3")
    assert done.returncode == 2
    assert done.stderr.startswith("The setting RUN_TIME_LIMIT is wrong:")


def test_the_doctor_finds_a_new_machine_healthy_and_says_what_is_missing(tmp_path: Path) -> None:
    done = waypoint(tmp_path / "home", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No DISCORD_TOKEN, so only `waypoint playground` works." in done.stdout
    for about in ("Database", "Workers", "Papers", "Training", "GPU", "Disk", "Fonts", "Page fonts", "Data", "Lessons"):
        assert about in done.stdout


def test_the_doctor_says_when_arxiv_has_been_silent(tmp_path: Path, database_url: str) -> None:
    async def silent() -> None:
        async with Database(database_url, pool_size=1) as database:
            statement = "insert into paper_feeds (name, since, succeeded_on) values ('cs.LG', :day, :day)"
            await sql(database, statement, day=date(2026, 1, 5))

    asyncio.run(silent())
    done = waypoint(tmp_path, "doctor", DATABASE_URL=database_url)
    assert done.returncode == 1
    assert "the last from cs.LG came on 2026-01-05. Try `waypoint papers ingest`." in " ".join(done.stdout.split())


def test_the_doctor_says_that_a_database_is_not_there(tmp_path: Path, unused_tcp_port: int) -> None:
    done = waypoint(tmp_path, "doctor", DATABASE_URL=f"postgresql://waypoint@127.0.0.1:{unused_tcp_port}/waypoint")
    assert done.returncode == 1
    assert "PostgreSQL at DATABASE_URL can't be reached" in done.stdout


def test_lessons_check_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "roadmap.yaml").write_text("title: Ours\nphases: 3\n")
    done = waypoint(tmp_path, "lessons", "check", str(tmp_path))
    assert done.returncode == 1
    assert "roadmap.yaml:2" in done.stdout
    assert waypoint(tmp_path, "lessons", "check").returncode == 0


def test_training_without_any_chat_ends_with_one_json_object(tmp_path: Path) -> None:
    done = waypoint(tmp_path, "train", "cnn", "--epochs", "2", "--seed", "5", "--json", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert set(result) >= {"recipe", "dataset", "preset", "seed", "config", "metrics", "seconds", "device", "versions"}
    assert (result["recipe"], result["dataset"], result["seed"]) == ("cnn", "digits", 5)
    assert set(result["seconds"]) == {"load", "train", "total"}
    assert all(Path(path).is_file() for path in result["artifacts"].values())
    assert {"curves.png", "confusion.png", "model.pt"} <= set(result["artifacts"])
