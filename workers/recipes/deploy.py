"""A trained model leaves the notebook: exported, checked, made small, measured, and served over HTTP.

What it teaches: an export is a program of its own and must be held against the original on real inputs; int8 weights
take a quarter of the bytes, and what they cost in accuracy is measured and not assumed; the model is the smaller part
of the time that a caller waits for; and a server needs a key, limits and an end.

What to expect on two CPU cores: about 10 s, most of it the export; a small CNN answers in about 2 ms, its weights
shrink to a third, and the int8 form gives the same label on more than 99 % of the test pictures.
"""

import io
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor

from workers.messages import OptionValue
from workers.recipes.deploy_report import Form, Served, report
from workers.recipes.deployable import Deployable, deployable
from workers.recipes.handle import Result, Run, TrainingError
from workers.recipes.serving.server import OnnxModel
from workers.recipes.shares import percent
from workers.recipes.sources import ServingPlace
from workers.recipes.summary import metrics_json

CHECKED = 500
"""Real inputs on which each form is held against the original."""
CALIBRATION = 256
"""Training inputs from which the ranges of the int8 activations are read."""
TOLERANCE = 1e-3
"""The most that a logit of the export may differ, relative to the largest logit."""
AS_GOOD = 0.005
"""Accuracy that int8 may cost when it is chosen by itself."""
START_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Config:
    """What a member can choose; bounds are in the catalogue."""

    minutes: int
    """How long the model is served."""
    numbers: str
    """``int8``, ``float32``, or ``auto``."""
    requests: int
    """Predictions measured for each form."""

    @classmethod
    def of(cls, options: Mapping[str, OptionValue]) -> "Config":
        """The configuration of a job."""
        return cls(int(options["minutes"]), str(options["numbers"]), int(options["requests"]))


def train(run: Run) -> Result:  # noqa: PLR0915 one procedure in reading order
    """Exports, checks, quantises, measures, serves and reports; `run.job.options` are those of `Config`."""
    config = Config.of(run.job.options)
    steps = 6

    # --- the model, and real inputs to hold its other forms against ---
    with run.timed("load"):
        run.stage("Rebuilding the model")
        source = deployable(run)
        inputs = tuple(each[:CHECKED] for each in source.inputs)
        labels = None if source.labels is None else source.labels[:CHECKED].numpy()
        with torch.no_grad():
            expected = source.net(*inputs).float().numpy()
        arrays = tuple(each.numpy() for each in inputs)
    torch.set_num_threads(1)  # one request at a time keeps one core busy, in all three forms
    run.stop_if_asked()

    with run.timed("train"), tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        # --- export: the graph that torch traces, and the same as ONNX ---
        run.stage("Exporting")
        exported = export(source)
        run.artifact("model.pt2", _saved(exported))
        float32 = folder / "float32.onnx"
        to_onnx(exported, float32)
        run.log(1, steps, always=True)
        run.stop_if_asked()

        # --- the check: the same logits for the same inputs ---
        run.stage("Checking the export")
        answers = OnnxModel(float32.read_bytes(), source.classes).logits(*arrays)
        difference = float(np.abs(answers - expected).max() / max(np.abs(expected).max(), 1e-9))
        if not difference <= TOLERANCE:
            raise TrainingError(
                f"The exported model does not compute what the original does: logits differ by {percent(difference)}.",
                "That is a defect of the export, not of your model: tell the operator of this bot.",
                cause="bug",
            )
        run.log(2, steps, always=True)

        # --- int8 ---
        run.stage("Quantising to int8")
        int8 = folder / "int8.onnx"
        quantise(float32, int8, source)
        run.log(3, steps, always=True)
        run.stop_if_asked()

        # --- before and after ---
        run.stage("Measuring")
        forms: list[Form] = []
        originals = _measured(source.net, inputs, config.requests)
        forms.append(_form("PyTorch", source.size, originals, expected, expected, labels))
        for title, path in (("float32", float32), ("int8", int8)):
            model = OnnxModel(path.read_bytes(), source.classes)
            times = _measured(model.logits, arrays, config.requests)
            size = path.stat().st_size
            forms.append(_form(title, size, times, model.logits(*arrays), expected, labels))
            run.log(3 + len(forms) - 1, steps, always=True, **{f"{title}_ms": forms[-1].milliseconds})
            run.stop_if_asked()
        chosen = forms[2] if int8_serves(config.numbers, forms[1], forms[2]) else forms[1]
        path = int8 if chosen is forms[2] else float32

        # --- serving, and one real request ---
        run.stage("Starting the server")
        key = secrets.token_urlsafe(18)
        ends_at = datetime.now(UTC) + timedelta(minutes=config.minutes)
        process, address = serve(path.read_bytes(), source, key, run.sources.serving, run.guard, config.minutes * 60)
        try:
            served = _asked(process, address, key, source, config.requests)
            run.log(steps, steps, always=True, answer_ms=served.milliseconds)
            run.stage("Drawing the result")
            public = run.sources.serving.address(int(address.rpartition(":")[2]))
            metrics = {
                "answer_ms": served.milliseconds,
                "slowest_ms": served.slowest,
                "difference": difference,
                **{f"{form.title.lower()}_ms": form.milliseconds for form in forms},
                **{f"{form.title.lower()}_bytes": float(form.size) for form in forms},
                **{f"{form.title.lower()}_same": form.same for form in forms},
                **{f"{form.title.lower()}_accuracy": form.accuracy for form in forms if form.accuracy is not None},
            }
            run.artifact("float32.onnx", float32.read_bytes())
            run.artifact("int8.onnx", int8.read_bytes())
            run.artifact("metrics.json", metrics_json(run, source.title, metrics, classes=source.classes))
            shown = report(run, source, forms, chosen, served=served, address=public, difference=difference)
            run.stop_if_asked()
        except BaseException:
            process.kill()  # nobody was told of it
            raise
        run.serving(process.pid, public, key, ends_at)
    return Result(metrics=metrics, dataset=source.title, report=shown)


