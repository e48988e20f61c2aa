"""What a real tenant answered: recorded without what is secret in it, served again, compared."""
