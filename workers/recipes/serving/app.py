"""The HTTP face of a deployed model: ``/predict``, ``/health``, ``/docs`` and a page to try it."""

import hmac
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import APIKeyHeader
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, Field

from lessons.errors import PersonError
from workers.recipes.serving.about import About
from workers.recipes.serving.inputs import TEXT_MAX, Arrays, Numbers, prepare

BODY_MAX = 2 * 2**20
"""Bytes of a request: a photo of a phone must be made smaller, which the page does by itself."""
KEY_HEADER = "X-Key"
_PAGE = Path(__file__).with_name("page.html")
_PICTURES = "image/png, image/jpeg, image/webp, image/gif"


class TextRequest(BaseModel):
    """A text to judge."""

    text: Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]


class Prediction(BaseModel):
    """What the model said."""

    label: str
    confidence: float
    """Of the label, between 0 and 1."""
    probabilities: dict[str, float]
    """Of the most probable classes, the first the highest."""
    milliseconds: float
    """In the model, without the way here and back."""


class Health(BaseModel):
    """That the server is up, and for what."""

    status: str
    model: str
    requests: int
    seconds_left: float


@dataclass(slots=True)
class Allowance:
    """A token bucket: `burst` requests at once, `rate` a second over time.

    Attributes:
        rate: Requests that come back a second.
        burst: The most that are saved up.
    """

    rate: float
    burst: float
    _left: float = field(init=False)
    _at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._left = self.burst

    def take(self, now: float) -> float:
        """Takes one request at the time `now` (seconds): 0 if there was one, else the seconds to wait."""
        if self._at:
            self._left = min(self.burst, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self.rate


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server lets through."""

    rate: float = 20.0
    """Predictions a second over time."""
    burst: float = 60.0
    wrong_keys: float = 0.5
    """Guesses of the key a second over time; ten at once."""
    body: int = BODY_MAX


Predict = Callable[[Arrays], dict[str, float]]
"""Takes a prepared input, gives the probability of each class."""


def create_app(  # noqa: C901 its routes are closures over the model
    about: About,
    predict: Predict,
    key: str,
    ends_at: float,
    *,
    limits: Limits | None = None,
    numbers: Numbers | None = None,
) -> FastAPI:
    """The application.

    Args:
        about: The model in words, and how its input is made.
        predict: The model.
        key: What a request for a prediction must carry in the header ``X-Key``.
        ends_at: When the server ends, by ``time.time``.
        limits: What it lets through.
        numbers: What makes inputs of a text.
    """
    held = limits or Limits()
    app: FastAPI = FastAPIOffline(
        title=f"Waypoint: {about.title}",
        description=_description(about),
        version="1",
        redoc_url=None,
    )
    allowed, guesses = Allowance(held.rate, held.burst), Allowance(held.wrong_keys, 10)
    served = 0
    key_header = APIKeyHeader(name=KEY_HEADER, auto_error=False)

    @app.middleware("http")
    async def limit_size(  # pyright: ignore[reportUnusedFunction] - the decorator registers it
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        length = request.headers.get("content-length")
        if length is None and request.method == "POST":
            return _refusal(411, "Say how long the request is (Content-Length).")
        if length is not None and (not length.isdecimal() or int(length) > held.body):
            return _refusal(413, f"A request has at most {held.body // 2**20} MB. Make the picture smaller.")
        return await call_next(request)

    async def check_key(request: Request) -> None:
        given = await key_header(request) or ""
        if not hmac.compare_digest(given.encode(), key.encode()):
            if (wait := guesses.take(time.monotonic())) > 0:
                raise HTTPException(429, "Too many wrong keys.", {"Retry-After": str(int(wait) + 1)})
            raise HTTPException(401, f"Send the key of this model in the header {KEY_HEADER}.")
        if (wait := allowed.take(time.monotonic())) > 0:
            raise HTTPException(429, "Too many requests. Try again in a moment.", {"Retry-After": str(int(wait) + 1)})

    async def answer(request: Request) -> Prediction:
        nonlocal served
        await check_key(request)
        given = await _given(request, about)
        try:
            prepared = await anyio.to_thread.run_sync(prepare, about, given, numbers)
        except PersonError as error:
            raise HTTPException(422, str(error)) from error
        started = time.perf_counter()
        probabilities = await anyio.to_thread.run_sync(predict, prepared)
        took = time.perf_counter() - started
        served += 1
        ranked = sorted(probabilities.items(), key=lambda item: -item[1])
        return Prediction(
            label=ranked[0][0],
            confidence=round(ranked[0][1], 4),
            probabilities={name: round(value, 4) for name, value in ranked[:10]},
            milliseconds=round(took * 1000, 2),
        )

    app.post(
        "/predict",
        response_model=Prediction,
        summary="Ask the model",
        responses={401: {}, 413: {}, 422: {}, 429: {}},
        openapi_extra={"requestBody": _request_body(about), "security": [{"key": []}]},
    )(answer)

    @app.get("/health", summary="Is it up?")
    async def health() -> Health:  # pyright: ignore[reportUnusedFunction]
        return Health(
            status="ok", model=about.title, requests=served, seconds_left=round(max(0.0, ends_at - time.time()), 1)
        )

    page = _PAGE.read_text().replace("__ABOUT__", json.dumps(_for_page(about)).replace("<", "\\u003c"))

    @app.get("/", include_in_schema=False)
    async def try_it() -> HTMLResponse:  # pyright: ignore[reportUnusedFunction]
        # The key stands behind the # of the address, which browsers send to nobody.
        return HTMLResponse(page, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})

    _describe_key(app)
    return app


async def _given(request: Request, about: About) -> bytes | str:
    """The body, of the kind that the model takes."""
    body = await request.body()
    if about.kind != "text":
        return body
    try:
        return TextRequest.model_validate_json(body).text
    except ValueError as error:
        raise HTTPException(422, f'Send JSON like {{"text": "…"}}, with 1 to {TEXT_MAX:,} characters.') from error


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status)


def _for_page(about: About) -> dict[str, Any]:
    return {"title": about.title, "kind": about.kind, "classes": about.classes, "header": KEY_HEADER}


def _description(about: About) -> str:
    takes = {
        "digit": "a picture with one handwritten digit",
        "picture": "a picture",
        "text": 'a text, as JSON: `{"text": "…"}`',
    }[about.kind]
    return f"Takes {takes}; says which of these it is: {', '.join(about.classes[:30])}."


def _request_body(about: About) -> dict[str, Any]:
    if about.kind == "text":
        return {"required": True, "content": {"application/json": {"schema": TextRequest.model_json_schema()}}}
    schema = {"type": "string", "format": "binary"}
    return {"required": True, "content": {kind: {"schema": schema} for kind in _PICTURES.split(", ")}}


def _describe_key(app: FastAPI) -> None:
    """Puts the key into the OpenAPI description, so that its page has a field for it."""
    schema = app.openapi()
    schema.setdefault("components", {})["securitySchemes"] = {
        "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER}
    }
    app.openapi_schema = schema
