"""Ways to make local media reachable for the host. One file a way; README.md says how to add one."""
