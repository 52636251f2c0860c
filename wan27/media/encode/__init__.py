"""From ComfyUI's tensors and VIDEO files to the files that the API takes: image, clip, sound."""
