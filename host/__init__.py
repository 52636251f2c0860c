"""The nodes' life inside ComfyUI: folders, settings, sessions, progress, routes.

Only `host/` and `nodes/` know ComfyUI.
"""
