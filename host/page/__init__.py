"""The server side of the page: the routes below /wan27."""
