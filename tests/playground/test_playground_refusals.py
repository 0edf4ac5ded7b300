"""What Discord refuses is refused here, with its status, its code and the field that is wrong."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.playground import Playground, seed
from bot.playground.limits import MOST_FILE_BYTES
from tests.openapi import description

Json = dict[str, Any]
HALL = next(one.id for one in seed.CHANNELS if one.name == "study-hall")
AIKO = next(user.id for user in seed.USERS if user.username == "aiko")
MESSAGES = f"/channels/{HALL}/messages"
COMMANDS = f"/applications/{seed.APPLICATION_ID}/commands"
V2 = 1 << 15


class Api:
    """The REST side, asked by hand."""

    def __init__(self, ground: Playground, session: aiohttp.ClientSession) -> None:
        self._ground = ground
        self._session = session
        self.token = "Bot playground"  # noqa: S105  # what the playground takes

    async def __call__(self, method: str, path: str, body: object = None, **more: object) -> tuple[int, Any]:
        headers = {"Authorization": self.token} if self.token else {}
        kwargs: Json = more if body is None else {"json": body, **more}
        url = self._ground.api_url + path
        async with self._session.request(method, url, headers=headers, **kwargs) as response:
            return response.status, await response.json() if response.content_length else None


@pytest.fixture
async def api(ground: Playground) -> AsyncIterator[Api]:
    ground.world.faults.rate_limits = False
    async with aiohttp.ClientSession() as session:
        yield Api(ground, session)


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


def button(number: int = 0, **more: object) -> Json:
    return {"type": 2, "style": 1, "custom_id": f"b{number}", "label": "Go", **more}


def select(options: int = 1, **more: object) -> Json:
    listed = [{"label": f"o{number}", "value": f"o{number}"} for number in range(options)]
    return {"type": 3, "custom_id": "s", "options": listed, **more}


def text(content: str = "x") -> Json:
    return {"type": 10, "content": content}


def card(*components: Json) -> Json:
    return {"flags": V2, "components": list(components)}


def container(*inner: Json) -> Json:
    return {"type": 17, "components": list(inner)}


def section(*texts: Json, **more: object) -> Json:
    return {"type": 9, "components": list(texts), **more}


def gallery(*items: Json) -> Json:
    return {"type": 12, "items": list(items)}


def picture(url: str) -> Json:
    return {"media": {"url": url}}


TWICE = {"parse": ["users"], "users": ["1"]}
FIRST = "components.0.components.0"
GALLERY = [picture("https://example.org/a.png")]

TOO_MUCH: list[tuple[str, Json, str]] = [
    ("2,001 characters", {"content": "x" * 2001}, "content"),
    ("eleven embeds", {"embeds": [{"title": "x"}] * 11}, "embeds"),
    ("an embed title of 257", {"embeds": [{"title": "x" * 257}]}, "embeds.0.title"),
    ("an embed text of 4,097", {"embeds": [{"description": "x" * 4097}]}, "embeds.0.description"),
    ("26 embed fields", {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]}, "embeds.0.fields"),
    ("an embed field without a value", {"embeds": [{"fields": [{"name": "n"}]}]}, "embeds.0.fields.0.value"),
    ("6,001 in all embeds", {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]}, "embeds"),
    ("six rows", {"components": [row(button(number)) for number in range(6)]}, "components"),
    ("six buttons in a row", {"components": [row(*map(button, range(6)))]}, "components.0.components"),
    ("an empty row", {"components": [row()]}, "components.0.components"),
    ("a label of 81", {"components": [row(button(label="x" * 81))]}, f"{FIRST}.label"),
    ("a custom_id of 101", {"components": [row(button(custom_id="x" * 101))]}, f"{FIRST}.custom_id"),
    ("two equal custom_ids", {"components": [row(button(), button())]}, "components.0.components.1.custom_id"),
    ("a button without a custom_id", {"components": [row(button(custom_id=None))]}, f"{FIRST}.custom_id"),
    ("a link without an address", {"components": [row({"type": 2, "style": 5})]}, f"{FIRST}.url"),
    ("a link with a custom_id", {"components": [row(button(style=5, url="https://a.b"))]}, f"{FIRST}.custom_id"),
    ("a button that says nothing", {"components": [row(button(label=None))]}, FIRST),
    ("an emoji that is a word", {"components": [row(button(emoji={"name": "cat"}))]}, f"{FIRST}.emoji.name"),
    ("a select beside a button", {"components": [row(select(), button())]}, "components.0.components"),
    ("26 options", {"components": [row(select(26))]}, f"{FIRST}.options"),
    ("a select without options", {"components": [row(select(0))]}, f"{FIRST}.options"),
    ("a bare button", {"components": [button()]}, "components.0.type"),
    ("new components without the flag", {"components": [text()]}, "components.0.type"),
    ("content in a card", {"content": "x", **card(text())}, "content"),
    ("an embed in a card", {"embeds": [{"title": "x"}], **card(text())}, "embeds"),
    ("41 components in a card", card(*[container(*[text()] * 20)] * 2), "components"),
    ("4,001 characters in a card", card(text("x" * 2000), text("x" * 2001)), "components"),
    ("an empty text", card(text("")), "components.0.content"),
    ("a container in a container", card(container(container(text()))), f"{FIRST}.type"),
    ("a section without an accessory", card(section(text())), "components.0.accessory"),
    ("four texts in a section", card(section(*[text()] * 4, accessory=button())), "components.0.components"),
    ("eleven pictures", card(gallery(*GALLERY * 11)), "components.0.items"),
    ("no pictures", card(gallery()), "components.0.items"),
    ("a picture that is not there", card(gallery(picture("attachment://no.png"))), "components.0.items.0.media.url"),
    ("a file that is not there", card({"type": 13, "file": {"url": "attachment://no.txt"}}), "components.0.file.url"),
    ("a picture from the disk", card(gallery(picture("file:///etc/passwd"))), "components.0.items.0.media.url"),
    ("a text input in a message", {"components": [row({"type": 4, "custom_id": "t", "style": 1})]}, f"{FIRST}.type"),
    ("mentions said twice", {"content": "x", "allowed_mentions": TWICE}, "allowed_mentions"),
    ("a reply to nothing", {"content": "x", "message_reference": {"message_id": "1"}}, "message_reference"),
    ("a nonce of 26", {"content": "x", "nonce": "n" * 26}, "nonce"),
    ("shapes that are none", {"content": 7, "embeds": {"a": 1}, "components": "no"}, "content"),
]


def complaint_at(errors: Json, path: str) -> Json:
    node = errors
    for step in path.split("."):
        assert step in node, f"no complaint at {path}, but {errors}"
        node = node[step]
    return node["_errors"][0]


@pytest.mark.parametrize(("body", "path"), [entry[1:] for entry in TOO_MUCH], ids=[entry[0] for entry in TOO_MUCH])
async def test_a_message_over_a_limit_is_refused_where_it_is_wrong(api: Api, body: Json, path: str) -> None:
    status, answer = await api("POST", MESSAGES, body)
    assert (status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    assert set(complaint_at(answer["errors"], path)) == {"code", "message"}


JUST_RIGHT: list[tuple[str, Json]] = [
    ("2,000 characters", {"content": "x" * 2000}),
    ("ten embeds", {"embeds": [{"title": "x"}] * 10}),
    ("five rows of five", {"components": [row(*map(button, range(at, at + 5))) for at in range(0, 25, 5)]}),
    ("25 options", {"components": [row(select(25))], "content": "x"}),
    ("an emoji alone", {"components": [row(button(label=None, emoji={"name": "🔁"}))]}),
    ("40 components", card(container(*[text("x")] * 39))),
    ("4,000 characters", card(text("x" * 2000), text("x" * 2000))),
    ("ten pictures", card(gallery(*GALLERY * 10))),
]


@pytest.mark.parametrize("body", [entry[1] for entry in JUST_RIGHT], ids=[entry[0] for entry in JUST_RIGHT])
async def test_a_message_at_a_limit_is_taken(api: Api, body: Json) -> None:
    status, answer = await api("POST", MESSAGES, body)
    assert (status, answer.get("errors")) == (200, None)


def run(*options: Json) -> Json:
    return {"name": "run", "description": "d", "options": list(options)}


def choices(number: int, length: int = 1) -> list[Json]:
    return [{"name": "c" * length, "value": "v" * length}] * number


OPTION: Json = {"type": 3, "name": "o", "description": "d"}
WRONG_COMMANDS: list[tuple[str, Json, str]] = [
    ("capitals", {"name": "Run", "description": "d"}, "0.name"),
    ("a space", {"name": "run it", "description": "d"}, "0.name"),
    ("33 characters", {"name": "x" * 33, "description": "d"}, "0.name"),
    ("no description", {"name": "run"}, "0.description"),
    ("a description of 101", {"name": "run", "description": "d" * 101}, "0.description"),
    ("26 options", run(*[OPTION] * 26), "0.options"),
    ("two equal options", run(OPTION, OPTION), "0.options.1"),
    ("a required option last", run(OPTION, {**OPTION, "name": "p", "required": True}), "0.options.1"),
    ("26 choices", run({**OPTION, "choices": choices(26)}), "0.options.0.choices"),
    (
        "choices to autocomplete",
        run({**OPTION, "autocomplete": True, "choices": choices(1)}),
        "0.options.0.autocomplete",
    ),
    ("a subcommand beside an option", run(OPTION, {"type": 1, "name": "s", "description": "d"}), "0.options"),
    ("over 8,000 characters", run(*[{**OPTION, "name": f"o{one}", "choices": choices(25, 90)} for one in (1, 2)]), "0"),
]


@pytest.mark.parametrize(
    ("command", "path"), [entry[1:] for entry in WRONG_COMMANDS], ids=[entry[0] for entry in WRONG_COMMANDS]
)
async def test_a_wrong_command_is_refused(api: Api, command: Json, path: str) -> None:
    status, answer = await api("PUT", COMMANDS, [command])
    assert (status, answer["code"]) == (400, 50035)
    assert complaint_at(answer["errors"], path)


async def test_commands_are_made_changed_and_removed_one_by_one(api: Api) -> None:
    status, made = await api("POST", COMMANDS, {"name": "run", "description": "Run"})
    assert status == 201
    status, again = await api("POST", COMMANDS, {"name": "run", "description": "Run"})
    assert (status, again["id"], again["version"]) == (200, made["id"], made["version"])
    _, changed = await api("PATCH", f"{COMMANDS}/{made['id']}", {"description": "Run it"})
    assert (changed["id"], changed["description"]) == (made["id"], "Run it")
    assert changed["version"] != made["version"]
    guild = f"/applications/{seed.APPLICATION_ID}/guilds/{seed.GUILD_ID}/commands"
    _, listed = await api("PUT", guild, [{"name": "here", "description": "Only here"}])
    assert listed[0]["guild_id"] == str(seed.GUILD_ID)
    assert [one["name"] for one in (await api("GET", COMMANDS))[1]] == ["run"]
    assert (await api("DELETE", f"{COMMANDS}/{made['id']}"))[0] == 204
    assert (await api("GET", f"{COMMANDS}/{made['id']}"))[1]["code"] == 10063


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, 0),
        ("PUT", "/users/@me", {}, 405, 0),
        ("GET", "/channels/1", None, 404, 10003),
        ("GET", "/channels/abc", None, 400, 50035),
        ("GET", f"{MESSAGES}/1", None, 404, 10008),
        ("GET", "/guilds/1", None, 404, 10004),
        ("GET", "/users/1", None, 404, 10013),
        ("POST", "/users/@me/channels", {"recipient_id": "1"}, 404, 10013),
        ("POST", MESSAGES, {"content": ""}, 400, 50006),
        ("POST", MESSAGES, {"content": "  "}, 400, 50006),
        ("POST", MESSAGES, [], 400, 50035),
        ("POST", "/interactions/1/token/callback", {"type": 5}, 404, 10062),
        ("POST", f"/webhooks/{seed.APPLICATION_ID}/token", {"content": "x"}, 401, 50027),
        ("POST", "/webhooks/1/token", {"content": "x"}, 404, 10015),
        ("PUT", f"/guilds/{seed.GUILD_ID}/members/{AIKO}/roles/1", None, 404, 10011),
        ("GET", "/applications/1/commands", None, 403, 50001),
    ],
)
async def test_refusals_have_discords_codes(
    api: Api, method: str, path: str, body: object, status: int, code: int
) -> None:
    got, answer = await api(method, path, body)
    assert (got, answer["code"]) == (status, code)


@pytest.mark.parametrize("token", ["", "Bot wrong", "Bearer playground", "playground"])
async def test_without_the_bots_token_nothing_is_told(api: Api, token: str) -> None:
    api.token = token
    assert await api("GET", "/users/@me") == (401, {"message": "401: Unauthorized", "code": 0})


@pytest.mark.parametrize("token", ["Bot playground", "Bot playground.a.b"])
async def test_the_token_may_have_parts(api: Api, token: str) -> None:
    api.token = token
    assert (await api("GET", "/users/@me"))[1]["id"] == str(seed.BOT_ID)


async def test_broken_json_is_named(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    async with api._session.post(
        api._ground.api_url + MESSAGES, data=b"{", headers={"Authorization": api.token, **headers}
    ) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


async def test_eleven_files_and_a_large_one_are_refused(api: Api) -> None:
    many = aiohttp.FormData()
    for number in range(11):
        many.add_field(f"files[{number}]", b"x", filename=f"{number}.txt")
    status, answer = await api("POST", MESSAGES, data=many)
    assert (status, answer["code"]) == (400, 50035)
    large = aiohttp.FormData()
    large.add_field("files[0]", bytes(MOST_FILE_BYTES + 1), filename="large.bin")
    status, answer = await api("POST", MESSAGES, data=large)
    assert (status, answer["code"]) == (413, 40005)
    exact = aiohttp.FormData()
    exact.add_field("files[0]", bytes(MOST_FILE_BYTES), filename="large.bin")
    assert (await api("POST", MESSAGES, data=exact))[0] == 200


async def test_the_versionless_api_is_the_same(api: Api, ground: Playground) -> None:
    url = f"{ground.url}/api/users/@me"
    async with api._session.get(url, headers={"Authorization": api.token}) as response:
        assert (await response.json())["username"] == "Waypoint"


async def test_somebody_elses_message_cannot_be_edited(api: Api, ground: Playground) -> None:
    from tests.playground.page_client import open_page  # noqa: PLC0415  # the only test here with a page

    async with open_page(ground) as page:
        await page.send("MESSAGE", channel_id=str(HALL), content="mine")
        message = await page.until("MESSAGE_CREATE")
    status, answer = await api("PATCH", f"{MESSAGES}/{message['id']}", {"content": "yours"})
    assert (status, answer["code"]) == (403, 50005)


def test_the_description_names_what_is_wrong() -> None:
    from bot.playground.exchanges import Exchange  # noqa: PLC0415  # made by hand here only

    def exchange(request: object, status: int, response: object) -> Exchange:
        return Exchange(0.0, "POST", MESSAGES, "", {}, request, (), status, response, 0.0)

    button_without_id = {"type": 1, "id": 1, "components": [{"type": 2, "style": 1, "custom_id": "x"}]}
    wrong = exchange({"content": 7}, 200, {"components": [button_without_id]})
    lines = list(description().complaints(wrong))
    assert any("POST /channels/{channel_id}/messages request: $['content']" in line for line in lines)
    assert any("$['components'][0]['components'][0]: 'id' is a required property" in line for line in lines)
    unknown = Exchange(0.0, "GET", "/nowhere", "", {}, None, (), 200, {}, 0.0)
    assert list(description().complaints(unknown)) == ["GET /nowhere: Discord describes no such operation"]
