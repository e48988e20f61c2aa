"""Sets whose rows are made when they are read: a maker takes the view and what is asked for, and returns rows."""
