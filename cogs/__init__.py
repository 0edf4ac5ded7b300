"""One feature a file: thin glue between Discord and the rules. Loaded by name, imported by nobody."""
