"""What a node shows while it works: the status as data, as text, and as events to the page."""
