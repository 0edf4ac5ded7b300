"""What a member gets who types commands, presses buttons and fills modals."""

import discord
import pytest

from bot.playground import Playground
from bot.playground.limits import MOST_FILE_BYTES, MOST_UPLOAD_BYTES
from tests.playground.page_client import ATTACHMENT, INTEGER, STRING, SUBCOMMAND, PageClient, open_page
from tests.playground.tiny_bot import PNG, TinyBot


def option(name: str, kind: int, value: object, **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, "value": value, **more}


async def test_a_command_with_options_is_answered_in_the_channel(aiko: PageClient) -> None:
    nonce = await aiko.run("hello", [option("name", STRING, "Aiko"), option("times", INTEGER, 2)])
    created = await aiko.until("INTERACTION_CREATED")
    message = await aiko.until("MESSAGE_CREATE")
    done = await aiko.until("INTERACTION_DONE")
    assert created["nonce"] == done["nonce"] == nonce
    assert message["content"] == "hello Aiko hello Aiko"
    assert message["interaction_metadata"]["name"] == "hello"
    assert message["interaction_metadata"]["user"]["username"] == "aiko"
    assert message["author"]["bot"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "name: This field is required"),
        ([option("name", STRING, "x"), option("times", INTEGER, 4)], "times"),
        ([option("name", INTEGER, 3)], "no option"),
        ([option("nome", STRING, "x")], "no option"),
    ],
)
async def test_options_that_the_command_does_not_take_never_reach_the_bot(
    aiko: PageClient, options: list[dict[str, object]], said: str
) -> None:
    nonce = await aiko.run("hello", options)
    error = await aiko.until("ERROR")
    assert error["nonce"] == nonce
    assert error["code"] == 50035
    if said != "times":  # the sentence names the option's place in the call, not its name
        assert said in error["message"]
    assert not [frame for frame in await aiko.quiet() if frame["t"].startswith("INTERACTION")]


async def test_autocompletion_offers_what_the_bot_suggests(aiko: PageClient) -> None:
    leaf = {"name": "cnn", "type": SUBCOMMAND, "options": [option("dataset", STRING, "m", focused=True)]}
    place = {"channel_id": aiko.channel("study-hall"), "command_id": aiko.command_id("run")}
    nonce = await aiko.send("AUTOCOMPLETE", options=[leaf], **place)
    answer = await aiko.until("AUTOCOMPLETE")
    assert answer["nonce"] == nonce
    assert answer["choices"] == [{"name": "MNIST", "value": "mnist"}]


async def test_a_subcommand_runs_in_a_channel_and_not_in_a_dm(aiko: PageClient) -> None:
    leaf = {"name": "cnn", "type": SUBCOMMAND, "options": [option("dataset", STRING, "digits")]}
    await aiko.run("run", [leaf])
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "running on digits for 1"
    await aiko.send("OPEN_DM")
    dm = await aiko.until("CHANNEL_CREATE")
    await aiko.run("run", [leaf], channel=dm["id"])
    assert (await aiko.until("ERROR"))["message"] == "/run cannot be used in a direct message."


async def test_a_command_in_a_dm_is_answered_there(aiko: PageClient) -> None:
    await aiko.send("OPEN_DM")
    dm = await aiko.until("CHANNEL_CREATE")
    await aiko.run("hello", [option("name", STRING, "you")], channel=dm["id"])
    message = await aiko.until("MESSAGE_CREATE")
    assert message["channel_id"] == dm["id"]
    assert message["content"] == "hello you"


async def test_permissions_are_the_members_and_the_bots_own(ground: Playground, aiko: PageClient) -> None:
    await aiko.run("admin")
    assert (await aiko.until("ERROR"))["message"] == "You do not have permission to use /admin."
    async with open_page(ground, "mara") as organiser:
        await organiser.run("admin")
        message = await organiser.until("MESSAGE_CREATE")
    assert message["content"] == "admin=True bot may send=True admin bot=False"


