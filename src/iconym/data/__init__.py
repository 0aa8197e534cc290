"""Data sets: pictures with the words that name them, from folders, files and drawings."""
