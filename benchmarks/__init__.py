"""What the pack promises about speed, memory and colour, measured: one topic a file, each a function from `Bench` to its figures.

Ratios within one run, since seconds tell more about the machine than about the pack. No GPU and no network are used.
"""