async def test_an_ephemeral_answer_is_seen_by_one_member_only(ground: Playground, aiko: PageClient) -> None:
    async with open_page(ground, "tomas") as other:
        await aiko.run("secret")
        message = await aiko.until("MESSAGE_CREATE")
        assert message["flags"] & 64
        assert not await other.quiet()
        assert message["id"] not in [one["id"] for one in await other.history(message["channel_id"])]
    assert message["id"] in [one["id"] for one in await aiko.history(message["channel_id"])]


async def test_a_deferred_answer_shows_thinking_and_is_filled_later(aiko: PageClient, tiny: TinyBot) -> None:
    nonce = await aiko.run("slow")
    pending = await aiko.until("MESSAGE_PENDING")
    assert pending["nonce"] == nonce
    assert pending["message"]["flags"] & 128
    tiny.release.set()
    first = await aiko.until("MESSAGE_UPDATE")
    assert first["id"] == pending["message"]["id"]
    assert first["content"] == "first"
    assert not first["flags"] & 128
    assert first["edited_timestamp"] is None
    second = await aiko.until("MESSAGE_CREATE")
    assert second["content"] == "second"
    assert (await aiko.until("MESSAGE_UPDATE"))["content"] == "second, edited"
    edited = await aiko.until("MESSAGE_UPDATE")
    assert (edited["id"], edited["content"]) == (first["id"], "first, edited")
    assert edited["edited_timestamp"] is not None


async def test_buttons_and_selects_reach_the_bot(aiko: PageClient) -> None:
    await aiko.run("panel")
    message = await aiko.until("MESSAGE_CREATE")
    await aiko.use(message, "panel:update")
    updated = await aiko.until("MESSAGE_UPDATE")
    assert (updated["id"], updated["content"]) == (message["id"], "updated")
    await aiko.use(message, "panel:later")
    assert (await aiko.until("MESSAGE_UPDATE"))["content"] == "later"
    await aiko.use(message, "panel:pick", ["a", "c"])
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "picked ['a', 'c']"


async def test_a_component_that_is_not_there_is_refused(aiko: PageClient) -> None:
    await aiko.run("panel")
    message = await aiko.until("MESSAGE_CREATE")
    await aiko.until("INTERACTION_DONE")
    await aiko.use(message, "panel:gone")
    assert (await aiko.until("ERROR"))["code"] == 50035
    await aiko.use(message, "panel:pick", ["z"])
    assert "must be one of" in (await aiko.until("ERROR"))["message"]
    await aiko.use(message, "panel:pick", ["a", "b", "c"])
    assert "between 1 and 2" in (await aiko.until("ERROR"))["message"]


async def test_a_modal_brings_text_choice_and_file(aiko: PageClient) -> None:
    await aiko.run("panel")
    message = await aiko.until("MESSAGE_CREATE")
    await aiko.use(message, "panel:ask")
    modal = await aiko.until("MODAL")
    assert modal["title"] == "One question"
    answer, level, notes = (one["component"] for one in modal["components"])
    upload = await aiko.upload("notes.txt", b"twelve bytes")
    filled = [
        {**answer, "value": "backprop"},
        {**level, "value": "hard"},
        {**notes, "values": [upload["id"]]},
    ]
    components = [{"type": 18, "component": one} for one in filled]
    place = {"interaction_id": modal["interaction_id"], "custom_id": modal["custom_id"]}
    await aiko.send("MODAL_SUBMIT", components=components, **place)
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "backprop / hard / [12]"


async def test_a_modal_says_which_field_is_missing(aiko: PageClient) -> None:
    await aiko.run("panel")
    await aiko.use(await aiko.until("MESSAGE_CREATE"), "panel:ask")
    modal = await aiko.until("MODAL")
    await aiko.send("MODAL_SUBMIT", interaction_id=modal["interaction_id"], custom_id=modal["custom_id"], components=[])
    error = await aiko.until("ERROR")
    assert error["message"] == "answer: This field is required"


