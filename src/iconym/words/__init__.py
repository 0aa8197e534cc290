"""Words: text in, word vectors out, and what can be asked of them."""
