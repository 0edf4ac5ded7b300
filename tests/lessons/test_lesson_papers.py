"""What a member takes away of papers: BibTeX that compiles, CSV that no spreadsheet takes for a formula."""

import csv
import io
from datetime import UTC, datetime

from lessons.papers import Paper, to_bibtex, to_csv

PAPER = Paper(
    "2611.00007",
    "Half of 50% & more: C_2 in {practice}",
    ("Ada Lovelace", "José García"),
    "…",
    "=SUM(A1) is no summary.",
    ("cs.LG", "stat.ML"),
    datetime(2026, 11, 24, tzinfo=UTC),
)


def test_a_bibtex_entry_is_complete_and_escaped() -> None:
    assert to_bibtex([PAPER]) == (
        "@misc{lovelace2026261100007,\n"
        "  title = {{Half of 50\\% \\& more: C\\_2 in \\{practice\\}}},\n"
        "  author = {Ada Lovelace and José García},\n"
        "  year = {2026},\n"
        "  eprint = {2611.00007},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.LG},\n"
        "  url = {https://arxiv.org/abs/2611.00007},\n"
        "}\n"
    )


def test_a_table_can_be_read_again_and_holds_no_formula() -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([PAPER])))
    assert row["authors"] == "Ada Lovelace; José García"
    assert row["announced"] == "2026-11-24"
    assert row["summary"] == "'=SUM(A1) is no summary."


def test_many_authors_fit_on_a_card() -> None:
    many = Paper("2611.00008", "T", tuple("ABCDEFG"), "", "", (), PAPER.announced_at)
    assert many.byline == "A, B, C and 4 others"
    assert PAPER.byline == "Ada Lovelace, José García"
