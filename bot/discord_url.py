"""Point discord.py at another Discord: three constants, set before the client logs in."""

import discord
import discord.gateway
import discord.http
import yarl


def use_discord_at(base: str) -> None:
    """Talk to the Discord at `base` (``http://host:port``) over plain HTTP and ws from now on, in this process."""
    url = yarl.URL(base.rstrip("/"))
    gateway_scheme = "wss" if url.scheme == "https" else "ws"
    discord.http.Route.BASE = str(url / "api" / "v10")
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = url.with_scheme(gateway_scheme) / "gateway"
    # Typed as a literal, since nobody was meant to change it.
    setattr(discord.asset.Asset, "BASE", str(url / "cdn"))  # noqa: B010
