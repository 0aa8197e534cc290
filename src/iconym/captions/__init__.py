"""Captions: sentences to vectors, by torch modules that read the vectors of their words.

Each is called with the vectors of all words (n, longest, dim), of shorter sentences filled up at
the end, and with how many words each sentence has (n,). It gives (n, ``dim``), and what stands
beyond a sentence's words changes nothing. ``tests/test_captions.py`` holds each one to this.
"""