def export(source: Deployable) -> torch.export.ExportedProgram:
    """The network as one graph for any batch size (torch.export)."""
    batch = torch.export.Dim("batch", min=1, max=4096)
    with torch.no_grad():
        # Two examples: an axis of one would be taken for a constant.
        examples = tuple(each[:2] for each in source.inputs)
        return torch.export.export(source.net, examples, dynamic_shapes=({0: batch},) * len(examples))


def to_onnx(exported: torch.export.ExportedProgram, path: Path) -> None:
    """Writes the graph as ONNX, with inputs ``input_0``, ``input_1``, … and one output ``logits``."""
    names = [f"input_{place}" for place in range(len(exported.graph_signature.user_inputs))]
    program = torch.onnx.export(exported, dynamo=True, input_names=names, output_names=["logits"], verbose=False)
    if program is None:
        raise ValueError(path)
    program.save(str(path))


def quantise(source: Path, target: Path, model: Deployable) -> None:
    """Weights and activations of an ONNX file as int8, one scale a channel (Jacob et al. 2018, section 2).

    The ranges of the activations are read off real inputs; a model of texts has its weights quantised only, since its
    activations have outliers that one range cannot hold (Dettmers et al. 2022).
    """
    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    if model.about.kind == "text" or model.calibration is None:
        quantize_dynamic(prepared, target, per_channel=True, weight_type=QuantType.QInt8)
        return
    quantize_static(
        prepared,
        target,
        _Calibration(model.calibration[:CALIBRATION]),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8,
    )


class _Calibration(CalibrationDataReader):
    """Real inputs, for the quantiser to see the ranges of the activations."""

    def __init__(self, inputs: Tensor) -> None:
        self._batches = iter([{"input_0": batch.numpy()} for batch in inputs.split(32)])

    def get_next(self) -> dict[str, Any]:
        """The next batch; empty at the end."""
        return next(self._batches, cast("dict[str, Any]", None))


