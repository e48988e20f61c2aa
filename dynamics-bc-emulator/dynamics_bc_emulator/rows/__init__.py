"""Where rows are: stored, made when they are read, calculated, of which company."""
