"""The API's protocols, one pure module each: objects to JSON and back, no I/O."""
