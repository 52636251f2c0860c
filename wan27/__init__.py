"""The library: one video job, its rules, its price and its life.

It knows nothing of ComfyUI and never imports it.

This file stays empty of imports on purpose: each part is imported by its own name, so that the paid
path never pulls in torch.
"""
