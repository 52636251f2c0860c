"""What `make` starts: ComfyUI, the demo, checks and tests. Not part of the node pack.

Only the standard library is used before an environment is prepared: these run on any Python 3.10.
"""
