"""Files that are downloaded: what they are called, and how they come to be on the disk."""
