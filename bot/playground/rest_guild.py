"""REST: the gateway's address, the application, users, and the guild with its members, roles and channels."""

from typing import cast

from bot.playground.errors import Code, refuse
from bot.playground.form import Form
from bot.playground.models import TEXT, Channel, Json, Member, Role
from bot.playground.permissions import ALL, Permission
from bot.playground.rest import NOTHING, Call, Reply, Table
from bot.playground.shapes import application_json, thread_member_json
from bot.playground.wire import a_number

table = Table()


@table.route("GET", "/gateway", needs_token=False)
async def gateway(call: Call) -> Reply:
    """Where the gateway is."""
    return Reply({"url": call.gateway_url})


@table.route("GET", "/gateway/bot")
async def gateway_bot(call: Call) -> Reply:
    """Where the gateway is, and how many shards to open."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return Reply({"url": call.gateway_url, "shards": 1, "session_start_limit": limit})


@table.route("GET", "/users/@me")
async def me(call: Call) -> Reply:
    """The bot's own user."""
    user = call.world.user(call.world.bot_id).raw()
    return Reply(user | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None})


@table.route("GET", "/users/{user_id}")
async def user(call: Call) -> Reply:
    """Any user."""
    return Reply(call.world.user(call.id("user_id")).raw())


@table.route("POST", "/users/@me/channels")
async def open_dm(call: Call) -> Reply:
    """Open the DM with a user."""
    user_id = a_number(call.form().get("recipient_id"))
    if call.world.user(user_id).bot:
        raise refuse(Code.CANNOT_DM)
    return Reply(call.world.channel_raw(call.world.open_dm(user_id)))


@table.route("GET", "/users/@me/guilds")
async def my_guilds(call: Call) -> Reply:
    """The guilds the bot is in: the one there is."""
    raw = call.world.guild_raw()
    kept = (
        "id",
        "name",
        "icon",
        "banner",
        "features",
        "approximate_member_count",
        "approximate_presence_count",
    )
    permissions = str(int(call.world.guild_permissions(call.world.bot_id)))
    return Reply([{key: raw[key] for key in kept} | {"owner": False, "permissions": permissions}])


async def _application(call: Call) -> Reply:
    world = call.world
    return Reply(application_json(world.user(world.bot_id), world.user(world.owner_id)))


table.route("GET", "/applications/@me")(_application)
table.route("GET", "/oauth2/applications/@me")(_application)


def demand_guild(call: Call, *needed: Permission) -> None:
    """Check the path's guild, and the bot's permissions in it.

    Raises:
        ApiError: 10004 or 50013.
    """
    if call.id("guild_id") != call.world.guild_id:
        raise refuse(Code.UNKNOWN_GUILD)
    held = call.world.guild_permissions(call.world.bot_id)
    if any(not held & one for one in needed):
        raise refuse(Code.MISSING_PERMISSIONS)


@table.route("GET", "/guilds/{guild_id}")
async def guild(call: Call) -> Reply:
    """The guild."""
    demand_guild(call)
    return Reply(call.world.guild_raw())


@table.route("GET", "/guilds/{guild_id}/channels")
async def channels(call: Call) -> Reply:
    """The guild's channels, without threads."""
    demand_guild(call)
    return Reply([call.world.channel_raw(one) for one in call.world.guild_channels()])


@table.route("POST", "/guilds/{guild_id}/channels")
async def create_channel(call: Call) -> Reply:
    """Make a text channel."""
    demand_guild(call, Permission.MANAGE_CHANNELS)
    body = call.form()
    form = Form()
    name = form.text(body.get("name"), ("name",), 100, least=1, optional=False)
    topic = form.text(body.get("topic"), ("topic",), 1024)
    form.choice(body.get("type") or TEXT, ("type",), (TEXT,))
    form.settle()
    last = max((one.position for one in call.world.guild_channels()), default=-1)
    channel = Channel(
        id=call.world.ids.next(),
        type=TEXT,
        name=name.lower().replace(" ", "-"),
        topic=topic or None,
        position=last + 1,
    )
    call.world.keep(channel)
    call.world.emit("CHANNEL_CREATE", call.world.channel_raw(channel), channel=channel)
    return Reply(call.world.channel_raw(channel), 201)


@table.route("GET", "/guilds/{guild_id}/threads/active")
async def active_threads(call: Call) -> Reply:
    """The guild's threads that are not archived."""
    demand_guild(call)
    threads = call.world.threads()
    bot = call.world.bot_id
    joined = [thread_member_json(one.id, bot) for one in threads if one.thread and bot in one.thread.members]
    return Reply({"threads": [call.world.channel_raw(one) for one in threads], "members": joined, "has_more": False})


@table.route("GET", "/guilds/{guild_id}/members")
async def members(call: Call) -> Reply:
    """List members by id."""
    demand_guild(call)
    limit = call.number("limit", 1, 1, 1000)
    after = a_number(call.query.get("after"))
    found = sorted(one for one in call.world.members if one > after)[:limit]
    return Reply([call.world.member_raw(one) for one in found])


@table.route("GET", "/guilds/{guild_id}/members/search")
async def search_members(call: Call) -> Reply:
    """Find members whose name starts with the query."""
    demand_guild(call)
    limit = call.number("limit", 1, 1, 1000)
    start = call.query.get("query", "").casefold()
    found = [
        one.id
        for one in call.world.members.values()
        if any(name.casefold().startswith(start) for name in _names(call, one))
    ]
    return Reply([call.world.member_raw(one) for one in found[:limit]])


