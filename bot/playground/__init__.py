"""A small Discord on loopback, for an unchanged discord.py bot and a browser.

It speaks the REST routes and the gateway events that a bot like ours uses, refuses what Discord refuses, and
serves a page that looks and behaves like a chat client. `python -m bot.playground` starts it; `serve` runs it
inside a test.
"""

from bot.playground.server import Playground, serve

__all__ = ["Playground", "serve"]
