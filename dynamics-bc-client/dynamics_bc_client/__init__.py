"""Everything that talks to Business Central: sign-in, transport, retries, pages, batches, metadata."""
