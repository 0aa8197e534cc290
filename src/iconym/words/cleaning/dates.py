"""Rules for dates, numbers and the names that cameras give to files."""

import re
import unicodedata

from iconym.words.cleaning.rule import dropping

YEAR = r"(?:1[89]|20)\d\d"
DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
MONTH = (  # English, German, French, Spanish, Italian, Portuguese, Dutch
    "(?:jan|feb|mar|apr|jun|jul|aug|sept?|okt|oct|nov|dec|dez|january|february|march|april|may|june"
    "|july|august|september|october|november|december|januar|februar|märz|maerz|mai|juni|juli"
    "|oktober|dezember|janvier|février|fevrier|mars|avril|juin|juillet|août|aout|septembre|octobre"
    "|novembre|décembre|decembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre"
    "|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre"
    "|dicembre|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro"
    "|januari|februari|maart|mei|augustus)"
)
OF = "(?:_?(?:of|de))?_?"
DATE = re.compile(  # of words with their underscores
    "|".join(
        (
            YEAR,
            f"(?:{DAY}{OF})?{MONTH}{OF}{YEAR}",  # 12 may 2009, mayo de 2009
            f"{MONTH}_?{DAY}_{YEAR}",  # may 12th, 2009
            f"{YEAR}_?{MONTH}(?:_?{DAY})?",
            f"{MONTH}_?'?0\\d|{MONTH}'\\d\\d",  # may09, but july14 may be a holiday
            rf"{YEAR}_?[01]\d_?[0-3]\d_?t?_?[0-2]\d_?[0-5]\d(?:_?[0-5]\d)?(?:_\d+)?z?",
            r"\d{2,4}_?[年년](?:_?\d{1,2}_?[月월])?(?:_?\d{1,2}_?[日일])?",
        )
    )
)
EXTENSION = "(?:jpe?g|png|gif|tiff?|cr2|nef|dng|arw|orf|bmp|heic|avi|mov|mp4|psd)"
FILE = re.compile(
    r"(?:img|dsc[nf]?|pict|imgp|cimg|hpim|mvi|kif|sany|gopr|dji|pxl|mg|p|scan|pano|vid)_?"
    rf"\d{{4,}}(?:_\w+)?|\w+_jpe?g|\w*\d\w*_{EXTENSION}|\w*\d{{6}}\w*|(?=\D*\d)[0-9a-f]{{16,}}"
)


def is_date(word: str) -> bool:
    """Whether ``word`` is a year or a date with one."""
    return not word.isalpha() and bool(DATE.fullmatch(word))


def is_file(word: str) -> bool:
    """Whether ``word`` is the name of a file, or has a number of six digits and more."""
    return not word.isalpha() and bool(FILE.fullmatch(word))


def is_number(word: str) -> bool:
    """Whether ``word`` is made of digits and number signs only; a Chinese numeral is a letter."""
    return not word.isalpha() and all(
        unicodedata.category(c)[0] == "N" for c in word if c not in "_'"
    )


DATES = dropping("dates", is_date)
NUMBERS = dropping("numbers", is_number)
FILES = dropping("files", is_file)
