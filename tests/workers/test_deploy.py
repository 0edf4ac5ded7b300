"""A deployed model computes what the trained one does, answers over HTTP to whoever has its key, and ends."""

import io
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import psutil
import pytest
import torch
from PIL import Image, ImageDraw

from lessons.errors import PersonError
from workers.catalogue import resolve
from workers.messages import Artifact, Failed, Finished, Progress, Serving, TrainedModel, TrainerMessage, TrainingJob
from workers.recipes import cnn, deploy, digits
from workers.recipes.deploy_report import Form
from workers.recipes.deployable import deployable
from workers.recipes.framing import frame_digit
from workers.recipes.handle import Run
from workers.recipes.runner import execute
from workers.recipes.serving.app import Allowance
from workers.recipes.sources import DataSources, ServingPlace

NOWHERE = DataSources(cache=Path("/nonexistent"), allow_downloads=False)


def carried_out(job: TrainingJob, sources: DataSources = NOWHERE) -> tuple[Finished | Failed, list[TrainerMessage]]:
    sent: list[TrainerMessage] = []
    return execute(job, sources, sent.append, lambda: False, checkpoint_every=None), sent


def files(sent: list[TrainerMessage]) -> dict[str, bytes]:
    return {message.name: message.data for message in sent if isinstance(message, Artifact)}


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    outcome, sent = carried_out(resolve("cnn", dataset="digits", preset="quick", seed=3))
    assert isinstance(outcome, Finished)
    return TrainedModel(12, "cnn", "digits", files(sent)["model.pt"])


@pytest.fixture(scope="module")
def deployed(model: TrainedModel) -> Iterator[tuple[Finished, dict[str, bytes], Serving]]:
    outcome, sent = carried_out(resolve("deploy", model=model, options={"requests": 20, "minutes": 5}))
    assert isinstance(outcome, Finished), outcome
    (serving,) = (message for message in sent if isinstance(message, Serving))
    yield outcome, files(sent), serving
    os.kill(serving.pid, signal.SIGTERM)
    psutil.wait_procs([psutil.Process(serving.pid)], timeout=5)


