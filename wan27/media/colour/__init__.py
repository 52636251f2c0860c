"""Exact color conversion between decoded frames and RGB."""
