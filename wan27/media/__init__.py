"""Tensors and files: pictures to PNG, video files to frames and sound.

The only code that touches torch, numpy, Pillow and PyAV.

`clip`, `container` and `packets` import none of torch, numpy and Pillow, so the paid path may use
them.
"""
