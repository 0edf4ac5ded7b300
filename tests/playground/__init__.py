"""The playground is held against a real discord.py client and Discord's own OpenAPI description."""
