"""The check files of the four documents against the original texts: every figure of a text is a cell, and every cell is printed there.

Read in the order of print, the figures of a text and the printed cells of its check file are one and the same list. What a text says in
digits or in Chinese numerals without being a figure stands in NOT_FIGURES below, each with its reason; nothing else may be left out.
"""

import csv
import difflib
import re
import unicodedata
import unittest

from support import DATA, TOP

TEXTS = TOP / "tests" / "data" / "documents"
DOCUMENTS = ("zhengzhou_2017", "diqing_2017_06", "handan_2011_2015", "shangrao_2023")

# A number as these texts print one: digits, or Chinese numerals. 万 and 亿 belong to units here (万套, 亿元).
CHINESE = "〇零一二两三四五六七八九十百千"
NUMBER = re.compile(rf"\d+(?:\.\d+)?|[{CHINESE}]+")

# What is no figure: (pattern, reason). A pattern covers the numbers that lie wholly inside one of its matches.
NOT_FIGURES = (
    (r"[［\[〔]20\d\d[］\]〕]\d{1,3}号", "number of a document (文号)"),
    (r"\b20\d\d[-—]20\d\d年", "period of years that a figure or a heading is about"),
    (r"(?<![\d.])20\d\d ?年", "year, with or without a month and day behind it"),
    (r"(?<![\d.])\d{1,2}(?:—\d{1,2})? ?月(?:底|\d{1,2}日)?", "month, months or day: deadlines and reporting dates"),
    (r"(?<=保障率（%）\n\n\t)2015(?=\n)", "year in the column 年度 of a table"),
    (r"(?m)^ ?\d{1,2}(?:、|\.(?!\d))", "number of a paragraph, of a source or in the list of annexes"),
    (r"附件 ?\d", "number of an annex"),
    (r"不超过3个工作日", "time limit of an administrative step"),
    (r"5年内不得申请", "time limit of a sanction"),
    (rf"第[{CHINESE}]+[章条]", "number of a chapter or article"),
    (rf"[（(][{CHINESE}]+[）)]", "number of a paragraph in brackets"),
    (rf"(?m)^ *[{CHINESE}]+、", "number of a section"),
    (r"[一二三]要", "first, second, third demand in a sentence"),
    (r"十二五|第十二个五年规划", "name of the five-year plan"),
    (r"两月一次|两个月内", "time limit: how often is inspected, how soon is housed"),
    (r"三级审核", "levels of a procedure"),
    (r"“三个代表”|“五到位”|“四大攻坚行动”", "slogan or campaign named by a number"),
    (r"二七区|三清山|第三纪工委|办公厅五处", "name of a place or an office"),
    (r"第一责任人|进一步|统一管理|一律|一般公共预算|一系列|零星", "word, not a count"),
)


def text_of(document):
    return (TEXTS / f"{document}.txt").read_text(encoding="utf-8")


def cells_of(document):
    """The cells with a printed figure, as (id, printed); printed blanks and computed operands have none."""
    with open(DATA / f"{document}.check.csv", encoding="utf-8", newline="") as file:
        return [(row["id"], row["printed"]) for row in csv.DictReader(file) if row["printed"]]


def figures_of(text):
    """The figures of a text in the order of print, as (figure, where)."""
    covered = [match.span() for pattern, _ in NOT_FIGURES for match in re.finditer(pattern, text)]
    figures = []
    for match in NUMBER.finditer(text):
        start, end = match.span()
        if any(low <= start and end <= high for low, high in covered):
            continue
        around = text[max(0, start - 12):end + 8].replace("\n", " ").replace("\t", " ")
        figures.append((match[0], f"line {text.count(chr(10), 0, start) + 1}: …{around}…"))
    return figures


def differences(text, cells):
    """Sentences on what is printed without a cell, and on cells that are not printed where they stand."""
    figures = figures_of(text)
    printed, recorded = [figure for figure, _ in figures], [value for _, value in cells]
    if printed == recorded:
        return []
    complaints = []
    for _, low, high, first, last in (code for code in difflib.SequenceMatcher(None, printed, recorded, autojunk=False).get_opcodes() if code[0] != "equal"):
        complaints += [f"{figure} is in no cell, {where}" for figure, where in figures[low:high]]
        complaints += [f"{value} of cell {name} is not printed there" for name, value in cells[first:last]]
    return complaints


class CheckCoverage(unittest.TestCase):
    def test_every_figure_is_a_cell_and_every_cell_is_printed(self):
        for document in DOCUMENTS:
            with self.subTest(document):
                self.assertEqual([], differences(text_of(document), cells_of(document)))

    def test_a_figure_taken_out_of_a_check_file_is_missed(self):
        for document in DOCUMENTS:
            text, cells = text_of(document), cells_of(document)
            for i in sorted({*range(0, len(cells), 16), len(cells) - 1}):
                with self.subTest(document, cell=cells[i][0]):
                    complaints = differences(text, cells[:i] + cells[i + 1:])
                    # Of equal neighbours (0 beside 0) either may be named: it is the same figure.
                    self.assertEqual([f"{cells[i][1]} is in no cell"], [complaint.split(",")[0] for complaint in complaints])

    def test_a_cell_added_changed_or_exchanged_is_found(self):
        for document in DOCUMENTS:
            text, cells = text_of(document), cells_of(document)
            middle = next(i for i in range(len(cells) // 2, len(cells)) if cells[i][1] != cells[i + 1][1])
            (first, a), (second, b) = cells[middle], cells[middle + 1]
            for name, other in (
                ("added", [(first, a), ("added", "987654"), (second, b)]),
                ("changed", [(first, a + "1"), (second, b)]),
                ("exchanged", [(first, b), (second, a)]),
            ):
                with self.subTest(document, name=name):
                    self.assertNotEqual([], differences(text, cells[:middle] + other + cells[middle + 2:]))

    def test_patterns_hide_no_figure(self):
        """A figure that looks like a year, a month, an ordinal or a time limit is still a figure."""
        added = "\n另新开工2017套，其中12户、5个小区、3栋，占10%，投资4.5亿元，\n\t2015\n\t6\n分配入住三百套。\n"
        for document in DOCUMENTS:
            with self.subTest(document):
                complaints = differences(text_of(document) + added, cells_of(document))
                self.assertEqual(["2017", "12", "5", "3", "10", "4.5", "2015", "6", "三百"], [complaint.split()[0] for complaint in complaints])

    def test_every_pattern_is_needed(self):
        texts = [text_of(document) for document in DOCUMENTS]
        for pattern, reason in NOT_FIGURES:
            self.assertTrue(any(NUMBER.search(match[0]) for text in texts for match in re.finditer(pattern, text)), f"{reason}: {pattern} matches nothing")

    def test_no_number_is_written_in_other_digits(self):
        """Full-width, circled or Roman numerals would escape NUMBER: these texts have none."""
        for document in DOCUMENTS:
            strange = {c for c in text_of(document) if unicodedata.numeric(c, None) is not None and not c.isascii() and unicodedata.category(c) != "Lo"}
            self.assertEqual(set(), strange - {"〇"}, document)

    def test_every_cell_says_where_it_is_printed(self):
        for document in DOCUMENTS:
            with open(DATA / f"{document}.check.csv", encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual(len(rows), len({row["id"] for row in rows}), document)
            for row in rows:
                self.assertTrue(row["place"] and row["label"], row)
                # Place and label together name one cell, so that a finding is found in the original at once.
            named = [(row["place"], row["label"]) for row in rows]
            self.assertEqual([], [name for name in named if named.count(name) > 1], document)


if __name__ == "__main__":
    unittest.main()
