"""What a video file is: opened and measured. Imports neither torch nor numpy."""
