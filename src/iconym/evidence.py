"""Evidence: how much each training label has to do with where a space puts a picture."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8

from iconym.errors import BadData


@dataclass(frozen=True)
class Evidence:
    """A projection learned in closed form as a sum over the pictures that it was learned from.

    With u the place of features x, (x - origin) basis, and m the mean place of a label's pictures,
    a query q and the projection of x have the inner product

        sum over labels of (q . direction) (m . u), and q . c for one constant c.

    A label's summand is itself the mean, over its training pictures, of (q . direction) (u_i . u).

    Args:
        labels: those learned from.
        counts: how many pictures each had.
        origin: the features whose place is 0.
        basis: features to places.
        means: the mean place of each label's pictures.
        directions: what a query must be like to be about a label.
        contents: SHA-256 of training pictures, as many as are known.
        owners: the row in ``labels`` of each of these.

    Raises:
        BadData: if numbers of labels, features or places disagree.

    Source:
        Schoelkopf, Herbrich and Smola, A Generalized Representer Theorem, COLT 2001.
    """

    labels: tuple[str, ...]
    counts: Int[np.ndarray, " _"]
    origin: Float[np.ndarray, " _"]
    basis: Float[np.ndarray, "_ _"]
    means: Float[np.ndarray, "_ _"]
    directions: Float[np.ndarray, "_ _"]
    contents: UInt8[np.ndarray, "_ 32"]
    owners: Int[np.ndarray, " _"]

    def __post_init__(self) -> None:
        labels = {len(self.labels), len(self.counts), len(self.means), len(self.directions)}
        places = {self.basis.shape[1], self.means.shape[1]}
        features = {len(self.origin), len(self.basis)}
        pictures = {len(self.contents), len(self.owners)}
        if max(map(len, (labels, places, features, pictures))) > 1:
            raise BadData(f"evidence of {labels} labels, {features} features, {pictures} pictures")

    def of_labels(
        self, query: Float[np.ndarray, " dim"], features: Float[np.ndarray, " features"]
    ) -> Float[np.ndarray, " labels"]:
        """What each label adds to the inner product of ``query`` and the projected features."""
        (place,) = self._places(features[None])
        return (self.directions @ query.astype(float)) * (self.means @ place)

    def of_pictures(
        self,
        query: Float[np.ndarray, " dim"],
        features: Float[np.ndarray, " features"],
        label: int,
        pictures: Float[np.ndarray, "n features"],
    ) -> Float[np.ndarray, " n"]:
        """What each training picture adds to the label's part, from their features.

        All pictures of the label together add as much as ``of_labels`` says of it.
        """
        (place,) = self._places(features[None])
        about = float(self.directions[label] @ query.astype(float)) / int(self.counts[label])
        return about * (self._places(pictures) @ place)

    def contents_of(self, label: int) -> list[str]:
        """SHA-256 of the label's training pictures, hexadecimal; one learned twice stands twice."""
        return [row.tobytes().hex() for row in self.contents[self.owners == label]]

    def arrays(self) -> dict[str, np.ndarray]:
        """All but the labels, by name."""
        return {name: value for name, value in vars(self).items() if name != "labels"}

    def _places(self, features: Float[np.ndarray, "n features"]) -> Float[np.ndarray, "n places"]:
        return (features.astype(float) - self.origin) @ self.basis
