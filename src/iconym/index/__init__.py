"""Indices: unit vectors under ids of the catalog, and the best of them for a query."""
