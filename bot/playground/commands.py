"""Application commands: what Discord demands of one, how it answers it, and how a call of one is checked.

Source: https://discord.com/developers/docs/interactions/application-commands
"""

import re
from enum import IntEnum
from typing import Final, cast

from bot.playground.form import Form, Path
from bot.playground.models import Json
from bot.playground.wire import objects

CHAT_INPUT: Final = 1
MOST_CHAT_INPUT: Final = 100
MOST_CONTEXT_MENU: Final = 15
_MOST_CHARACTERS: Final = 8000
_NAME = re.compile(r"[-_'\w]{1,32}")


class Option(IntEnum):
    """The option types."""

    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


_NESTED: Final = frozenset({Option.SUBCOMMAND, Option.GROUP})
_ALLOWED: Final = (
    tuple(Option),
    (Option.SUBCOMMAND,),
    tuple(one for one in Option if one not in _NESTED),
)
"""What may lie in a command, in a group and in a subcommand."""
_CHOOSABLE: Final = frozenset({Option.STRING, Option.INTEGER, Option.NUMBER})


def check_command(command: Json, form: Form, path: Path = ()) -> None:
    """Note in a form what is wrong with a command."""
    kind = command.get("type") or CHAT_INPUT
    if not form.choice(kind, (*path, "type"), (1, 2, 3)):
        return
    if kind == CHAT_INPUT:
        _check_name(form, command.get("name"), (*path, "name"))
        form.text(command.get("description"), (*path, "description"), 100, least=1, optional=False)
        _check_options(form, command.get("options"), (*path, "options"), depth=0)
        if _weight(command) > _MOST_CHARACTERS:
            words = f"Command exceeds maximum size ({_MOST_CHARACTERS})"
            form.add(path, "APPLICATION_COMMAND_TOO_LARGE", words)
    else:
        form.text(command.get("name"), (*path, "name"), 32, least=1, optional=False)
        if command.get("description"):
            words = "Context menu commands cannot have description"
            form.add((*path, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", words)


def check_commands(commands: list[Json]) -> None:
    """Refuse a whole set of commands.

    Raises:
        ApiError: 50035 with every complaint.
    """
    form = Form()
    seen: set[tuple[str, str]] = set()
    for index, command in enumerate(commands):
        check_command(command, form, (index,))
        key = (str(command.get("type") or CHAT_INPUT), str(command.get("name")))
        if key in seen:
            words = "Application command names must be unique"
            form.add((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", words)
        seen.add(key)
    chat = sum(1 for kind, _ in seen if kind == str(CHAT_INPUT))
    if chat > MOST_CHAT_INPUT or len(seen) - chat > 2 * MOST_CONTEXT_MENU:
        form.add((), "BASE_TYPE_BAD_LENGTH", f"Must be between 0 and {MOST_CHAT_INPUT} in length.")
    form.settle()


def _check_name(form: Form, name: object, path: Path) -> None:
    if not isinstance(name, str):
        form.required(path)
    elif not _NAME.fullmatch(name) or name != name.lower():
        words = "Command name is invalid"
        form.add(path, "APPLICATION_COMMAND_INVALID_NAME", words)


def _check_options(form: Form, options: object, path: Path, *, depth: int) -> None:
    names: set[str] = set()
    nested: set[bool] = set()
    optional_seen = False
    for index, option in enumerate(form.items(options, path, 25)):
        here = (*path, index)
        kind = option.get("type")
        if not form.choice(kind, (*here, "type"), _ALLOWED[depth]):
            continue
        nested.add(kind in _NESTED)
        _check_name(form, option.get("name"), (*here, "name"))
        form.text(option.get("description"), (*here, "description"), 100, least=1, optional=False)
        if str(option.get("name")) in names:
            words = "Option names must be unique"
            form.add(here, "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", words)
        names.add(str(option.get("name")))
        if kind in _NESTED:
            deeper = 1 if kind == Option.GROUP else 2
            _check_options(form, option.get("options"), (*here, "options"), depth=deeper)
            continue
        if option.get("required") and optional_seen:
            words = "Required options must be placed before non-required options"
            form.add(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        optional_seen = optional_seen or not option.get("required")
        _check_value_rules(form, option, here)
    if len(nested) > 1:
        words = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        form.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)


def _check_value_rules(form: Form, option: Json, path: Path) -> None:
    choices = form.items(option.get("choices"), (*path, "choices"), 25)
    if choices and option["type"] not in _CHOOSABLE:
        words = "Choices are not allowed for this option type"
        form.add((*path, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", words)
    if choices and option.get("autocomplete"):
        words = "Cannot set autocomplete to true if choices are present"
        form.add((*path, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", words)
    for index, choice in enumerate(choices):
        here = (*path, "choices", index)
        form.text(choice.get("name"), (*here, "name"), 100, least=1, optional=False)
        if option["type"] == Option.STRING:
            form.text(choice.get("value"), (*here, "value"), 100, optional=False)
    form.number(option.get("min_length"), (*path, "min_length"), 0, 6000)
    form.number(option.get("max_length"), (*path, "max_length"), 1, 6000)


def _weight(node: Json) -> int:
    total = len(str(node.get("name") or "")) + len(str(node.get("description") or ""))
    for choice in objects(node.get("choices")):
        total += len(str(choice.get("name") or "")) + len(str(choice.get("value") or ""))
    return total + sum(_weight(option) for option in objects(node.get("options")))


def present_command(command: Json, *, identity: int, application: int, guild: int | None, version: int) -> Json:
    """A command as Discord answers it."""
    permissions = command.get("default_member_permissions")
    shown: Json = {
        "id": str(identity),
        "application_id": str(application),
        "version": str(version),
        "type": command.get("type") or CHAT_INPUT,
        "name": command["name"],
        "name_localizations": command.get("name_localizations"),
        "description": command.get("description") or "",
        "description_localizations": command.get("description_localizations"),
        "default_member_permissions": None if permissions is None else str(permissions),
        "dm_permission": command.get("dm_permission") is not False,
        "contexts": command.get("contexts"),
        "integration_types": command.get("integration_types") or [0],
        "nsfw": bool(command.get("nsfw")),
    }
    if guild is not None:
        shown["guild_id"] = str(guild)
    if options := command.get("options"):
        shown["options"] = [_present_option(option) for option in options]
    return shown


def _present_option(option: Json) -> Json:
    shown: Json = {key: value for key, value in option.items() if value is not None}
    if "options" in shown:
        shown["options"] = [_present_option(one) for one in shown["options"]]
    return shown


def leaf_of(command: Json, options: list[Json]) -> tuple[list[Json], list[Json], Path]:
    """Follow a call's subcommands down.

    Args:
        command: the registered command.
        options: the call's options.

    Returns:
        The declared options of the called leaf, the given ones, and where in the call those lie.
    """
    declared = objects(command.get("options"))
    path: Path = ("options",)
    while len(options) == 1 and options[0].get("type") in _NESTED:
        node = next((one for one in declared if one["name"] == options[0].get("name")), None)
        if node is None or node["type"] != options[0]["type"]:
            break
        declared = objects(node.get("options"))
        options = objects(options[0].get("options"))
        path = (*path, 0, "options")
    return declared, options, path


def check_call(command: Json, options: list[Json], *, complete: bool) -> None:
    """Refuse a call whose options the registered command does not take, as a client would before it sends.

    Args:
        command: the registered command.
        options: what the member filled in.
        complete: whether required options must be there (not while autocompleting).

    Raises:
        ApiError: 50035 with every complaint.
    """
    form = Form()
    declared, given, path = leaf_of(command, options)
    if any(one["type"] in _NESTED for one in declared):
        form.add(path, "SUBCOMMAND_REQUIRED", "Choose one of the subcommands.")
        form.settle()
    by_name = {str(one["name"]): one for one in declared}
    for index, option in enumerate(given):
        known = by_name.get(str(option.get("name")))
        here = (*path, index)
        if known is None or known["type"] != option.get("type"):
            form.add(here, "OPTION_UNKNOWN", f"The command has no option {option.get('name')!r} of this type.")
        elif complete:
            _check_given(form, known, option.get("value"), (*here, "value"))
    if complete:
        names = {option.get("name") for option in given}
        for name, known in by_name.items():
            if known.get("required") and name not in names:
                form.required((*path, name))
    form.settle()


def _check_given(form: Form, known: Json, value: object, path: Path) -> None:
    match known["type"]:
        case Option.STRING:
            form.text(value, path, known.get("max_length") or 6000, least=known.get("min_length") or 0)
        case Option.INTEGER if not isinstance(value, int) or isinstance(value, bool):
            form.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        case Option.NUMBER if not isinstance(value, int | float) or isinstance(value, bool):
            form.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not float.')
        case Option.INTEGER | Option.NUMBER:
            _check_range(form, known, cast("float", value), path)
        case Option.BOOLEAN if not isinstance(value, bool):
            form.add(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
        case Option.USER | Option.CHANNEL | Option.ROLE | Option.MENTIONABLE | Option.ATTACHMENT:
            if not str(value).isdecimal():
                form.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        case _:
            pass
    choices = objects(known.get("choices"))
    if choices and value not in [choice["value"] for choice in choices]:
        words = ", ".join(str(choice["name"]) for choice in choices)
        form.add(path, "BASE_TYPE_CHOICES", f"Value must be one of ({words}).")


def _check_range(form: Form, known: Json, value: float, path: Path) -> None:
    least, most = known.get("min_value"), known.get("max_value")
    if least is not None and value < least:
        form.add(path, "NUMBER_TYPE_MIN", f"Must be {least} or more.")
    if most is not None and value > most:
        form.add(path, "NUMBER_TYPE_MAX", f"Must be {most} or less.")
