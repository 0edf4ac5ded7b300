"""The result of `/run deploy`: before and after, and one real request with its answer."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.patches import Rectangle
from PIL import Image

from workers.recipes.deployable import Deployable
from workers.recipes.handle import Run
from workers.recipes.look import FONT, GREEN, ORANGE, PANEL, QUIET, SKY, TEXT, new_figure, place_axes, png, style, title
from workers.recipes.shares import percent
from workers.report import File, Part, Picture, Report, Table, Text

_COLOURS = (QUIET, SKY, ORANGE)


@dataclass(frozen=True, slots=True)
class Form:
    """The model in one form.

    Attributes:
        title: ``PyTorch``, ``float32`` or ``int8``; the latter two are ONNX files.
        size: Bytes of its weights or of its file.
        milliseconds: Median of a prediction, one input on one thread.
        slowest: Its 99th percentile.
        same: Share of the inputs that get the label which the original gives.
        accuracy: Share of the inputs that are told right, where the right answers are known.
    """

    title: str
    size: int
    milliseconds: float
    slowest: float
    same: float
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Served:
    """What came back over HTTP, and after how long: median and 99th percentile, in milliseconds."""

    answer: dict[str, Any]
    milliseconds: float
    slowest: float


def report(
    run: Run,
    source: Deployable,
    forms: Sequence[Form],
    chosen: Form,
    *,
    served: Served,
    address: str,
    difference: float,
) -> Report:
    """Draws the pictures, hands them over as artifacts, and says what came out.

    Args:
        run: Whose artifacts they become.
        source: What was deployed.
        forms: PyTorch, float32 and int8.
        chosen: The form that is served.
        served: A real request's answer.
        address: Where it is served.
        difference: Of the export's logits from the original's, relative to the largest.
    """
    run.artifact("request.png", request_picture(source, served, address))
    run.artifact("forms.png", forms_picture(forms))
    size = forms[0].size / forms[2].size
    label = f"**{served.answer['label']}** with {percent(served.answer['confidence'])}"
    local = address.startswith(("http://127.", "http://localhost", "http://[::1]"))
    reach = "from this machine only: the operator can set DEPLOY_URL" if local else "from everywhere"
    about = Text(
        f"Your {source.about.title} answers at {address}, {reach}. A real request came back with {label}, "
        f"{'which is right' if source.example.true == served.answer['label'] else f'it was {source.example.true}'}.\n"
        f"```\ncurl -H 'X-Key: …' {source.example.curl} {address}/predict\n```\n"
        "`/deployments` shows you its key and the page to try it; the API is described at "
        f"{address}/docs."
    )
    parts: tuple[Part, ...] = (
        about,
        Picture("request.png", "A real request to the deployed model, and its answer."),
        Text(
            f"The export computes what the original does: on {min(500, len(source.inputs[0])):,} real inputs no logit "
            f"differs by more than {difference:.0e} of the largest. int8 is {size:.1f} times smaller than the "
            "original's weights "
            f"and gives the same label on {percent(forms[2].same)}. Served: **{chosen.title}**."
        ),
        Picture("forms.png", "Size, time and accuracy of the model before and after."),
        _table(forms, served),
        File("int8.onnx", "The model with int8 weights."),
        File("float32.onnx", "The exported model."),
        File("metrics.json", "All numbers of this run."),
    )
    return Report(f"Deployed: answers in {served.milliseconds:.1f} ms", parts)


def _table(forms: Sequence[Form], served: Served) -> Table:
    rows = [
        (form.title, f"{form.size / 1000:,.0f} kB", f"{form.milliseconds:.3g}", f"{form.slowest:.3g}", _right(form))
        for form in forms
    ]
    rows.append(("over HTTP", "–", f"{served.milliseconds:.3g}", f"{served.slowest:.3g}", "–"))
    return Table(
        ("form", "size", "median ms", "99 % ms", "right"),
        tuple(rows),
        title="One prediction at a time, one thread; 99 % is the slowest but one in a hundred",
    )


def _right(form: Form) -> str:
    return "–" if form.accuracy is None else f"{percent(form.accuracy)}"


def forms_picture(forms: Sequence[Form]) -> bytes:
    """Bars of size, time and accuracy for each form, as PNG."""
    known = all(form.accuracy is not None for form in forms)
    shown = [
        ("Size, in kB: smaller is better", [form.size / 1000 for form in forms], "{:,.0f}"),
        ("One prediction, median, in ms", [form.milliseconds for form in forms], "{:.3g}"),
        (
            "Right answers, in %" if known else "Same answer as the original, in %",
            [100 * (form.accuracy if known and form.accuracy is not None else form.same) for form in forms],
            "{:.1f}",
        ),
    ]
    height = 1.75
    figure = new_figure(0.75 + (height + 0.75) * len(shown))
    for place, (about, values, shape) in enumerate(shown):
        axes = place_axes(figure, 1.5, 0.62 + (height + 0.75) * place, 5.4, height)
        style(axes)
        axes.barh(range(len(values)), values, color=_COLOURS, height=0.62)
        axes.set_yticks(range(len(values)), [form.title for form in forms])
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.grid(visible=False)
        most = max(values) or 1.0
        axes.set_xlim(0, most * 1.22)
        for row, value in enumerate(values):
            axes.text(value + most * 0.02, row, shape.format(value), color=TEXT, fontsize=FONT, va="center")
        title(axes, about)
    return png(figure)


def request_picture(source: Deployable, served: Served, address: str) -> bytes:
    """What was sent, and what came back, as PNG."""
    probabilities = list(served.answer["probabilities"].items())[:5]
    figure = new_figure(7.4)
    top = place_axes(figure, 0.3, 0.62, 6.6, 2.95)
    _plain(top, f"POST {address}/predict")
    example = source.example
    if example.media_type.startswith("image/"):
        shown = place_axes(figure, 0.55, 0.82, 2.55, 2.55)
        shown.imshow(Image.open(io.BytesIO(example.body)), cmap="gray")
        shown.set_axis_off()
        top.text(3.0 / 6.6, 0.62, f"{len(example.body) / 1000:.1f} kB, {example.media_type}", **_TEXT)
        top.text(3.0 / 6.6, 0.44, f"it is: {example.true}", **_TEXT)
    else:
        top.text(0.04, 0.5, _wrapped(example.body.decode()), **_TEXT)
    answer = place_axes(figure, 0.3, 4.3, 6.6, 2.8)
    _plain(answer, f"200 OK after {served.milliseconds:.1f} ms")
    answer.text(0.04, 0.86, f"{served.answer['label']}", color=GREEN, fontsize=FONT + 14, weight="bold", va="center")
    for row, (name, value) in enumerate(probabilities):
        y = 0.64 - 0.135 * row
        answer.text(0.04, y, name[:18], **_TEXT)
        answer.add_patch(Rectangle((0.38, y - 0.035), 0.42 * max(value, 0.004), 0.07, color=SKY, linewidth=0))
        answer.text(0.83, y, f"{percent(value)}", **_TEXT)
    return png(figure)


_TEXT: dict[str, Any] = {"color": TEXT, "fontsize": FONT, "va": "center"}


def _plain(axes: Any, text: str) -> None:  # noqa: ANN401 - matplotlib's axes
    """A panel to write on, coordinates 0 to 1."""
    style(axes)
    axes.grid(visible=False)
    axes.set_facecolor(PANEL)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    title(axes, text)


def _wrapped(text: str, width: int = 52) -> str:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line][:6])
