"""OData as Business Central speaks it, without network and clock: URLs, queries, pages, batches, metadata, values."""
