"""Which mechanism keeps which promise, and does a test notice when it is taken out?"""
