"""Clean the tags of photos by named rules that say what they changed and what they dropped."""

from iconym.words.cleaning.cleaning import Cleaning, clean
from iconym.words.cleaning.layout import Layout
from iconym.words.cleaning.report import CleaningReport, RuleReport
from iconym.words.cleaning.rule import Rule
from iconym.words.cleaning.rules import RULES, apply_rules, choose_rules
from iconym.words.cleaning.settings import CleaningSettings
from iconym.words.cleaning.source import TagFile
from iconym.words.cleaning.stop import read_stop_words
from iconym.words.cleaning.tagged import Tagged
from iconym.words.cleaning.writing import check_suffix, write_cleaned, write_dropped

__all__ = [
    "RULES",
    "Cleaning",
    "CleaningReport",
    "CleaningSettings",
    "Layout",
    "Rule",
    "RuleReport",
    "TagFile",
    "Tagged",
    "apply_rules",
    "check_suffix",
    "choose_rules",
    "clean",
    "read_stop_words",
    "write_cleaned",
    "write_dropped",
]
