"""A body that is right but for one place gets an answer with a code, never a crash."""

import copy
import itertools
from typing import Any

import aiohttp
import pytest

from bot.playground import Playground, seed, serve
from bot.playground.components import ComponentCheck
from bot.playground.errors import ApiError
from bot.playground.form import Form
from bot.playground.permissions import ALL
from bot.playground.present import present_components
from bot.playground.wire import an_object

Json = dict[str, Any]
HALL = seed.CHANNELS[1].id
COMMANDS = f"/applications/{seed.APPLICATION_ID}/commands"

BUTTON = {"type": 2, "style": 1, "custom_id": "b", "label": "x", "emoji": {"name": "🔁"}}
SELECT = {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a", "emoji": {"name": "🔁"}}]}
EMBED = {
    "title": "t",
    "color": 1,
    "fields": [{"name": "n", "value": "v"}],
    "footer": {"text": "f", "icon_url": "https://a.b"},
    "author": {"name": "a"},
    "image": {"url": "https://a.b/c.png"},
}
PLAIN = {
    "content": "x",
    "flags": 4,
    "nonce": "n",
    "enforce_nonce": True,
    "embeds": [EMBED],
    "components": [{"type": 1, "components": [BUTTON]}, {"type": 1, "components": [SELECT]}],
    "allowed_mentions": {"parse": ["users"], "roles": ["1"], "replied_user": False},
    "attachments": [],
    "message_reference": {"message_id": "1", "fail_if_not_exists": False},
}
PICTURE = {"media": {"url": "https://a.b/c.png"}, "description": "d"}
CARD = {
    "flags": 1 << 15,
    "components": [
        {
            "type": 17,
            "accent_color": 1,
            "components": [
                {"type": 9, "components": [{"type": 10, "content": "x"}], "accessory": {"type": 11, **PICTURE}},
                {"type": 12, "items": [PICTURE]},
                {"type": 14, "spacing": 2},
                {"type": 1, "components": [BUTTON]},
            ],
        }
    ],
}
CHOICES = [{"label": "a", "value": "a"}, {"label": "b", "value": "b"}]
OPTION = {"type": 3, "name": "o", "description": "d", "choices": [{"name": "c", "value": "c"}]}
GROUP = {"type": 1, "name": "s", "description": "d", "options": [OPTION]}
COMMAND = {"name": "run", "description": "d", "options": [GROUP], "contexts": [0], "default_member_permissions": 8}
OVERWRITE = {"type": 0, "allow": "1024", "deny": "0"}

REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", f"/channels/{HALL}/messages", PLAIN),
    ("POST", f"/channels/{HALL}/messages", CARD),
    ("POST", f"/channels/{HALL}/threads", {"name": "t", "type": 11, "auto_archive_duration": 60, "invitable": True}),
    ("POST", f"/channels/{HALL}/messages/bulk-delete", {"messages": ["1", "2"]}),
    ("PATCH", f"/channels/{HALL}", {"name": "n", "topic": "t", "rate_limit_per_user": 1}),
    ("PUT", f"/channels/{HALL}/permissions/{seed.ORGANISER_ROLE_ID}", OVERWRITE),
    ("PUT", COMMANDS, [COMMAND]),
    ("POST", COMMANDS, COMMAND),
    ("POST", f"/guilds/{seed.GUILD_ID}/roles", {"name": "r", "permissions": "0", "color": 1, "hoist": True}),
    ("POST", f"/guilds/{seed.GUILD_ID}/channels", {"name": "c", "topic": "t", "type": 0}),
    ("POST", "/users/@me/channels", {"recipient_id": str(seed.OWNER_ID)}),
]

SOMETHING: list[Any] = [
    None,
    True,
    -1,
    0,
    7,
    2**70,
    0.5,
    "",
    "x",
    "7",
    "²",
    "attachment://a",
    [],
    {},
    [[]],
    [{}],
    [1],
    ["x"],
]
SOMETHING += [{"type": 2}, [{"type": 1, "components": [{"type": 2}]}]]


def everything_allowed(ground: Playground) -> None:
    """Give the bot all permissions, so that more code is reached."""
    role = ground.world.role(seed.BOT_ROLE_ID)
    ground.world.keep(role.model_copy(update={"permissions": ALL}))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a JSON value, its root first."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy in which the value at a path is another one."""
    if not path:
        return value
    made = copy.deepcopy(node)
    parent = made
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return made


@pytest.mark.parametrize(("method", "path", "right"), REQUESTS, ids=[f"{one[0]} {one[1]}" for one in REQUESTS])
async def test_one_wrong_place_is_answered(method: str, path: str, right: Any) -> None:
    headers = {"Authorization": "Bot playground"}
    crashed: list[str] = []
    async with serve(rate_limits=False) as ground, aiohttp.ClientSession() as session:
        everything_allowed(ground)
        for place, value in itertools.product(places(right), SOMETHING):
            body = replaced(right, place, value)
            async with session.request(method, ground.api_url + path, json=body, headers=headers) as response:
                answer = {} if response.content_type != "application/json" else await response.json()
                if response.status >= 500 or (response.status >= 400 and "code" not in answer):
                    crashed.append(f"{place} = {value!r}")
            if response.status < 300 and path.endswith("/messages"):
                edit = f"{ground.api_url}{path}/{answer['id']}"
                async with session.patch(edit, json=body, headers=headers) as edited:
                    if edited.status >= 500:
                        crashed.append(f"edit with {place} = {value!r}")
    assert not crashed


MODAL = {
    "custom_id": "m",
    "title": "t",
    "components": [
        {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "a", "style": 1, "max_length": 9}},
        {"type": 18, "label": "l", "component": {"type": 21, "custom_id": "b", "options": CHOICES}},
        {"type": 18, "label": "l", "component": {"type": 22, "custom_id": "c", "options": CHOICES, "max_values": 2}},
        {"type": 1, "components": [{"type": 4, "custom_id": "d", "style": 2, "label": "l"}]},
        {"type": 10, "content": "x"},
    ],
}


def test_one_wrong_place_in_a_modal_is_found_or_harmless() -> None:
    refused = 0
    for place, value in itertools.product(places(MODAL), SOMETHING):
        modal = replaced(MODAL, place, value)
        form = Form()
        ComponentCheck(form).modal(an_object(modal), ())
        try:
            form.settle()
        except ApiError:
            refused += 1
        else:
            assert present_components(modal["components"], {})
    assert refused > 100


async def test_the_right_bodies_are_taken() -> None:
    async with serve(rate_limits=False) as ground, aiohttp.ClientSession() as session:
        everything_allowed(ground)
        for method, path, body in REQUESTS:
            headers = {"Authorization": "Bot playground"}
            async with session.request(method, ground.api_url + path, json=body, headers=headers) as response:
                assert response.status < 300, (path, await response.text())
