"""The journal: no submission is sent before it is on record, so no paid task is lost."""
