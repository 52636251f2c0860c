"""What `make torture` does to the pack, one torment a file; docs/reliability.md says what each proves and what none does."""
