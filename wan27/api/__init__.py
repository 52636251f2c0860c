"""HTTP and JSON: `wire` (pure), `client` and `download` (I/O), `hosts`, and `retry` (the one policy)."""