def int8_serves(wish: str, float32: Form, int8: Form) -> bool:
    """Whether the int8 form is served: as asked for, or if it is as good and no slower."""
    if wish != "auto":
        return wish == "int8"
    worse = 1 - int8.same if float32.accuracy is None or int8.accuracy is None else float32.accuracy - int8.accuracy
    return worse <= AS_GOOD and int8.milliseconds <= 1.1 * float32.milliseconds


def serve(
    model: bytes, source: Deployable, key: str, place: ServingPlace, guard: int, seconds: float
) -> tuple[subprocess.Popen[str], str]:
    """Starts the server: its process, and the address at which this machine reaches it.

    Raises:
        TrainingError: It does not start, e.g. because no port is free.
    """
    said = ""
    for port in range(place.ports[0], place.ports[1] + 1) if place.ports else (0,):
        folder = Path(tempfile.mkdtemp(prefix="waypoint-serving-"))
        (folder / "model.onnx").write_bytes(model)
        (folder / "about.json").write_text(source.about.model_dump_json())
        if source.weights is not None:
            (folder / "model.pt").write_bytes(source.weights)
        (folder / "key").touch(0o600)
        (folder / "key").write_text(key)
        command = (sys.executable, "-m", "workers.recipes.serving.server", str(folder), "--host", place.host)
        process = subprocess.Popen(  # noqa: S603 our own program
            (*command, "--port", str(port), "--guard", str(guard), "--seconds", str(seconds)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C and the end of the trainer are none of its business
        )
        line = process.stdout.readline() if process.stdout else ""
        if line:
            taken = int(json.loads(line)["port"])
            here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(place.host, place.host)  # noqa: S104 compared, not bound
            return process, f"http://{here}:{taken}"
        said = process.stderr.read() if process.stderr else ""
        process.wait()
        if "Address already in use" not in said:
            break
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    raise TrainingError(
        f"The server for the model could not be started: {last[0][:200]}.",
        "Tell the operator of this bot: DEPLOY_HOST and DEPLOY_PORT_RANGE say where it may listen.",
        cause="bug",
    )


def _asked(process: subprocess.Popen[str], address: str, key: str, source: Deployable, requests: int) -> Served:
    """One real request to show, and the time that it takes from outside."""
    example = source.example
    request = urllib.request.Request(  # noqa: S310 the address is ours
        f"{address}/predict", data=example.body, headers={"X-Key": key, "Content-Type": example.media_type}
    )
    times: list[float] = []
    answer: dict[str, Any] = {}
    # The server lets through 20 a second after the first 60.
    for _ in range(min(requests, 50)):
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=START_TIMEOUT) as reply:  # noqa: S310
            answer = json.load(reply)
        times.append((time.perf_counter() - started) * 1000)
    if process.poll() is not None:
        raise TrainingError("The server ended as soon as it had started.", "Run it again.", cause="bug")
    return Served(answer, statistics.median(times), float(np.quantile(times, 0.99)))


def _measured(answer: Callable[..., object], inputs: Sequence[Any], requests: int) -> list[float]:
    """Milliseconds of each of `requests` predictions, one at a time, after a few to warm up."""
    times: list[float] = []
    count = len(inputs[0])
    with torch.inference_mode():
        for place in range(requests + 10):
            one = [each[place % count][None] for each in inputs]
            started = time.perf_counter()
            answer(*one)
            times.append((time.perf_counter() - started) * 1000)
    return times[10:]


def _form(
    title: str,
    size: int,
    times: list[float],
    logits: np.ndarray[Any, Any],
    expected: np.ndarray[Any, Any],
    labels: np.ndarray[Any, Any] | None,
) -> Form:
    said = logits.argmax(1)
    return Form(
        title=title,
        size=size,
        milliseconds=statistics.median(times),
        slowest=float(np.quantile(times, 0.99)),
        same=float((said == expected.argmax(1)).mean()),
        accuracy=None if labels is None else float((said == labels).mean()),
    )


def _saved(exported: torch.export.ExportedProgram) -> bytes:
    stream = io.BytesIO()
    torch.export.save(exported, stream)
    return stream.getvalue()