def _names(call: Call, member: Member) -> list[str]:
    user = call.world.user(member.id)
    return [name for name in (user.username, user.display, member.nick) if name]


@table.route("GET", "/guilds/{guild_id}/members/{user_id}")
async def member(call: Call) -> Reply:
    """One member."""
    demand_guild(call)
    call.world.user(call.id("user_id"))
    call.world.member(call.id("user_id"))
    return Reply(call.world.member_raw(call.id("user_id")))


@table.route("GET", "/guilds/{guild_id}/roles")
async def roles(call: Call) -> Reply:
    """The guild's roles."""
    demand_guild(call)
    return Reply([one.raw() for one in call.world.roles.values()])


@table.route("GET", "/guilds/{guild_id}/roles/{role_id}")
async def role(call: Call) -> Reply:
    """One role."""
    demand_guild(call)
    return Reply(call.world.role(call.id("role_id")).raw())


def _role_fields(body: Json) -> Json:
    form = Form()
    fields: Json = {}
    if "name" in body:
        fields["name"] = form.text(body["name"], ("name",), 100) or "new role"
    for key in ("color", "permissions"):
        if body.get(key) is not None:
            value = str(body[key])
            number = int(value) if value.isdecimal() else value
            form.number(number, (key,), 0, 0xFFFFFF if key == "color" else ALL)
            fields[key] = number
    for key in ("hoist", "mentionable"):
        if body.get(key) is not None:
            fields[key] = bool(body[key])
    form.settle()
    return fields


def _highest(call: Call, user_id: int) -> int:
    held = call.world.member(user_id).roles
    return max((call.world.roles[one].position for one in held if one in call.world.roles), default=0)


def _demand_above(call: Call, role: Role) -> None:
    """The bot only handles roles below its own highest one."""
    if role.bot_id is not None or role.position >= _highest(call, call.world.bot_id):
        raise refuse(Code.MISSING_PERMISSIONS)


@table.route("POST", "/guilds/{guild_id}/roles")
async def create_role(call: Call) -> Reply:
    """Make a role, at the bottom of the list."""
    demand_guild(call, Permission.MANAGE_ROLES)
    fields = _role_fields(call.form())
    for known in [one for one in call.world.roles.values() if one.position > 0]:
        call.world.keep(known.model_copy(update={"position": known.position + 1}))
    everyone = call.world.roles[call.world.guild_id]
    blank = Role(id=call.world.ids.next(), name="new role", permissions=everyone.permissions, position=1)
    made = blank.model_copy(update=fields)
    call.world.keep(made)
    _tell_role(call, "GUILD_ROLE_CREATE", made)
    return Reply(made.raw())


@table.route("PATCH", "/guilds/{guild_id}/roles/{role_id}")
async def change_role(call: Call) -> Reply:
    """Change a role."""
    demand_guild(call, Permission.MANAGE_ROLES)
    known = call.world.role(call.id("role_id"))
    _demand_above(call, known)
    changed = known.model_copy(update=_role_fields(call.form()))
    call.world.keep(changed)
    _tell_role(call, "GUILD_ROLE_UPDATE", changed)
    return Reply(changed.raw())


@table.route("DELETE", "/guilds/{guild_id}/roles/{role_id}")
async def delete_role(call: Call) -> Reply:
    """Remove a role from the guild and from everybody."""
    demand_guild(call, Permission.MANAGE_ROLES)
    known = call.world.role(call.id("role_id"))
    _demand_above(call, known)
    for holder in [one for one in call.world.members.values() if known.id in one.roles]:
        _set_roles(call, holder, tuple(one for one in holder.roles if one != known.id))
    call.world.drop(known)
    data = {"guild_id": str(call.world.guild_id), "role_id": str(known.id)}
    call.world.emit("GUILD_ROLE_DELETE", data)
    return NOTHING


def _tell_role(call: Call, event: str, role: Role) -> None:
    call.world.emit(event, {"guild_id": str(call.world.guild_id), "role": role.raw()})


def _set_roles(call: Call, member: Member, held: tuple[int, ...]) -> None:
    call.world.keep(member.model_copy(update={"roles": held}))
    data = {"guild_id": str(call.world.guild_id), **call.world.member_raw(member.id)}
    call.world.emit("GUILD_MEMBER_UPDATE", cast("Json", data))


def _role_change(call: Call) -> tuple[Member, Role]:
    demand_guild(call, Permission.MANAGE_ROLES)
    call.world.user(call.id("user_id"))
    holder = call.world.member(call.id("user_id"))
    changed = call.world.role(call.id("role_id"))
    _demand_above(call, changed)
    return holder, changed


@table.route("PUT", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}")
async def add_role(call: Call) -> Reply:
    """Give a member a role."""
    holder, given = _role_change(call)
    if given.id not in holder.roles:
        _set_roles(call, holder, (*holder.roles, given.id))
    return NOTHING


@table.route("DELETE", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}")
async def remove_role(call: Call) -> Reply:
    """Take a role from a member."""
    holder, taken = _role_change(call)
    if taken.id in holder.roles:
        _set_roles(call, holder, tuple(one for one in holder.roles if one != taken.id))
    return NOTHING
