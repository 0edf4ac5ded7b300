"""Form checking: collects what is wrong with a request body in the nested shape of Discord's 50035."""

from collections.abc import Collection, Sequence
from typing import cast

from bot.playground.errors import ApiError, Code
from bot.playground.models import Json

Path = tuple[str | int, ...]


class Form:
    """The complaints about one request body. Check all of it, then `settle` raises if there were any."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note one complaint about the field at `path` (keys and list indices from the body's root).

        Discord complains about a thing or about its parts, never about both: what comes first stands.
        """
        node = self._errors
        for step in path:
            if "_errors" in node:
                return
            node = node.setdefault(str(step), {})
        if not node or "_errors" in node:
            node.setdefault("_errors", []).append({"code": code, "message": message})

    def settle(self) -> None:
        """Raise 50035 with every complaint.

        Raises:
            ApiError: something was wrong.
        """
        if self._errors:
            raise ApiError(400, Code.INVALID_FORM, "Invalid Form Body", self._errors)

    def required(self, path: Path) -> None:
        """Complain that a field is missing."""
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def text(self, value: object, path: Path, most: int, *, least: int = 0, optional: bool = True) -> str:
        """A string of `least` to `most` characters; null and missing pass where it is optional."""
        if value is None:
            if not optional:
                self.required(path)
            return ""
        if not isinstance(value, str):
            self.add(path, "BASE_TYPE_STRING", "Must be a string.")
            return ""
        if least <= len(value) <= most:
            return value
        if least:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        else:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return value

    def number(self, value: object, path: Path, least: int, most: int) -> None:
        """A whole number from `least` to `most`; null and missing pass."""
        if value is None:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < least:
            self.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        elif value > most:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")

    def items(self, value: object, path: Path, most: int, *, least: int = 0, optional: bool = True) -> Sequence[Json]:
        """A list of `least` to `most` objects; what is not an object is complained about and left out."""
        if value is None:
            if not optional:
                self.required(path)
            return ()
        if not isinstance(value, list):
            self.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return ()
        entries = cast("list[object]", value)
        if not least <= len(entries) <= most:
            words = f"between {least} and {most}" if least else f"{most} or fewer"
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be {words} in length.")
        kept: list[Json] = []
        for index, entry in enumerate(entries):
            if isinstance(entry, dict):
                kept.append(cast("Json", entry))
            else:
                self.add((*path, index), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return kept

    def an_object(self, value: object, path: Path) -> Json:
        """A JSON object; null and missing pass as an empty one."""
        if value is None:
            return {}
        if isinstance(value, dict):
            return cast("Json", value)
        self.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return {}

    def choice(self, value: object, path: Path, allowed: Collection[object]) -> bool:
        """Whether a value is one of those allowed; complains if it is not."""
        if any(value == one for one in allowed):  # not by hash: the value may be a list
            return True
        words = ", ".join(str(one) for one in allowed)
        self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of ({words}).")
        return False
