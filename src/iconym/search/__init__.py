"""Answer questions: the pictures that fit words and pictures, the words that fit pictures."""

from iconym.search.background import Background, background_of
from iconym.search.pictures import Hit, Search, open_search, search_collection
from iconym.search.query import Term, parse_query
from iconym.search.relevance import Answer, Relevance, answer
from iconym.search.words import WordIndex, label, near_words

__all__ = [
    "Answer",
    "Background",
    "Hit",
    "Relevance",
    "Search",
    "Term",
    "WordIndex",
    "answer",
    "background_of",
    "label",
    "near_words",
    "open_search",
    "parse_query",
    "search_collection",
]
