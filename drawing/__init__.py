"""The images of this project, drawn from code and from the real page. Not part of the node pack."""
