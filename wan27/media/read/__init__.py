"""Opening and measuring video files. Imports neither torch nor numpy."""
