"""The Discord process that the cogs stand on, its command line, and the playground."""
