"""What the service tells others: webhook notifications and external business events, after commit."""
