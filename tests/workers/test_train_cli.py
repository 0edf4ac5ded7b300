"""`waypoint train` on a terminal: the result, one line of JSON, files, exit codes."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workers.recipes import cnn
from workers.settings import WorkerSettings
from workers.train_cli import train

ROOT = Path(__file__).parents[2]
COMMAND = """
import sys
from workers.train_cli import train
sys.exit(train("cnn", options=sys.argv[1:], as_json=True, seed=3))
"""


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(_env_file=None, waypoint_home=tmp_path / "home", allow_downloads=False)


def test_the_last_line_is_one_json_object_that_says_everything(
    settings: WorkerSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = train("cnn", seed=3, options=["epochs=2"], as_json=True, out=tmp_path / "out", settings=settings)
    assert code == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["recipe"], said["dataset"], said["preset"], said["seed"]) == ("cnn", "digits", "quick", 3)
    assert said["config"]["epochs"] == 2
    assert 0 < said["metrics"]["test_accuracy"] <= 1
    assert said["seconds"].keys() == {"load", "train", "total"}
    assert said["seconds"]["load"] + said["seconds"]["train"] < said["seconds"]["total"]
    assert said["device"]
    assert said["versions"]["torch"]
    drawn = {"curves.png", "confusion.png", "inside.png", "looked.png"}
    assert said["artifacts"].keys() == {*drawn, "model.pt", "metrics.json"}
    net, _ = cnn.load_model(Path(said["artifacts"]["model.pt"]).read_bytes())
    assert net.shape.width == said["config"]["width"]


def test_without_json_the_result_is_a_text_for_people(
    settings: WorkerSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("cnn", options={"epochs": "2"}, out=tmp_path / "out", settings=settings) == 0
    said = capsys.readouterr().out
    assert "of the Digits test pictures read right" in said
    assert "this run" in said
    assert "scikit-learn digits: 1,295 training" in said
    assert "{" not in said


def test_without_a_folder_a_new_one_is_made_here(
    settings: WorkerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert train("cnn", seed=8, options=["epochs=1"], settings=settings) == 0
    (made,) = (tmp_path / "waypoint-runs").iterdir()
    assert made.name.startswith("cnn-digits-quick-8-")
    assert (made / "curves.png").is_file()


@pytest.mark.parametrize(
    ("project", "wish", "sentence"),
    [
        ("cnn", {"options": ["epochs=900"]}, "epochs must be between 1 and 50; you asked for 900."),
        ("cnn", {"options": ["epochs"]}, "An option is given as name=value; you gave “epochs”."),
        ("cnn", {"options": ["epoch=3"]}, "Did you mean “epochs”?"),
        ("cnn", {"dataset": "mnits"}, "Did you mean “mnist”?"),
        ("cmn", {}, "Did you mean “cnn”?"),
        ("cnn", {"dataset": "mnist"}, "Try dataset:digits"),
        ("cnn", {"out": Path("/dev/null/there")}, "Nothing can be written to /dev/null/there"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_gets_a_sentence_and_exit_code_2(
    settings: WorkerSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    project: str,
    wish: dict[str, object],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert train(project, settings=settings, **wish) == 2  # type: ignore[arg-type]
    said = capsys.readouterr()
    assert sentence in " ".join(said.err.split())
    assert said.out == ""
    assert "Traceback" not in said.err


def test_ctrl_c_ends_with_a_sentence(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "epochs=50", "width=64", "batch_size=8"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list((tmp_path).glob("waypoint-runs/*")):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "Stopped. Nothing is left running.\n"
    assert out == ""


def test_a_terminal_gets_a_progress_bar_and_a_pipe_does_not(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "epochs=5"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        shown += part
    os.close(ours)
    out = process.communicate()[0]
    assert process.returncode == 0
    assert "Training" in shown.decode()
    assert "accuracy" in shown.decode()
    assert json.loads(out.splitlines()[-1])["recipe"] == "cnn"
    assert "\x1b" not in out
