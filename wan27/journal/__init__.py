"""The journal: every submission on record before it is sent, so that no paid task is lost or bought twice."""
