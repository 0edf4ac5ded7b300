"""Holds a REST exchange against Discord's own OpenAPI description.

The description is not part of this repository: where `../shared/reference/discord-openapi.json` is absent, tests that
need it skip.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

DESCRIPTION = Path(__file__).parents[2] / "shared" / "reference" / "discord-openapi.json"

Schema = dict[str, Any]
Node = Any
"""Any JSON value."""

# Where the description is narrower than Discord itself. Each entry says what discord.py or Discord really sends.
#
# - A union is written `oneOf`, also where its members overlap (`choices: []` fits the integer, the number and the
#   string kind of autocompletion): it is read as `anyOf`.
# - Snowflakes in requests may be JSON numbers: discord.py sends `recipient_id`, `message_reference.message_id` and
#   the index of a new attachment that way, and Discord takes them.
# - Permission bits in requests are decimal strings: discord.py sends a role's `permissions` that way, Discord's
#   reference asks for it, and the description says integer.
# - The codes inside `errors` of a 50035 are words such as `BASE_TYPE_REQUIRED`, as Discord's reference shows.
# - 5xx answers are not described at all: their body is not looked at.
_SNOWFLAKE = "snowflake"
_BITS = {"permissions", "allow", "deny", "default_member_permissions"}
_BITS_AS_TEXT: Schema = {"type": ["integer", "string", "null"], "pattern": r"^\d+\Z", "minimum": 0}


class Exchange(Protocol):
    """One recorded request and its answer; the path is without `/api/v10`."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def request(self) -> Node: ...
    @property
    def status(self) -> int: ...
    @property
    def response(self) -> Node: ...


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())

    @checker.checks("date-time", raises=ValueError)
    def _(value: object) -> bool:
        return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None

    @checker.checks("uri", raises=ValueError)
    def _(value: object) -> bool:
        return not isinstance(value, str) or bool(urlsplit(value).scheme)

    @checker.checks("int32")
    def _(value: object) -> bool:
        return not isinstance(value, int) or -(2**31) <= value < 2**31

    return checker


class Description:
    """The description with its references put in place, and a validator for each operation's bodies."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._ready: dict[tuple[int, bool], Any] = {}
        self._formats = _formats()
        self._operations = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", template) + r"\Z"), template, operations)
            for template, operations in sorted(document["paths"].items(), key=lambda item: item[0].count("{"))
        ]
        self._validators: dict[tuple[str, str, str], Draft202012Validator | None] = {}

    def _target(self, reference: str) -> Node:
        node: Any = self._document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        return node

    def _resolve(self, schema: Node, *, request: bool) -> Node:
        """A copy of a schema in which every reference is the very object it names, cycles included."""
        if isinstance(schema, list):
            return [self._resolve(one, request=request) for one in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._resolve(self._target(schema["$ref"]), request=request)
        key = (id(schema), request)
        if key not in self._ready:
            made: Schema = {}
            self._ready[key] = made
            for name, value in schema.items():
                if name not in {"description", "title"} or isinstance(value, dict):
                    made["anyOf" if name == "oneOf" else name] = self._resolve(value, request=request)
            if request and made.get("format") == _SNOWFLAKE:
                made["type"] = ["string", "integer"]
            for name in _BITS.intersection(made.get("properties", ())) if request else ():
                made["properties"][name] = _BITS_AS_TEXT
            if set(made.get("properties", ())) == {"code", "message"}:
                made["properties"]["code"] = {"type": ["integer", "string"]}
        return self._ready[key]

    def operation(self, method: str, path: str) -> tuple[str, Schema]:
        """The template and description of a request's operation; LookupError if Discord has none."""
        for pattern, template, operations in self._operations:
            if pattern.match(path) and method.lower() in operations:
                return template, operations[method.lower()]
        raise LookupError(f"{method} {path}: Discord describes no such operation")

    def _validator(self, name: tuple[str, str, str], schema: Schema | None) -> Draft202012Validator | None:
        if name not in self._validators:
            resolved = None if schema is None else self._resolve(schema, request=name[2] == "request")
            self._validators[name] = (
                None if resolved is None else Draft202012Validator(resolved, format_checker=self._formats)
            )
        return self._validators[name]

    def complaints(self, exchange: Exchange) -> Iterator[str]:
        """What is wrong with an exchange: one line each, with the operation and the JSON path."""
        try:
            template, operation = self.operation(exchange.method, exchange.path)
        except LookupError as error:
            if exchange.status not in {404, 405}:
                yield str(error)
            return
        label = f"{exchange.method} {template}"
        if exchange.request is not None and exchange.status < 400:
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if schema is None:
                yield f"{label}: takes no JSON body, but got one"
            else:
                validator = self._validator((exchange.method, template, "request"), schema)
                yield from _lines(f"{label} request", validator, exchange.request)
        if exchange.status < 500:
            yield from self._response_complaints(label, template, operation, exchange)

    def _response_complaints(self, label: str, template: str, operation: Schema, exchange: Exchange) -> Iterator[str]:
        responses: Mapping[str, Any] = operation["responses"]
        status = str(exchange.status)
        described = responses.get(status) or responses.get(f"{status[0]}XX")
        if described is None:
            yield f"{label}: Discord does not answer {status}, but {', '.join(responses)}"
            return
        if "$ref" in described:
            described = self._target(described["$ref"])
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            if exchange.response is not None:
                yield f"{label}: {status} has no body, but got one"
            return
        validator = self._validator((exchange.method, template, status), schema)
        yield from _lines(f"{label} {status}", validator, exchange.response)


def _lines(label: str, validator: Draft202012Validator | None, instance: Node) -> Iterator[str]:
    if validator is None:
        return
    for error in validator.iter_errors(instance):
        deepest = _deepest(error)
        path = "$" + "".join(f"[{step!r}]" for step in deepest.absolute_path)
        yield f"{label}: {path}: {deepest.message[:300]}"


def _deepest(error: ValidationError) -> ValidationError:
    """The complaint of the union's member that was meant: the one whose `type` fits, or that got furthest."""
    while error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        meant = [
            errors for errors in branches.values() if not any(list(one.path)[-1:] == ["type"] for one in errors)
        ] or list(branches.values())
        error = max((errors[0] for errors in meant), key=lambda one: len(one.absolute_path))
    return error


@cache
def description() -> Description:
    """Discord's description; skips the test where it is absent."""
    if not DESCRIPTION.is_file():
        pytest.skip("Discord's OpenAPI description is not beside this checkout (shared/reference).")
    return Description(json.loads(DESCRIPTION.read_text(encoding="utf-8")))


def assert_valid(exchanges: Iterator[Exchange]) -> None:
    """Fail with every complaint about every exchange."""
    known = description()
    complaints = [line for exchange in exchanges for line in known.complaints(exchange)]
    assert not complaints, "\n".join(dict.fromkeys(complaints))
