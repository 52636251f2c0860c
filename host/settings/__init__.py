"""The user's settings and keys: how they are stored and what each may contain."""
