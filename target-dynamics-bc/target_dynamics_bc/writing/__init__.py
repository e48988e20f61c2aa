"""How does what is wanted get into Business Central? Units of work: look, plan, send, look again."""
