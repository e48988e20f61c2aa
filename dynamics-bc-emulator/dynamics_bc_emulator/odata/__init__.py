"""What a request says: addresses, options, filters, and what the catalogue offers. Nothing here knows a store."""
