"""Answer questions: the pictures that fit words and pictures, the words that fit pictures."""

from iconym.search.pictures import Hit, Search, open_search, search_collection
from iconym.search.query import Term, parse_query
from iconym.search.words import WordIndex, label, near_words

__all__ = [
    "Hit",
    "Search",
    "Term",
    "WordIndex",
    "label",
    "near_words",
    "open_search",
    "parse_query",
    "search_collection",
]
