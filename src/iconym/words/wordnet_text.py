"""WordNet as text to train words on."""

from collections.abc import Iterator, Mapping, Sequence

from iconym.nouns import Track, split_words, untracked
from iconym.words.phrases import Lexicon
from iconym.words.wordnet import Synset

ANCESTORS = 4  # whose words stand in the sentence on what a synset's words belong to


def sentences(synsets: Sequence[Synset], track: Track = untracked) -> Iterator[list[str]]:
    """What WordNet says of each synset, as up to five kinds of sentence.

    1. Its lemmas, what is right above it, and the definition, word by word.
    2. The same with phrases as single tokens ("snow_leopard"), the longest first.
    3. Each example of its use.
    4. Its lemmas and the whole line above it, up to the most general, as tokens.
    5. The words of its lemmas and of the four nearest in that line.

    Of a synset above, the first lemma stands for it; of several, the first one. A possessive 's
    is left out.

    Args:
        synsets: all that are referred to.
        track: shows progress.
    """
    by_id = {synset.id: synset for synset in synsets}
    join = Lexicon.of(lemma for synset in synsets for lemma in synset.lemmas)
    for synset in track(synsets, "reading WordNet", len(synsets)):
        line = [above.lemmas[0] for above in _line(synset, by_id)]
        definition = _words(synset.gloss)
        yield _all_words(synset.lemmas) + _all_words(line[:1]) + definition
        yield _tokens(synset.lemmas) + _tokens(line[:1]) + join(definition)
        yield from (_words(example) for example in synset.examples)
        if line:
            yield _tokens(synset.lemmas) + _tokens(line)
            yield _all_words(synset.lemmas) + _all_words(line[:ANCESTORS])


def _line(synset: Synset, by_id: Mapping[str, Synset]) -> list[Synset]:
    """The synsets above, from the nearest up; WordNet's verbs have a circle, which ends it."""
    line: list[Synset] = []
    while synset.hypernyms:
        synset = by_id[synset.hypernyms[0]]
        if synset in line:
            break
        line.append(synset)
    return line


def _words(text: str) -> list[str]:
    return [word.removesuffix("'s") for word in split_words(text)]


def _all_words(lemmas: Sequence[str]) -> list[str]:
    return [word for lemma in lemmas for word in _words(lemma)]


def _tokens(lemmas: Sequence[str]) -> list[str]:
    return [token for lemma in lemmas if (token := "_".join(_words(lemma)))]
