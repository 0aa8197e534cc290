"""The formats of word vectors on disk, one a module; ``formats`` chooses among them."""
