"""The checker of signatures: an int may stand for a float, as everywhere in Python's typing.

Of a container it looks at one item, drawn at random. That must not be from the generator that all
share: Hypothesis fails a test if that one moves while it draws, as it did when an object that was
no longer needed happened to be closed then.
"""

import random

SHARED = random.getrandbits
random.getrandbits = random.Random(0).getrandbits
try:
    from beartype import BeartypeConf, beartype
finally:
    random.getrandbits = SHARED

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
