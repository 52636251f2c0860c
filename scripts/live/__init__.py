"""`make live HOST=novita`: try the contract of a host, by a person with a key of it.

Free calls first, then one video of the smallest size; the result is a report for the maintainers
and a file that sets the simulator (`tests/simulator`, `Script.from_report`). docs/hosts.md says how
to read it.
"""
