"""Ways to make local media reachable for the host, one file each; README.md says how to add one."""
