"""Benchmarks: scripts that print a table, never tests."""
