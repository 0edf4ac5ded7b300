"""The whole loop with real processes: playground, bot, worker, PostgreSQL."""
