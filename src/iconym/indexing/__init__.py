"""Fill a collection: encode what is new, forget what is gone, and say what was done."""

from iconym.indexing.data_set import index_pictures
from iconym.indexing.folder import index_folder
from iconym.indexing.outcome import Failure, Outcome

__all__ = ["Failure", "Outcome", "index_folder", "index_pictures"]
