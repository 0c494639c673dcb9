"""Bulletins on paper: what Chromium prints, looked at as its readers see it: pages, lines, characters, fonts, margins, figures."""

import html
import json
import re
import shutil
import subprocess
import unittest

from support import DATA, REPORT_HEADER, Suite

MM = 72 / 25.4  # points
A4 = (210, 297)
# left, top, right, bottom edges of the text block in mm, on upright and on lying pages
BLOCK = {False: (28, 37, 210 - 26, 297 - 35), True: (35, 28, 297 - 37, 210 - 26)}
LINES, CHARACTERS = 22, 28


def run(*command):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True, timeout=120).stdout


class Word:
    def __init__(self, match):
        self.left, self.top, self.right, self.bottom = (float(number) / MM for number in match.groups()[:4])
        self.text = html.unescape(match.group(5))
        self.middle = (self.top + self.bottom) / 2

    def __repr__(self):
        return f"{self.text!r} at {self.left:.1f},{self.middle:.1f} mm"


class Page:
    def __init__(self, number, source):
        self.number = number
        self.width, self.height = (float(part) / MM for part in re.search(r'<page width="([\d.]+)" height="([\d.]+)"', source).groups())
        self.lying = self.width > self.height
        self.words = [Word(match) for match in re.finditer(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', source)]

    def folio(self):
        """The words below the text block."""
        return [word for word in self.words if word.middle > BLOCK[self.lying][3]]

    def lines(self):
        """The words of the text block by line, top to bottom."""
        lines = {}
        for word in self.words:
            if word.middle <= BLOCK[self.lying][3]:
                lines.setdefault(round(word.middle / 2), []).append(word)
        merged = []
        for key in sorted(lines):
            if merged and lines[key][0].middle - merged[-1][0].middle < 3:
                merged[-1] += lines[key]
            else:
                merged.append(lines[key])
        return [sorted(line, key=lambda word: word.left) for line in merged]


class Paper:
    """A PDF, read back."""

    def __init__(self, path):
        self.path = path
        boxes = run("pdftotext", "-bbox", path, "-").decode()
        self.pages = [Page(number, source) for number, source in enumerate(re.findall(r"<page .*?</page>", boxes, re.S), 1)]
        self.text = run("pdftotext", "-layout", path, "-").decode()
        self.squeezed = re.sub(r"\s+", "", self.text)

    def ink_outside(self, page):
        """Points of the page's margins that are not white, but for the line of the page number."""
        data = run("pdftoppm", "-gray", "-r", "72", "-f", page.number, "-l", page.number, self.path)
        header = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
        width, height = int(header.group(1)), int(header.group(2))
        pixels = data[header.end():]
        left, top, right, bottom = BLOCK[page.lying]
        found = []
        for y in range(height):
            row = pixels[y * width:(y + 1) * width]
            if bottom + 3 < y / MM < bottom + 16:
                continue  # the page number
            if y / MM < top - 0.8 or y / MM > bottom + 0.8:
                outside = row
            else:
                outside = row[:int((left - 0.8) * MM)] + row[int((right + 0.8) * MM) + 1:]
            if outside and min(outside) < 200:
                found.append(round(y / MM, 1))
        return found


def width_of(text):
    """In characters: half a one for ASCII."""
    return sum(0.5 if ord(c) < 0x80 else 1 for c in text)


def runs_of(node):
    """Every run with a figure, in the order of the content."""
    if isinstance(node, dict):
        if "text" in node and node.get("figure"):
            yield node
        else:
            for value in node.values():
                yield from runs_of(value)
    elif isinstance(node, list):
        for part in node:
            yield from runs_of(part)


class PagesTest(unittest.TestCase):
    """The tests only look: one suite for all of them."""

    @classmethod
    def setUpClass(cls):
        for program in ("pdftotext", "pdftoppm", "pdffonts", "fc-list"):
            if not shutil.which(program):
                raise AssertionError(f"{program} is missing: deploy/install packages.txt packages-test.txt")
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.close)
        cls.suite.load()
        cls.suite.ok("bulletin", "define", DATA / "diqing_monthly.bulletin.yaml")
        out = cls.suite.directory / "diqing.json"
        cls.number = cls.suite.ok("bulletin", "issue", "diqing-monthly", "--as-of", "2017-06-30", "--date", "2017-07-05", "-o", "json", "--out", out).json()["number"]
        cls.content = json.loads(out.read_bytes())["content"]
        cls.paper = cls.print(cls.number, "diqing")

    @classmethod
    def print(cls, subject, name):
        pdf = cls.suite.directory / f"{name}.pdf"
        cls.suite.ok("bulletin", "show", subject, "--form", "pdf", "--out", pdf)
        return Paper(pdf)

    def assertInsideTheTextBlock(self, paper):
        for page in paper.pages:
            left, top, right, bottom = BLOCK[page.lying]
            self.assertEqual(sorted(A4), sorted((round(page.width), round(page.height))), page.number)
            folio = page.folio()
            for word in page.words:
                self.assertGreaterEqual(word.left, left - 0.5, (page.number, word))
                self.assertLessEqual(word.right, right + 0.5, (page.number, word))
                self.assertGreaterEqual(word.middle, top, (page.number, word))
                if word not in folio:
                    self.assertLessEqual(word.middle, bottom, (page.number, word))
            self.assertEqual([], paper.ink_outside(page), f"page {page.number}: ink in the margins at these heights (mm)")

    def assertPageNumbersOutside(self, paper):
        for page in paper.pages:
            folio = page.folio()
            self.assertEqual(f"—{page.number}—", re.sub(r"\s", "", "".join(word.text for word in sorted(folio, key=lambda word: word.left))))
            left, _, right, bottom = BLOCK[page.lying]
            if page.number % 2 == 1:
                self.assertLess(right - max(word.right for word in folio), 8, page.number)
                self.assertGreater(right - max(word.right for word in folio), 3, page.number)  # one character free
            else:
                self.assertLess(min(word.left for word in folio) - left, 8, page.number)
                self.assertGreater(min(word.left for word in folio) - left, 3, page.number)
            self.assertLess(folio[0].middle - bottom, 14, page.number)

    def assertImprintAtTheFoot(self, paper, issuer):
        lines = paper.pages[-1].lines()
        last = "".join(word.text for word in lines[-1])
        self.assertTrue(last.startswith(issuer) and last.endswith("印发"), last)
        bottom = BLOCK[paper.pages[-1].lying][3]
        self.assertLess(bottom - lines[-1][0].middle, 9)  # half its own line, and the rounding of the block
        self.assertEqual(1, paper.squeezed.count("抄送："))

    def test_pages(self):
        self.assertEqual(7, len(self.paper.pages))
        self.assertPageNumbersOutside(self.paper)
        self.assertInsideTheTextBlock(self.paper)
        self.assertImprintAtTheFoot(self.paper, "迪庆州保障性安居工程协调领导小组办公室")
        for page, label in ((5, "附件1"), (6, "附件2"), (7, "附件3")):
            first = self.paper.pages[page - 1].lines()[0]
            self.assertEqual(label, first[0].text)
            self.assertLess(first[0].left - 28, 1)
        self.assertIn("抄送：杨正义副州长，", re.sub(r"\s", "", "".join(word.text for line in self.paper.pages[-1].lines()[-3:] for word in line)))

    def test_a_full_page_has_22_lines_of_28_characters(self):
        page = self.paper.pages[1]
        lines = page.lines()
        self.assertEqual(LINES, len(lines), lines)
        pitch = (lines[-1][0].middle - lines[0][0].middle) / (LINES - 1)
        self.assertAlmostEqual(225 / LINES, pitch, delta=0.05)
        widths = [width_of("".join(word.text for word in line)) for line in lines]
        self.assertLessEqual(max(widths), CHARACTERS + 0.5)  # digits of the standing-in font are narrower than half a character
        full = ["".join(word.text for word in line) for page in self.paper.pages[:3] for line in page.lines()]
        chinese = [line for line in full if not re.search(r"[ -~]", line) and len(line) >= CHARACTERS - 1]
        self.assertIn(CHARACTERS, [len(line) for line in chinese])
        for line in lines[:2]:
            self.assertAlmostEqual(28, line[0].left, delta=0.6)
            self.assertAlmostEqual(184, line[-1].right, delta=0.6)

    def test_every_figure_is_printed(self):
        runs = list(runs_of({key: self.content[key] for key in ("title", "addressees", "body", "annexes", "copies")}))
        self.assertGreater(len(runs), 70)
        for figure in runs:
            self.assertIn(figure["text"], self.paper.squeezed, figure)
        place = self.paper.squeezed.index("附件1" + "2017")
        for annex in self.content["annexes"]:
            for row in [*annex["rows"], annex["total"]]:
                cells = "".join("".join(run["text"] for run in cell) for cell in row["cells"])
                place = self.paper.squeezed.index(re.sub(r"\s", "", cells), place)  # in this order

    def test_fonts(self):
        lines = run("pdffonts", self.paper.path).decode().splitlines()[2:]
        self.assertTrue(lines)
        for line in lines:
            embedded = re.search(r" (yes|no) +(yes|no) +(yes|no) +\d+ +\d+$", line)
            self.assertEqual(("yes", "yes"), (embedded.group(1), embedded.group(3)), line)  # embedded, and its text can be searched
        self.assertNotIn("\ufffd", self.paper.text)
        characters = sorted({ord(c) for c in self.paper.squeezed})
        missing = [chr(c) for c in characters if not run("fc-list", f":lang=zh-cn:charset={c:x}", "file").strip()]
        self.assertEqual([], missing)

    def test_a_draft_is_visibly_one(self):
        draft = self.suite.ok("bulletin", "draft", "diqing-monthly", "--as-of", "2017-06-30", "-o", "json", "--out", self.suite.directory / "draft.json").json()
        paper = self.print(draft["draft"], "draft")
        self.assertEqual(len(self.paper.pages), len(paper.pages))
        for page in paper.pages:
            said = "".join(word.text for word in page.words)
            self.assertEqual((1 + (page.number == 1),) * 2, (said.count("草"), said.count("稿")), page.number)  # the stamp is askew: its characters are words
        self.assertNotIn("〔2017〕", paper.squeezed)

    def test_a_large_bulletin_and_its_correction(self):
        """60 rows of 9 columns with long names; then 40 of its figures are corrected."""
        city = "长名市"
        long_name = "国家级高新技术产业开发区与综合保税区联合管理委员会直属第{}片区"
        names = [long_name.format(i) if i % 5 == 0 else f"第{i}县" for i in range(60)]
        regions = ["code,name,parent,level,kind,valid_from,valid_to", f"539900,{city},530000,city,administrative,2000,"]
        regions += [f"5399{i + 1:02d},{name},539900,county,administrative,2000," for i, name in enumerate(names)]
        self.suite.ok("regions", "import", self.suite.file("\n".join(regions) + "\n", name="large_regions.csv"))
        plan = ["region,programme,indicator,plan_year,value,unit"]
        report = [REPORT_HEADER]
        for i, name in enumerate(names):
            plan.append(f"{name},shantytown.urban,starts,2017,{1000 + i * 10},套")
            report.append(f"{name},shantytown.urban,starts,2017,2017-06-30,{500 + i * 7},套,cumulative,,,")
            report.append(f"{name},shantytown.urban,investment,2017,2017-06-30,{123456 + i}.25,万元,cumulative,,,")
        self.suite.ok("plan", "import", self.suite.file("\n".join(plan) + "\n", name="large_plan.csv"), "--document", "长政〔2017〕1号", "--issuer", city, "--issued", "2017-01-10")
        self.suite.ok("report", self.suite.file("\n".join(report) + "\n", name="large_report.csv"))
        template = self.suite.file(TEMPLATE, name="large.yaml")
        self.suite.ok("bulletin", "define", template)
        issued = self.suite.ok("bulletin", "issue", "large-monthly", "--as-of", "2017-06-30", "--date", "2017-07-05", "-o", "json", "--out", self.suite.directory / "large.json").json()
        paper = self.print(issued["number"], "large")
        self.large_is_whole(paper, names)

        rows = [REPORT_HEADER]
        for i in range(40):
            rows.append(f"{names[i]},shantytown.urban,investment,2017,2017-06-30,{223456 + i}.5,万元,correction,核对台账,,")
        self.suite.ok("report", self.suite.file("\n".join(rows) + "\n", name="large_correction.csv"))
        out = self.suite.directory / "large_correction.json"
        correction = self.suite.ok("bulletin", "correct", issued["number"], "--date", "2017-08-01", "-o", "json", "--out", out).json()
        changes = json.loads(out.read_bytes())["content"]["corrects"]["changes"]
        self.assertGreaterEqual(len(changes), 40)
        paper = self.print(correction["number"], "large_correction")
        self.large_is_whole(paper, names)
        for change in changes:
            self.assertIn(change["before"], paper.squeezed)
            self.assertIn(change["after"], paper.squeezed)

    def large_is_whole(self, paper, names):
        self.assertPageNumbersOutside(paper)
        self.assertInsideTheTextBlock(paper)
        self.assertImprintAtTheFoot(paper, "长名市住房和城乡建设局")
        annex = [page for page in paper.pages if page.lying and any(word.text == "数据日期" for word in page.words)]
        self.assertGreater(len(annex), 1)  # several pages, and the headings on each
        ranks = []
        for page in annex:
            for line in page.lines():
                # A row that was broken across pages would show its number on one and the rest of its cells on the other.
                if re.fullmatch(r"\d+", line[0].text) and len(line) >= 8:
                    ranks.append(int(line[0].text))
        self.assertEqual(list(range(1, len(names) + 1)), ranks)
        for name in names[1:5]:
            self.assertIn(name, paper.squeezed)


TEMPLATE = """
template: large-monthly
region: 长名市
issuer: 长名市住房和城乡建设局
number: 长建通〔{year}〕{n}号
title: 长名市住房和城乡建设局关于{year}年{month}月保障性安居工程进展情况的通报
addressees: 各县（市、区）人民政府：
copies: 市委办公室，市人大常委会办公室，市政府办公室，市政协办公室，市纪委监委，市发展改革委，市财政局，市自然资源和规划局，市审计局。
tables:
  starts:
    annex: yes
    title: "{year}年各县（市、区）城镇棚户区改造开工及投资完成情况一览表"
    unit_note: 单位：套、万元、%
    rank: {programme: shantytown.urban, indicator: starts, year: "{year}", by: rate, then_by: target, ties: ordinal, digits: 2, total_digits: 2,
           columns: [investment, "target:starts", rate.city, completions]}
    columns:
      - {heading: 排序, cell: rank}
      - {heading: 县（市、区）, cell: name}
      - {group: 开工, heading: 年度目标任务数, cell: denominator}
      - {group: 开工, heading: 截至本月底累计开工数, cell: numerator}
      - {group: 开工, heading: 截至本月底开工率及其与年度目标任务的比较（%）, cell: value, format: {suffix: "%"}}
      - {group: 投资, heading: 截至本月底累计完成投资, cell: investment, format: {digits: 2}}
      - {heading: 市级下达年度目标任务数, cell: "target:starts"}
      - {heading: 按市级任务计算的开工率（%）, cell: rate.city, format: {suffix: "%"}}
      - {heading: 数据日期, cell: as_of}
    total: 合　计
body:
  - text: 截至{year}年{month}月底，全市开工{starts.total.numerator}套，开工率{starts.total.value}%，完成投资{starts.total.investment}万元。
"""
