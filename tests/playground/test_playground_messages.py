"""What a bot can do with messages, DMs, threads and roles, through discord.py."""

import io

import discord
import pytest

from bot.playground import Playground, seed
from bot.playground.permissions import Permission
from tests.playground.conftest import StartBot
from tests.playground.page_client import PageClient, open_page
from tests.playground.tiny_bot import Card, TinyBot, card_files

AIKO = next(user.id for user in seed.USERS if user.username == "aiko")


def text_channel(bot: TinyBot, name: str = "study-hall") -> discord.TextChannel:
    channel = discord.utils.get(bot.guilds[0].text_channels, name=name)
    assert channel is not None
    return channel


async def test_a_message_is_sent_edited_read_and_deleted(tiny: TinyBot, aiko: PageClient) -> None:
    channel = text_channel(tiny)
    sent = await channel.send("one", embed=discord.Embed(title="t").add_field(name="n", value="v"))
    assert (await aiko.until("MESSAGE_CREATE"))["embeds"][0]["fields"][0]["value"] == "v"
    edited = await sent.edit(content="two")
    assert (edited.content, edited.embeds[0].title) == ("two", "t")
    assert edited.edited_at is not None
    assert (await aiko.until("MESSAGE_UPDATE"))["content"] == "two"
    assert (await channel.fetch_message(sent.id)).content == "two"
    await sent.delete()
    assert (await aiko.until("MESSAGE_DELETE"))["id"] == str(sent.id)
    with pytest.raises(discord.NotFound) as gone:
        await channel.fetch_message(sent.id)
    assert gone.value.code == 10008


async def test_the_same_nonce_sends_one_message(ground: Playground, tiny: TinyBot) -> None:
    channel = text_channel(tiny)
    first = await channel.send("result", nonce="run-7")
    again = await channel.send("result", nonce="run-7")
    other = await channel.send("result", nonce="run-8")
    assert first.id == again.id != other.id
    assert len(list(ground.world.history(channel.id))) == 2


async def test_files_stay_are_dropped_and_added_by_an_edit(tiny: TinyBot) -> None:
    channel = text_channel(tiny)
    files = [discord.File(io.BytesIO(b"a"), "a.txt"), discord.File(io.BytesIO(b"bb"), "b.txt", description="Bee")]
    sent = await channel.send(files=files)
    assert [(one.filename, one.size, one.description) for one in sent.attachments] == [
        ("a.txt", 1, None),
        ("b.txt", 2, "Bee"),
    ]
    kept = await sent.edit(attachments=[sent.attachments[1], discord.File(io.BytesIO(b"ccc"), "c.txt")])
    assert [one.filename for one in kept.attachments] == ["b.txt", "c.txt"]
    assert await kept.attachments[0].read() == b"bb"
    assert await kept.attachments[1].read() == b"ccc"


async def test_a_file_shown_by_an_embed_is_not_listed_beside_it(tiny: TinyBot) -> None:
    embed = discord.Embed(title="Curve").set_image(url="attachment://curve.png")
    sent = await text_channel(tiny).send(embed=embed, file=discord.File(io.BytesIO(b"x"), "curve.png"))
    assert sent.attachments == []
    assert sent.embeds[0].image.url is not None
    assert sent.embeds[0].image.url.endswith("/curve.png")
    edited = await sent.edit(content="with words")
    assert edited.attachments == []
    assert edited.embeds[0].image.url == sent.embeds[0].image.url


async def test_a_card_is_edited_live_and_stays_a_card(tiny: TinyBot, aiko: PageClient) -> None:
    sent = await text_channel(tiny).send(view=Card(), files=card_files())
    await aiko.until("MESSAGE_CREATE")
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.TextDisplay("50 %"))
    await tiny.get_partial_messageable(sent.channel.id).get_partial_message(sent.id).edit(view=view, attachments=[])
    update = await aiko.until("MESSAGE_UPDATE")
    assert update["components"][0]["content"] == "50 %"
    assert update["flags"] & (1 << 15)
    assert update["attachments"] == []


async def test_mentions_reach_only_whom_the_bot_allows(tiny: TinyBot) -> None:
    channel = text_channel(tiny)
    loud = await channel.send(f"<@{AIKO}>")
    quiet = await channel.send(f"<@{AIKO}> @everyone", allowed_mentions=discord.AllowedMentions.none())
    assert [user.id for user in loud.mentions] == [AIKO]
    assert (quiet.mentions, quiet.mention_everyone) == ([], False)


async def test_a_dm_arrives_unless_the_member_closed_them(ground: Playground, tiny: TinyBot, aiko: PageClient) -> None:
    user = await tiny.fetch_user(AIKO)
    sent = await user.send("psst")
    opened = await aiko.until("CHANNEL_CREATE")
    assert opened["id"] == str(sent.channel.id)
    assert (await aiko.until("MESSAGE_CREATE"))["content"] == "psst"
    async with open_page(ground, "tomas") as other:
        assert other.hello["dms"] == []
        await user.send("for Aiko only")
        assert not await other.quiet()
    ground.world.set_dms(AIKO, is_open=False)
    with pytest.raises(discord.Forbidden) as closed:
        await user.send("hello?")
    assert closed.value.code == 50007


