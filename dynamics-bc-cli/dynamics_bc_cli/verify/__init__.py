"""Does a destination hold what Business Central holds: ids of both sides, and what is different?"""
