"""Reading JSON that somebody else wrote: an empty value stands for what is not of the shape asked for."""

from collections.abc import Mapping
from typing import Any, cast

from bot.playground.models import Json


def an_object(value: object) -> Json:
    """The JSON object, or an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def a_list(value: object) -> list[Any]:
    """The list, or an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def objects(value: object) -> list[Json]:
    """The objects of a list."""
    return [cast("Json", one) for one in a_list(value) if isinstance(one, dict)]


def a_number(value: object, default: int = 0) -> int:
    """The whole number, also where it is written as a string of digits (as snowflakes are)."""
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else default


def ids(value: object) -> list[int]:
    """The snowflakes of a list."""
    return [a_number(one) for one in a_list(value)]


def inner(value: Mapping[str, object], *keys: str) -> object:
    """What lies at the end of a path of keys, or None."""
    node: object = value
    for key in keys:
        node = an_object(node).get(key)
    return node
