"""Fill a collection: encode what is new, forget what is gone, and say what was done."""

from iconym.indexing.activities import follow, index_activities
from iconym.indexing.data_set import index_pictures
from iconym.indexing.folder import index_beside, index_folder, plan_folder
from iconym.indexing.outcome import Failure, Interrupted, Outcome
from iconym.indexing.planned import Plan

__all__ = [
    "Failure",
    "Interrupted",
    "Outcome",
    "Plan",
    "follow",
    "index_activities",
    "index_beside",
    "index_folder",
    "index_pictures",
    "plan_folder",
]
