"""What a developer runs: the demo, the checks, the tests, and a real ComfyUI to run them in. Not part of the node pack."""
