"""The curriculum and the rules of learning: pure functions, no chat, no database, no torch."""
