"""Activity streams: where changes come from besides a folder."""
