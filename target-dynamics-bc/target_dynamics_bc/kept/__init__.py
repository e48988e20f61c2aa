"""What outlives a run: the memory of intentions, outcomes, dead letters, and what a HotGlue job keeps."""
