"""Living inside ComfyUI: its folders, progress, interrupts and outputs.

All that knows that ComfyUI exists, beside the nodes.
"""
