"""One module for each protocol that the simulator answers; the media and the tasks are shared."""