def ask(
    serving: Serving, path: str = "/predict", body: bytes | None = None, key: str | None = None, **headers: str
) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310 our own server
        f"{serving.address}{path}", data=body, headers={**({"X-Key": key} if key is not None else {}), **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            content = reply.read()
            return reply.status, json.loads(content) if "json" in reply.headers["Content-Type"] else content.decode()
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def drawn_one() -> bytes:
    """A thick stroke downwards, dark on a light page, away from the middle."""
    picture = Image.new("L", (300, 400), 240)
    ImageDraw.Draw(picture).line([(90, 60), (90, 300)], fill=20, width=34)
    stream = io.BytesIO()
    picture.save(stream, "JPEG")
    return stream.getvalue()


def test_the_export_and_int8_say_what_the_original_says(
    model: TrainedModel, deployed: tuple[Finished, dict[str, bytes], Serving]
) -> None:
    outcome, made, _ = deployed
    net, _ = cnn.load_model(model.data)
    pictures = digits.load().test_x
    with torch.no_grad():
        expected = net(pictures).numpy()
    session: Any = onnxruntime.InferenceSession(made["float32.onnx"])
    assert np.abs(session.run(["logits"], {"input_0": pictures.numpy()})[0] - expected).max() < 1e-3
    again = torch.export.load(io.BytesIO(made["model.pt2"])).module()(pictures[:7])
    assert torch.allclose(again, torch.from_numpy(expected[:7]), atol=1e-4)
    eight: Any = onnxruntime.InferenceSession(made["int8.onnx"])
    same = eight.run(["logits"], {"input_0": pictures.numpy()})[0].argmax(1) == expected.argmax(1)
    assert same.mean() == pytest.approx(outcome.metrics["int8_same"])
    assert same.mean() > 0.97
    assert len(made["int8.onnx"]) < 0.6 * len(made["float32.onnx"])


def test_the_result_shows_the_request_and_keeps_the_key_out(
    deployed: tuple[Finished, dict[str, bytes], Serving],
) -> None:
    outcome, made, serving = deployed
    said = repr(outcome.report) + made["metrics.json"].decode()
    assert serving.address in said
    assert "curl -H 'X-Key: …'" in said
    assert serving.key not in said
    for name in ("request.png", "forms.png"):
        picture = Image.open(io.BytesIO(made[name]))
        assert picture.width == 1080
    assert outcome.metrics["answer_ms"] > 0
    assert outcome.metrics["float32_accuracy"] > 0.97


def test_whoever_has_the_key_gets_an_answer(deployed: tuple[Finished, dict[str, bytes], Serving]) -> None:
    _, _, serving = deployed
    status, said = ask(serving, body=drawn_one(), key=serving.key)
    assert status == 200
    assert said["label"] == "1"
    assert sum(said["probabilities"].values()) == pytest.approx(1, abs=0.01)
    status, health = ask(serving, "/health")
    assert (status, health["status"], health["model"]) == (200, "ok", "cnn on digits, run 12")
    assert 200 < health["seconds_left"] <= 300


def test_the_page_and_the_description_need_no_other_server(
    deployed: tuple[Finished, dict[str, bytes], Serving],
) -> None:
    _, _, serving = deployed
    for path in ("/", "/docs"):
        status, page = ask(serving, path)
        assert status == 200
        assert "https://cdn" not in page
        assert serving.key not in page
    _, description = ask(serving, "/openapi.json")
    assert description["components"]["securitySchemes"]["key"]["name"] == "X-Key"
    assert "image/png" in description["paths"]["/predict"]["post"]["requestBody"]["content"]


@pytest.mark.parametrize(
    ("body", "key", "headers", "status", "says"),
    [
        (b"x", None, {}, 401, "X-Key"),
        (b"x", "wrong", {}, 401, "X-Key"),
        (b"no picture", "right", {}, 422, "no picture"),
        (b"", "right", {}, 422, "empty"),
        # Said in the header alone: the server answers without waiting for the rest, and hangs up.
        (b"x", "right", {"Content-Length": str(2**21 + 1)}, 413, "at most 2 MB"),
    ],
)
def test_other_requests_get_a_sentence(
    deployed: tuple[Finished, dict[str, bytes], Serving],
    body: bytes,
    key: str | None,
    headers: dict[str, str],
    status: int,
    says: str,
) -> None:
    _, _, serving = deployed
    answered, said = ask(serving, body=body, key=serving.key if key == "right" else key, **headers)
    assert answered == status
    assert says in said["detail"]


def test_an_empty_page_has_no_digit() -> None:
    with pytest.raises(PersonError, match="no digit"):
        frame_digit(Image.new("RGB", (200, 200), "white"), 28)


@pytest.mark.parametrize(("paper", "ink"), [(250, 10), (5, 250), (120, 200)])
def test_a_digit_is_found_wherever_it_is_and_framed_as_in_mnist(paper: int, ink: int) -> None:
    picture = Image.new("RGB", (640, 480), (paper,) * 3)
    ImageDraw.Draw(picture).ellipse((400, 60, 480, 220), outline=(ink,) * 3, width=18)
    frame = frame_digit(picture, 28)
    rows, columns = np.flatnonzero(frame.any(1)), np.flatnonzero(frame.any(0))
    assert frame.shape == (28, 28)
    assert rows[-1] - rows[0] + 1 == 20
    assert 9 <= columns[-1] - columns[0] + 1 <= 11
    assert abs(rows.mean() - 13.5) <= 1
    assert abs(columns.mean() - 13.5) <= 1
    assert frame.max() == 255


def test_an_allowance_gives_what_it_saved_and_then_what_comes_back() -> None:
    allowance = Allowance(rate=2, burst=3)
    assert [allowance.take(100.0) for _ in range(3)] == [0, 0, 0]
    assert allowance.take(100.0) == pytest.approx(0.5)
    assert allowance.take(100.5) == 0
    assert allowance.take(100.5) > 0


@pytest.mark.parametrize(
    ("wish", "accuracy", "milliseconds", "served"),
    [
        ("auto", 0.989, 0.9, True),
        ("auto", 0.98, 0.9, False),
        ("auto", 0.99, 1.3, False),
        ("int8", 0.5, 9.0, True),
        ("float32", 0.99, 0.1, False),
    ],
)
def test_int8_is_served_if_it_is_as_good_and_no_slower(
    wish: str, accuracy: float, milliseconds: float, served: bool
) -> None:
    full = Form("float32", 100, 1.0, 1.0, 1.0, 0.99)
    small = Form("int8", 30, milliseconds, 1.0, 0.99, accuracy)
    assert deploy.int8_serves(wish, full, small) is served


def started(model: TrainedModel, deployed_files: dict[str, bytes], guard: int, seconds: float) -> subprocess.Popen[str]:
    job = resolve("deploy", model=model)
    source = deployable(Run(job, NOWHERE, "cpu", lambda _: None, lambda: False))
    process, _ = deploy.serve(deployed_files["float32.onnx"], source, "k", ServingPlace(), guard, seconds)
    return process


def test_a_server_ends_with_its_time_and_with_its_guard(
    model: TrainedModel, deployed: tuple[Finished, dict[str, bytes], Serving]
) -> None:
    _, made, _ = deployed
    short = started(model, made, os.getpid(), 1.0)
    guard = subprocess.Popen(["sleep", "60"])
    guarded = started(model, made, guard.pid, 60.0)
    assert short.wait(timeout=15) == 0
    assert guarded.poll() is None
    guard.kill()
    guard.wait()
    assert guarded.wait(timeout=15) == 0


def test_no_free_port_is_said_and_leaves_nothing_behind(model: TrainedModel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sources = replace(NOWHERE, serving=ServingPlace(ports=(port, port)))
        outcome, sent = carried_out(resolve("deploy", model=model, options={"requests": 20}), sources)
    assert isinstance(outcome, Failed)
    assert "could not be started" in outcome.sentence
    assert "DEPLOY_PORT_RANGE" in outcome.advice
    assert not any(isinstance(message, Serving) for message in sent)


def test_a_cancelled_deployment_leaves_no_server(model: TrainedModel) -> None:
    before = {process.pid for process in psutil.Process().children()}
    sent: list[TrainerMessage] = []

    def stop() -> bool:
        return any(isinstance(message, Progress) and message.step == 6 for message in sent)

    outcome = execute(resolve("deploy", model=model, options={"requests": 20}), NOWHERE, sent.append, stop)
    assert isinstance(outcome, Failed)
    assert outcome.cause == "stopped"
    for _ in range(50):
        left = [p for p in psutil.Process().children() if p.pid not in before and p.status() != psutil.STATUS_ZOMBIE]
        if not left:
            break
        time.sleep(0.1)
    assert left == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "a finished run"),
        ({"model": TrainedModel(3, "gan", "mnist", b"")}, "can't take the model of a gan run"),
        ({"model": TrainedModel(3, "cnn", "mnist", b""), "options": {"minutes": 0}}, "between 1 and 1,440"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_refused_before_any_work(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(PersonError, match=says):
        resolve("deploy", **wrong)
