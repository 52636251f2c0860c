"""From a video file to ComfyUI's tensors: frames and sound."""
