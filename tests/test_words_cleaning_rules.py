"""Each rule changes and drops what it names, and leaves alone what only looks like it."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import Usage
from iconym.words.cleaning import RULES, apply_rules, choose_rules
from iconym.words.cleaning.characters import normalize

DROPPED = ""


def rule(name, **made):
    return next(rule for rule in choose_rules(**made) if rule.name == name)


def cleaned(tag):
    return apply_rules(RULES, tag)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("url", "new+york", "new york"),
        ("url", "c++", "c++"),
        ("url", "highway%0aeast", "highway\neast"),
        ("url", "hawaii%2c", "hawaii,"),
        ("url", "falcon%3F", "falcon?"),
        ("url", "black+%26+white", "black & white"),
        ("url", "caf%C3%A9", "café"),
        ("url", "caf%25C3%25A9", "café"),
        ("url", "%e9%bb%83%e5%b1%b1", "黃山"),
        ("url", "100%acrylic", "100%acrylic"),
        ("html", "rock&amp;roll", "rock&roll"),
        ("html", "rock&amp;amp;roll", "rock&roll"),
        ("html", "&#35;sunset", "#sunset"),
        ("html", "&#x23;sunset", "#sunset"),
        ("html", "rock&amp", "rock&"),
        ("html", "don#39;t", "don't"),
        ("html", "rock amp; roll", "rock & roll"),
        ("html", "food&regional", "food&regional"),
        ("escapes", "x23avgeek", "avgeek"),
        ("escapes", "x28guitar", "guitar"),
        ("escapes", "4x2f22x2f2007", "4_22_2007"),
        ("escapes", "x23", "x23"),
        ("escapes", "4x24", "4x24"),
        ("unicode", "  new \t york\n", "new york"),
        ("unicode", "\uff43\uff41\uff54", "cat"),
        ("unicode", "ﾈｺ", "ネコ"),
        ("unicode", "ﬁsh", "fish"),
        ("unicode", "cafe\u0301", "café"),
        ("unicode", "\ufeffsun\u00adset\u200b", "sunset"),
        ("unicode", "sun\u200dset", "sunset"),
        (
            "unicode",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("unicode", "น้ำ", "น้ำ"),
        ("unicode", "ㅋㅋ", "ㅋㅋ"),
        ("case", "Straße", "straße"),
        ("case", "İSTANBUL", "istanbul"),
        ("addresses", "http://example.com/a", DROPPED),
        ("addresses", "see www.example.com", DROPPED),
        ("addresses", "example.co.uk", DROPPED),
        ("addresses", "me@example.com", DROPPED),
        ("addresses", "st.ives", "st.ives"),
        ("machine-tags", "geo:lat=51.5", DROPPED),
        ("machine-tags", "uploaded:by=flickr_mobile", DROPPED),
        ("machine-tags", "taxonomy:binomial=Turdus merula", DROPPED),
        ("machine-tags", "star wars: a new hope", "star wars: a new hope"),
        ("machine-tags", "e=mc2", "e=mc2"),
        ("f-numbers", "f/8", DROPPED),
        ("f-numbers", "ƒ/2.8", DROPPED),
        ("f-numbers", "f-16", "f-16"),
        ("f-numbers", "f/x", "f/x"),
        ("emoticons", ":-)", DROPPED),
        ("emoticons", ":D", DROPPED),
        ("emoticons", "<3", DROPPED),
        ("emoticons", "\\o/", DROPPED),
        ("emoticons", "happy :)", "happy"),
        ("emoticons", "love <3", "love"),
        ("emoticons", "x", "x"),
        ("words", "New-York, (NY)!", "new_york_ny"),
        ("words", "hadrian\u2019s wall", "hadrian's_wall"),
        ("words", "!!!", DROPPED),
        ("cameras", "canon", DROPPED),
        ("cameras", "canon_eos_5d_mark_ii", DROPPED),
        ("cameras", "canoneos350d", DROPPED),
        ("cameras", "canonpowershotsd1000", DROPPED),
        ("cameras", "rebel_xti", DROPPED),
        ("cameras", "nikon_d90", DROPPED),
        ("cameras", "d3100", DROPPED),
        ("cameras", "dmc_fz50", DROPPED),
        ("cameras", "sonydscw120", DROPPED),
        ("cameras", "olympus_e_510", DROPPED),
        ("cameras", "pentax", DROPPED),
        ("cameras", "iphone_4s", DROPPED),
        ("cameras", "50mm", DROPPED),
        ("cameras", "70_200mm_f_2_8", DROPPED),
        ("cameras", "canonef50mmf18", DROPPED),
        ("cameras", "f_2_8", DROPPED),
        ("cameras", "iso_400", DROPPED),
        ("cameras", "1_250s", DROPPED),
        ("cameras", "cannon_beach", "cannon_beach"),
        ("cameras", "canon_law", "canon_law"),
        ("cameras", "canonbury", "canonbury"),
        ("cameras", "olympus", "olympus"),
        ("cameras", "mt_fuji_2009", "mt_fuji_2009"),
        ("cameras", "fuji_2009", "fuji_2009"),
        ("cameras", "sony_ps3", "sony_ps3"),
        ("cameras", "kodak_theatre", "kodak_theatre"),
        ("cameras", "rebel", "rebel"),
        ("cameras", "iphone", "iphone"),
        ("cameras", "f_16", "f_16"),
        ("cameras", "3d", "3d"),
        ("dates", "2009", DROPPED),
        ("dates", "may2009", DROPPED),
        ("dates", "12_may_2009", DROPPED),
        ("dates", "may_12th_2009", DROPPED),
        ("dates", "2009_may", DROPPED),
        ("dates", "5_de_mayo_de_2010", DROPPED),
        ("dates", "août_2010", DROPPED),
        ("dates", "may09", DROPPED),
        ("dates", "2009_05_12t10_22_33z", DROPPED),
        ("dates", "2009年5月", DROPPED),
        ("dates", "2009년_5월", DROPPED),
        ("dates", "may", "may"),
        ("dates", "june", "june"),
        ("dates", "4th_of_july", "4th_of_july"),
        ("dates", "1950s", "1950s"),
        ("dates", "summer_2009", "summer_2009"),
        ("numbers", "365", DROPPED),
        ("numbers", "12_05_2009", DROPPED),
        ("numbers", "20090512", DROPPED),
        ("numbers", "١٢٣", DROPPED),
        ("numbers", "一", "一"),
        ("numbers", "4x4", "4x4"),
        ("numbers", "route_66", "route_66"),
        ("files", "img_1234", DROPPED),
        ("files", "dsc00012", DROPPED),
        ("files", "p1010101_jpg", DROPPED),
        ("files", "sunset_jpg", DROPPED),
        ("files", "rays_20131005_193702", DROPPED),
        ("files", "01033aa55eb945b174d5d73ea1cd91", DROPPED),
        ("files", "img", "img"),
        ("files", "p51_mustang", "p51_mustang"),
        ("files", "boeing_747", "boeing_747"),
        ("programs", "geotagged", DROPPED),
        ("programs", "square_format", DROPPED),
        ("programs", "iphoneography", DROPPED),
        ("programs", "geology", "geology"),
        ("programs", "square", "square"),
        ("length", "a", DROPPED),
        ("length", "я", DROPPED),
        ("length", "x\u0323", DROPPED),
        ("length", "猫", "猫"),
        ("length", "ab", "ab"),
        ("length", "a" * 64, "a" * 64),
        ("length", "a" * 65, DROPPED),
    ],
)
def test_a_rule_makes_of_a_tag(name, before, after):
    assert rule(name).apply(before) == after


@pytest.mark.parametrize(
    ("tag", "word"),
    [
        ("🌅", "sunrise"),
        ("❤️", "heavy_black_heart"),
        ("👍🏽", "thumbs_up_sign"),
        ("👩\u200d🚀", "woman_rocket"),
        ("🇯🇵", "flag_jp"),
        ("🇧🇧", "flag_bb"),
        ("🐶🐶", "dog_face"),
        ("beach🌴", "beach"),
    ],
)
def test_an_emoji_that_stands_alone_is_named_by_unicode(tag, word):
    assert cleaned(tag) == word


def test_emoji_may_be_dropped():
    dropping = choose_rules(emoji="drop")
    assert apply_rules(dropping, "🌅") == DROPPED
    assert apply_rules(dropping, "beach🌴") == "beach"


@pytest.mark.parametrize(
    "tag",
    [
        "日本語",
        "富士山",
        "ひまわり",
        "ラーメン",
        "تَصْوِير",
        "غروب_الشمس",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "закат",
        "हिन्दी",
        "ภาษาไทย",
        "น้ำ",
        "한국어",
        "ㅋㅋㅋ",
        "שקיעה",
        "ηλιοβασίλεμα",
        "தமிழ்",
        "მზე",
    ],
)
def test_a_tag_of_any_script_survives_all_rules_unchanged(tag):
    assert cleaned(tag) == tag


@pytest.mark.parametrize(
    ("tag", "word"),
    [
        ("%23Caf%C3%A9+M%C3%BCller", "café_müller"),
        ("X28usay%29", "usay"),
        ("d%27affaires", "d'affaires"),
        ("uploaded%3Aby%3Dflickr_mobile", DROPPED),
        ("10%2f2005", DROPPED),
        ("Canon+EF+50mm+f%2F1.8", DROPPED),
        ("http%3a%2f%2fexample.com", DROPPED),
        ("IMG_1234.JPG", DROPPED),
        ("12.05.2009", DROPPED),
        ("\uff29\uff33\uff2f\u3000\uff14\uff10\uff10", DROPPED),
        ("&nbsp;", DROPPED),
    ],
)
def test_rules_work_in_turn(tag, word):
    assert cleaned(tag) == word


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "a1_",
        "%25",
        "%",
        "&amp;",
        "&#35",
        "amp;",
        "x23",
        "a@",
        "@a.",
        "www.",
        "+a",
        "a:",
        ":(",
    ],
)
def test_a_tag_as_long_as_a_book_is_no_danger(piece):
    assert cleaned(piece * 100_000) == DROPPED
    assert cleaned(piece + "25" * 100_000) == DROPPED


@given(st.text())
def test_any_text_becomes_a_word_without_blanks_or_is_dropped(tag):
    assert not any(c.isspace() for c in cleaned(tag))


@given(
    st.text(st.characters(codec="utf-8")) | st.text("x23f4&#;%+_:=<'i\u0307ZΣ1d.amp\u200d\u0301")
)
def test_a_cleaned_word_is_not_changed_by_cleaning_again(tag):
    assert cleaned(cleaned(tag)) == cleaned(tag)


@given(st.text())
def test_normalizing_twice_is_normalizing_once(tag):
    assert normalize(normalize(tag)) == normalize(tag)


AS_TYPED = "\u0e33\u0eb3" + "".join(map(chr, range(0x3131, 0x318F)))  # Thai, Lao, Korean


@given(st.text(st.characters(categories=["L", "N", "P"], exclude_characters=AS_TYPED)))
def test_normalizing_is_nfkc(tag):
    assert normalize(tag) == " ".join(unicodedata.normalize("NFKC", tag).split())


@pytest.mark.parametrize(
    ("scripts", "kept"),
    [
        (["latin"], ["café", "747"]),
        (["cyrillic", "latin"], ["café", "747", "закат", "dлив"]),
        (["han", "hiragana", "katakana"], ["747", "富士山", "ラーメン", "日々"]),
        (["hangul"], ["747", "한국어"]),
    ],
)
def test_only_words_of_the_chosen_scripts_are_kept(scripts, kept):
    words = ["café", "747", "закат", "dлив", "富士山", "ラーメン", "日々", "한국어"]
    assert list(filter(rule("scripts", scripts=scripts).apply, words)) == kept


def test_the_tags_of_a_list_of_ones_own_are_dropped_however_they_are_spelled():
    stop = choose_rules(stop=["Top F25", "explore"])
    left = [apply_rules(stop, tag) for tag in ("top-f25", "#Explore", "explorer")]
    assert left == ["", "", "explorer"]


def test_rules_are_chosen_by_name_and_stay_in_their_order():
    assert [rule.name for rule in choose_rules(only=["cameras", "url"])] == [
        *("url", "words", "cameras")
    ]
    assert "cameras" not in [rule.name for rule in choose_rules(without=["cameras"])]


def test_without_a_rule_what_it_names_survives():
    assert apply_rules(choose_rules(without=["cameras"]), "Nikon D90") == "nikon_d90"


@pytest.mark.parametrize(
    ("made", "complaint"),
    [
        ({"only": ["camera"]}, "no rule 'camera'; there are url, html"),
        ({"without": ["words"]}, "'words' makes the words"),
        ({"scripts": ["latni"]}, "no script 'latni'; there are arabic"),
    ],
)
def test_a_choice_that_cannot_be_met_is_refused(made, complaint):
    with pytest.raises(Usage, match=complaint):
        choose_rules(**made)


def test_every_rule_has_a_name_of_its_own():
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_every_rule_is_documented():
    page = Path(__file__).resolve().parents[1] / "docs" / "noisy-tags.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [rule.name for rule in RULES]
