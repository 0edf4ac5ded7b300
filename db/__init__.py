"""Tables, sessions, queries, migrations and the embedded PostgreSQL server."""
