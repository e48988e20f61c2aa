"""What is asked of the service: places, conditions, bookmarks, and the plan that is made of them. Pure."""
