"""What does Business Central have of what a record names?"""
