"""What there is to read: the streams of an environment, their columns, keys and schemas. Pure."""