async def test_what_a_member_writes_is_read_by_a_bot_that_may(
    ground: Playground, aiko: PageClient, tiny: TinyBot
) -> None:
    tiny.heard.clear()
    await aiko.send("MESSAGE", channel_id=aiko.channel("papers"), content="nice paper")
    message = await aiko.until("MESSAGE_CREATE")
    assert message["author"]["username"] == "aiko"
    await aiko.send("MESSAGE", channel_id=aiko.channel("papers"), content="yes", reply_to=message["id"])
    assert (await aiko.until("MESSAGE_CREATE"))["referenced_message"]["content"] == "nice paper"
    assert tiny.heard == []  # it asked for guilds only
    fetched = await text_channel(tiny, "papers").fetch_message(int(message["id"]))
    assert isinstance(fetched.author, discord.Member | discord.User)
    assert fetched.content == "nice paper"


async def test_threads_are_started_filled_and_archived(tiny: TinyBot, aiko: PageClient) -> None:
    channel = text_channel(tiny)
    starter = await channel.send("run 7")
    thread = await starter.create_thread(name="run 7")
    created = await aiko.until("CHANNEL_CREATE")
    assert (created["id"], created["parent_id"]) == (str(starter.id), str(channel.id))
    await thread.send("epoch 1")
    assert (await aiko.until("MESSAGE_CREATE", lambda one: one["type"] == 0))["channel_id"] == str(thread.id)
    loose = await channel.create_thread(name="talk", type=discord.ChannelType.public_thread)
    await loose.join()
    await loose.add_user(discord.Object(AIKO))
    active = await tiny.guilds[0].active_threads()
    assert {one.name for one in active} == {"run 7", "talk"}
    await loose.edit(archived=True, locked=True)
    assert {one.name for one in await tiny.guilds[0].active_threads()} == {"run 7"}
    with pytest.raises(discord.HTTPException) as twice:
        await starter.create_thread(name="again")
    assert twice.value.code == 160004
    await loose.delete()
    with pytest.raises(discord.NotFound) as gone:
        await tiny.fetch_channel(loose.id)
    assert gone.value.code == 10003


async def test_reactions_are_counted_and_seen(tiny: TinyBot, aiko: PageClient) -> None:
    sent = await text_channel(tiny).send("vote")
    await sent.add_reaction("👍")
    update = await aiko.until("MESSAGE_UPDATE")
    assert update["reactions"][0]["emoji"]["name"] == "👍"
    fetched = await sent.channel.fetch_message(sent.id)
    assert (fetched.reactions[0].count, fetched.reactions[0].me) == (1, True)
    assert tiny.user is not None
    await sent.remove_reaction("👍", tiny.user)
    assert (await sent.channel.fetch_message(sent.id)).reactions == []
    with pytest.raises(discord.HTTPException) as unknown:
        await sent.add_reaction("nonsense")
    assert unknown.value.code == 10014


async def test_roles_below_the_bots_own_can_be_given(tiny: TinyBot) -> None:
    guild = tiny.guilds[0]
    role = await guild.create_role(name="Phase 1", colour=discord.Colour(0x123456))
    member = await guild.fetch_member(AIKO)
    await member.add_roles(role)
    assert role.id in [one.id for one in (await guild.fetch_member(AIKO)).roles]
    await member.remove_roles(role)
    assert role.id not in [one.id for one in (await guild.fetch_member(AIKO)).roles]
    with pytest.raises(discord.Forbidden) as too_high:
        await member.add_roles(discord.Object(seed.ORGANISER_ROLE_ID))
    assert too_high.value.code == 50013
    await role.edit(name="Phase one")
    await role.delete()
    assert role.id not in [one.id for one in await guild.fetch_roles()]


async def test_members_are_listed_and_found(ground: Playground, start_bot: StartBot) -> None:
    tiny = await start_bot(ground, TinyBot(discord.Intents(guilds=True, members=True)))
    guild = tiny.guilds[0]
    assert len([member async for member in guild.fetch_members(limit=None)]) == len(seed.USERS)
    assert [one.name for one in await guild.query_members("Aik")] == ["aiko"]
    with pytest.raises(discord.NotFound) as nobody:
        await guild.fetch_member(42)
    assert nobody.value.code == 10013
    assert tiny.user is not None
    assert await tiny.user.display_avatar.read()


async def test_a_channel_that_is_closed_to_the_bot_stays_closed(ground: Playground, tiny: TinyBot) -> None:
    channel = text_channel(tiny, "papers")
    raw = ground.world.channel(channel.id)
    for denied, code in ((Permission.SEND_MESSAGES, 50013), (Permission.VIEW_CHANNEL, 50001)):
        overwrite = {"id": seed.GUILD_ID, "type": 0, "deny": int(denied)}
        ground.world.keep(type(raw).model_validate(raw.model_dump() | {"overwrites": [overwrite]}))
        with pytest.raises(discord.Forbidden) as refused:
            await channel.send("?")
        assert refused.value.code == code


async def test_history_pages_backwards(tiny: TinyBot, ground: Playground) -> None:
    ground.world.faults.rate_limits = False
    channel = text_channel(tiny)
    sent = [await channel.send(str(number)) for number in range(7)]
    newest = [message.content async for message in channel.history(limit=3)]
    assert newest == ["6", "5", "4"]
    older = [message.content async for message in channel.history(limit=2, before=sent[4])]
    assert older == ["3", "2"]
    newer = [message.content async for message in channel.history(limit=2, after=sent[1], oldest_first=True)]
    assert newer == ["2", "3"]
    async with open_page(ground) as page:
        assert [one["content"] for one in await page.history(str(channel.id), limit=2)] == ["5", "6"]
        before = await page.history(str(channel.id), limit=3, before=str(sent[3].id))
    assert [one["content"] for one in before] == ["0", "1", "2"]
