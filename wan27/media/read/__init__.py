"""What a media file is and what it contains: opened, probed, decoded packet by packet."""
