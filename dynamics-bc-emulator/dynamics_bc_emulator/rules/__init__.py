"""What Business Central does with each family of records when one is written: one file per family."""
