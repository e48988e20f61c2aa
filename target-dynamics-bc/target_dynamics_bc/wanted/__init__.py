"""What does a record ask for, in whatever dialect it came? Pure: nothing here asks the service."""
