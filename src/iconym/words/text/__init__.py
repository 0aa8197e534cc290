"""Text of any size: where it comes from, how it becomes tokens, and is read in shards."""
