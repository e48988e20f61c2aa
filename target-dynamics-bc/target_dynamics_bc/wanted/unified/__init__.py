"""What does a unified record of HotGlue's ask for? One file for each kind of them.

In this dialect null means untouched, as an absent field does. Each file holds the names of the streams, the fields and
what they ask for; the table of kinds binds it to its row.
"""
