"""Discord's larger JSON objects: the guild, a channel, the application."""

from bot.playground import seed
from bot.playground.models import THREADS, Channel, Json, User, timestamp


def channel_json(channel: Channel, guild_id: int, recipient: User | None) -> Json:
    """Discord's channel object: a DM, a thread or a text channel."""
    last = None if channel.last_message_id is None else str(channel.last_message_id)
    shared: Json = {"id": str(channel.id), "type": channel.type, "last_message_id": last, "flags": 0}
    if channel.is_dm:
        return shared | {"recipients": [recipient.raw()] if recipient else []}
    shared |= {
        "guild_id": str(guild_id),
        "name": channel.name,
        "parent_id": None if channel.parent_id is None else str(channel.parent_id),
        "rate_limit_per_user": channel.slowmode,
    }
    if channel.type in THREADS and channel.thread is not None:
        state = channel.thread
        return shared | {
            "owner_id": str(channel.owner_id),
            "message_count": state.messages,
            "total_message_sent": state.messages,
            "member_count": len(state.members),
            "thread_metadata": {
                "archived": state.archived,
                "archive_timestamp": timestamp(channel.id),
                "auto_archive_duration": state.auto_archive_duration,
                "locked": state.locked,
                "invitable": state.invitable,
                "create_timestamp": timestamp(channel.id),
            },
        }
    return shared | {
        "topic": channel.topic,
        "position": channel.position,
        "nsfw": False,
        "permission_overwrites": [one.raw() for one in channel.overwrites],
    }


def thread_member_json(thread_id: int, user_id: int) -> Json:
    """Discord's thread member object."""
    return {
        "id": str(thread_id),
        "user_id": str(user_id),
        "join_timestamp": timestamp(thread_id),
        "flags": 0,
    }


def guild_json(guild_id: int, owner_id: int, roles: list[Json], members: int) -> Json:
    """Discord's guild object."""
    return {
        "id": str(guild_id),
        "name": seed.GUILD_NAME,
        "icon": seed.GUILD_ICON,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(owner_id),
        "application_id": None,
        "region": "us-west",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": roles,
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
        "approximate_member_count": members,
        "approximate_presence_count": members,
    }


def application_json(bot: User, owner: User) -> Json:
    """Discord's application object, as its own bot sees it."""
    return {
        "id": str(seed.APPLICATION_ID),
        "name": bot.username,
        "icon": None,
        "description": "",
        "type": None,
        "bot": bot.raw(),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": owner.raw(),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}},
        "install_params": {"scopes": ["bot", "applications.commands"], "permissions": "0"},
    }
