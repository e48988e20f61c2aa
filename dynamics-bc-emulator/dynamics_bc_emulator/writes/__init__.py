"""What POST, PATCH, DELETE and bound actions do."""
