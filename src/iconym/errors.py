"""The exceptions of this package, each with one line that says what is wrong and what to do.

    IconymError
    ├── Usage                a request that cannot be met as it stands
    │   ├── NoCollection     no .iconym folder here or above
    │   ├── NothingToDo      a folder or data set without a single picture
    │   └── UnknownWord      a word the vocabulary lacks; carries the nearest spellings
    ├── BadPicture           a file that cannot be used as a picture
    │   ├── MissingPicture   no such file, a dangling link, a directory, no right to read
    │   ├── EmptyPicture     zero bytes
    │   ├── NotAPicture      no format that we decode
    │   ├── TruncatedPicture the file ends before the picture does, or its data are damaged
    │   ├── PictureTooLarge  more pixels than the limit, refused from the header
    │   └── MissingDecoder   a format whose decoder is an extra that has to be installed first
    ├── BadData              a data set, word list or vector file that cannot be used
    │   └── Stopped          a training ended early, for its loss, its gradient or a collapse
    ├── BadFolder            a saved folder that cannot be used
    │   ├── DamagedFolder    a file of it is missing or differs from its checksum
    │   └── NewerFormat      written by a later version of this package
    ├── StreamError          an activity stream that does not answer, or refuses what was asked
    ├── SpaceMismatch        vectors of one space asked for with another
    └── MissingTool          a program or an extra of this package that has to be installed first

The command line turns ``Usage`` into exit code 2 and every other one into exit code 1.
"""

from collections.abc import Sequence


class IconymError(Exception):
    """Something a caller may want to catch; its message is one line with value and remedy."""


class Usage(IconymError):
    """A request that cannot be met as it stands."""


class NoCollection(Usage):
    """There is no ``.iconym`` folder where one is needed."""


class NothingToDo(Usage):
    """A folder or data set holds not a single picture."""


class UnknownWord(Usage):
    """A word the vocabulary lacks."""

    def __init__(self, word: str, nearest: Sequence[str] = ()) -> None:
        hint = f"; did you mean {', '.join(nearest)}?" if nearest else "; try a more common word"
        super().__init__(f"the vocabulary has no word {word!r}{hint}")
        self.word = word
        self.nearest = tuple(nearest)


class BadPicture(IconymError):
    """A file that cannot be used as a picture."""


class MissingPicture(BadPicture):
    """No such file, a dangling link, a directory, or no right to read it."""


class EmptyPicture(BadPicture):
    """A file of zero bytes."""


class NotAPicture(BadPicture):
    """A file in no format that we decode."""


class TruncatedPicture(BadPicture):
    """A picture whose data end too early or are damaged."""


class PictureTooLarge(BadPicture):
    """A picture with more pixels than the limit."""


class MissingDecoder(BadPicture):
    """A picture in a format whose decoder is an extra that has to be installed first."""


class BadData(IconymError):
    """A data set, word list or vector file that cannot be used."""


class Stopped(BadData):
    """A training ended before its last step; what it taught holds the last good weights."""


class BadFolder(IconymError):
    """A saved folder that cannot be used."""


class DamagedFolder(BadFolder):
    """A file of a saved folder is missing or differs from its checksum."""


class NewerFormat(BadFolder):
    """A saved folder was written by a later version of this package."""


class StreamError(IconymError):
    """An activity stream does not answer, or refuses what was asked."""


class SpaceMismatch(IconymError):
    """Vectors of one space were asked for with another."""


class MissingTool(IconymError):
    """A program or an extra of this package has to be installed first."""
