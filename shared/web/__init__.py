"""The frame of every page, and who is looking at it."""
