"""How rows become responses: pages, entities, properties, content, batches."""
