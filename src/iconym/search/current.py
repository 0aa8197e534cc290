"""A search that follows what a collection's current space is, for many threads at once."""

from dataclasses import dataclass, replace
from threading import Lock

from iconym.collection import Collection
from iconym.search.pictures import Search, search_collection

State = tuple[str, tuple[int, int] | None]  # the current space, the edition of its vocabulary


@dataclass(frozen=True)
class _Held:
    state: State
    search: Search


class CurrentSearch:
    """Gives the search of the current space, whoever switches it or adds words meanwhile.

    No request fails or waits for a switch but the first one after it, which opens the new space;
    the others are answered by the search before until that is open. A search that was given out
    goes on as it is for as long as somebody holds it.

    Raises:
        NoCollection, BadFolder: as ``search_collection``.
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self._opening = Lock()
        state = self._state()
        self._held = _Held(state, search_collection(collection, collection.load_space()))

    def __call__(self) -> Search:
        """The search of the current space; may be asked from any thread."""
        state = self._state()
        if state != self._held.state and self._opening.acquire(blocking=False):
            try:
                self._held = self._opened(state)
            finally:
                self._opening.release()
        return self._held.search

    def _state(self) -> State:
        fingerprint = self.collection.current_space().fingerprint
        return fingerprint, self.collection.vocabulary_edition(fingerprint)

    def _opened(self, state: State) -> _Held:
        space, before = self.collection.load_space(), self._held.search
        if space.fingerprint == before.space.fingerprint:  # only the vocabulary has changed
            return _Held(state, replace(before, space=space))
        return _Held(state, search_collection(self.collection, space))