async def test_a_member_may_send_more_than_a_bot_and_not_everything(aiko: PageClient) -> None:
    large = await aiko.upload("pets.zip", bytes(MOST_FILE_BYTES + 1))
    await aiko.run("read", [option("file", ATTACHMENT, large["id"])])
    assert (await aiko.until("MESSAGE_CREATE"))["content"].startswith("pets.zip")
    refused = await aiko.upload("street.zip", bytes(MOST_UPLOAD_BYTES + 1))
    assert refused == {
        "code": 40005,
        "message": "street.zip is too large: a member can send files of up to 50 MB here.",
    }


async def test_an_attachment_option_brings_the_file(aiko: PageClient) -> None:
    upload = await aiko.upload("plan.txt", b"read, then train")
    await aiko.run("read", [option("file", ATTACHMENT, upload["id"])])
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "plan.txt: read, then train"
    await aiko.run("read", [], attachments={"file": upload["id"]})
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "plan.txt: read, then train"


async def test_a_card_shows_its_files(ground: Playground, aiko: PageClient) -> None:
    await aiko.run("card")
    message = await aiko.until("MESSAGE_CREATE")
    container = message["components"][0]
    section, _, gallery, file, row = container["components"]
    assert container["accent_color"] == 0x4F6BED
    assert (gallery["items"][0]["media"]["width"], gallery["items"][0]["media"]["height"]) == (2, 3)
    assert section["accessory"]["media"]["url"] == gallery["items"][0]["media"]["url"]
    assert (file["name"], file["size"]) == ("notes.txt", 10)
    assert row["components"][0]["custom_id"] == "card:again"
    ids = [container["id"], section["id"], gallery["id"], file["id"], row["id"]]
    assert len(set(ids)) == len(ids)
    picture = gallery["items"][0]["media"]["url"]
    async with aiko._session.get(picture) as response:
        assert await response.read() == PNG
        assert response.content_type == "image/png"


async def test_no_answer_in_three_seconds_is_said(aiko: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.playground.interactions.ANSWER_SECONDS", 0.2)
    nonce = await aiko.run("silent")
    failed = await aiko.until("INTERACTION_FAILED")
    assert (failed["nonce"], failed["reason"]) == (nonce, "timeout")
    assert failed["message"] == "The application did not respond"


async def test_an_answer_that_comes_too_late_is_refused(
    ground: Playground, aiko: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playground.interactions.ANSWER_SECONDS", 0.1)
    ground.world.faults.latency_ms = 400
    await aiko.run("hello", [option("name", STRING, "x")])
    await aiko.until("INTERACTION_FAILED")
    await aiko.quiet(0.6)
    late = list(ground.world.exchanges)[-1]
    assert (late.status, late.response["code"]) == (404, 10062)


async def test_a_bot_that_is_gone_is_shown_as_offline(aiko: PageClient, tiny: TinyBot) -> None:
    assert aiko.hello["bot"]["online"] is True
    await tiny.close()
    assert (await aiko.until("PRESENCE"))["online"] is False
    await aiko.run("hello", [option("name", STRING, "x")])
    failed = await aiko.until("INTERACTION_FAILED")
    assert failed["reason"] == "offline"


async def test_a_second_answer_is_refused(aiko: PageClient) -> None:
    await aiko.run("twice")
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "once"
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "400 40060"


async def test_a_token_dies_after_fifteen_minutes(
    ground: Playground, aiko: PageClient, tiny: TinyBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[discord.Interaction] = []

    async def on_interaction(interaction: discord.Interaction) -> None:
        caught.append(interaction)

    tiny.on_interaction = on_interaction  # type: ignore[attr-defined]
    await aiko.run("hello", [option("name", STRING, "x")])
    await aiko.until("INTERACTION_DONE")
    clock = ground.interactions.clock
    monkeypatch.setattr(ground.interactions, "clock", lambda: clock() + 15 * 60)
    with pytest.raises(discord.HTTPException) as refused:
        await caught[0].followup.send("too late")
    assert (refused.value.status, refused.value.code) == (401, 50027)
