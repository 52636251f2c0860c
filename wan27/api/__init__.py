"""The hosts' API over HTTP.

`client` and `download` do the I/O, `protocols/` the JSON (pure), `retry` is the one retry policy.
"""
