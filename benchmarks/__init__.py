"""Speed, memory and color of the pack, measured: one topic a file.

Each topic is a function from `Bench` to its figures. Figures are ratios within one run where
possible, since seconds depend on the machine. Neither a GPU nor the network is used.
"""
