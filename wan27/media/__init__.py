"""Tensors and files: images to PNG, video files to frames and sound.

The only code that uses torch, numpy and Pillow, and (beside the simulator) PyAV. `read/` imports
PyAV alone: the paid path verifies a download with it.
"""
