"""The first pass over photos: how often each tag stands there, and who gave the words."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from iconym.words.cleaning.tagged import Tagged


@dataclass(frozen=True)
class Counts:
    """What was counted; each photo counts a word once."""

    photos: int
    untagged: int  # photos without a single tag
    users: int  # different ones that are known
    tags: Counter[str]  # how often each tag was given, as it was found
    words: Counter[str]  # at how many photos each word stands
    repeated: Counter[str]  # how often a word was given to a photo that had it
    private: frozenset[str]  # words that fewer users gave than were asked for


def count_tags(
    photos: Iterable[Tagged], word_of: Callable[[str], str], *, min_users: int
) -> Counts:
    """Count the tags of ``photos``, and the words that ``word_of`` makes of them ("" for none).

    Unknown users are one together. The memory needed grows with the numbers of different tags
    and users, not with the photos: the users of a word are held until they are ``min_users``.
    """
    tags: Counter[str] = Counter()
    words: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    users: dict[str, int] = {}
    givers: dict[str, tuple[int, ...]] = {}  # of the words that have too few yet
    shared: set[str] = set()  # the words that have enough
    seen = untagged = 0
    for photo in photos:
        seen += 1
        untagged += not photo.tags
        tags.update(photo.tags)
        user = users.setdefault(photo.user, len(users))
        once = set()
        for word in filter(None, map(word_of, photo.tags)):
            if word in once:
                repeated[word] += 1
                continue
            once.add(word)
            words[word] += 1
            if word not in shared and user not in (known := givers.get(word, ())):
                givers[word] = (*known, user)
                if len(givers[word]) == min_users:
                    shared.add(word)
                    del givers[word]
    known_users = len(users.keys() - {""})
    return Counts(seen, untagged, known_users, tags, words, repeated, frozenset(givers))
