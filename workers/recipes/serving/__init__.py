"""What answers for a deployed model: a small HTTP server in a process of its own, without torch."""
