"""Which index for how many vectors: planned by a model, built, tuned and measured on your own."""
