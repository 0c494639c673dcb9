"""`anju check` against an oracle of its own: on the four real documents, on random tables, and with any one number printed otherwise."""

import os
import pathlib
import random
import re
import shutil
import tempfile
import time
import unittest
from fractions import Fraction

from check_oracle import Table, decimals, not_additive
from support import DATA
from test_check import FILES, anju, path

BATCH = 150          # files that one run of the command checks
NUMBERS_MAX = 1_200  # perturbed numbers; beyond, a seeded sample


def table(name):
    return Table(path(name).read_text(encoding="utf-8"), not_additive(DATA / "catalogue.csv"))


def found(findings):
    """Findings as comparable tuples, in any order."""
    return sorted((f["line"], f["id"], f["rule"], f["verdict"], f["computed"]) for f in findings)


def expected(outcomes):
    return sorted((line, o[0], o[1], o[2], o[3]) for (line, _), o in outcomes.items() if o is not None and o[2] != "exact")


class Oracle(unittest.TestCase):
    def test_every_relation_of_every_document(self):
        for name in FILES:
            report = anju(path(name), "-o", "json").json()
            outcomes = table(name).outcomes()
            judged = [o for o in outcomes.values() if o is not None]
            self.assertEqual(expected(outcomes), found(report["findings"]), name)
            self.assertEqual((len(judged), sum(o[2] == "exact" for o in judged), len(outcomes) - len(judged)),
                             (report["checked"], report["exact"], report["unjudged"]), name)

    def test_relations_that_the_documents_do_not_have(self):
        """Random small tables over every form, with blanks, negatives, ties, mixed decimals and units, and chains of computed cells."""
        seed = int(os.environ.get("ANJU_TEST_SEED", time.time_ns() % 1_000_000))
        rng = random.Random(seed)
        with tempfile.TemporaryDirectory() as directory:
            tables = []
            for number in range(BATCH):
                file = pathlib.Path(directory) / f"{number:03}.csv"
                file.write_text(random_table(rng), encoding="utf-8")
                tables.append(file)
            result = anju(*tables, "-o", "json")
            self.assertIn(result.code, (0, 2), f"seed {seed}: {result.err[:2000]}")
            report, seen = result.json(), set()
            for file in tables:
                outcomes = Table(file.read_text(encoding="utf-8"), {"容积率"}).outcomes()
                self.assertEqual(expected(outcomes), found(f for f in report["findings"] if f["file"] == str(file)), f"seed {seed}\n{file.read_text(encoding='utf-8')}")
                unjudged = sorted((u["line"], u["rule"]) for u in report["unjudged_relations"] if u["file"] == str(file))
                lines = file.read_text(encoding="utf-8").splitlines()
                self.assertEqual(len([o for o in outcomes.values() if o is None]), len(unjudged), f"seed {seed}\n" + "\n".join(lines))
                seen |= {o and o[2] for o in outcomes.values()}
            self.assertEqual({"exact", "rounding", "error", "note", "not_additive", None}, seen, f"seed {seed}")


def random_table(rng):
    """A table whose numbers mostly fit: figures are made first, then printed with few digits."""
    rows = ["id,place,label,printed,unit,should_be"]
    digits = rng.choice((0, 0, 1, 2))
    names, values = [], {}
    for i in range(8):
        unit = rng.choice(("万㎡", "公顷", "平方米")) if digits else "套"
        value = Fraction(rng.choice((0, rng.randint(-20, 400), rng.randint(-20, 400), rng.randint(-20, 400))), rng.choice((1, 1, 3, 7)))
        blank = rng.random() < 0.1
        text = "" if blank else print_number(rng, value * (10_000 if unit == "平方米" else 1), 0 if unit == "平方米" else digits)
        names.append(f"a{i}")
        values[f"a{i}"] = 0 if blank else Fraction(text) / (10_000 if unit == "平方米" else 1)
        rows.append(f"a{i},表 {i},x,{text},{unit},")
    unit = "公顷" if digits else "套"
    for i in range(3):  # computed cells, the later ones over the earlier
        relation, value = random_relation(rng, names, values, computes=True)
        rows.append(f"c{i},算 {i},x,,{unit},{relation}")
        names.append(f"c{i}")
        values[f"c{i}"] = value
    for i in range(12):
        relation, value = random_relation(rng, names, values)
        value += rng.choice((0, 0, 0, 0, Fraction(1, 100), Fraction(-1, 10), 1))
        rows.append(f"z{i},核 {i},{rng.choice('xy')},{print_number(rng, value, digits)},{unit},{relation}")
    for i in range(4):
        ids = rng.sample(names, 3)
        place = sum(values[other] > values[ids[0]] for other in ids) + rng.choice((1, 1, 1, 2, 0))
        rows.append(f"r{i},名次 {i},p,{place},名次,rank({rng.choice(('desc', 'desc', 'asc'))} {' '.join(ids)})")
    for i in range(3):
        a, b = rng.sample(names, 2)
        ratio = values[a] / values[b] if values[b] else Fraction(0)
        rows.append(f"q{i},比 {i},q,{print_number(rng, ratio * 100, 2)},%,{a}/{b}")
    rows += ["f0,率,容积率,2.8,,", "f1,率,容积率,2.5,,", "f2,率,容积率,5.3,,sum(f0 f1)"]
    return "\n".join(rows) + "\n"


def random_relation(rng, names, values, computes=False):
    kind = rng.choice(("sum", "sum", "-", "/", "*", "=") + (() if computes else ("<=", "=")))
    if kind == "sum":
        ids = rng.sample(names, rng.randint(1, 5))
        return f"sum({' '.join(ids)})", sum(values[i] for i in ids)
    a, b = rng.sample(names, 2)
    if kind == "-":
        return f"{a}-{b}", values[a] - values[b]
    if kind == "/":
        return f"{a}/0.8", values[a] / Fraction("0.8")
    if kind == "*":
        return f"{a}*0.35", values[a] * Fraction("0.35")
    return f"{kind}{a}", values[a]


def print_number(rng, value, digits):
    """Rounded half-up or truncated, as people do, sometimes with a digit less."""
    digits = max(0, digits - (rng.random() < 0.2))
    scaled = abs(value) * 10**digits
    whole = (scaled + (Fraction(1, 2) if rng.random() < 0.7 else 0)).__floor__()
    text = str(whole).rjust(digits + 1, "0")
    text = text[:-digits] + "." + text[-digits:] if digits else text
    return "-" + text if value < 0 and whole else text


NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def perturbations(rng, printed):
    """{kind: other print}: what slips when a number is typed. Kinds that this number does not allow are left out."""
    digits = [i for i, c in enumerate(printed) if c.isdigit()]
    candidates = {}
    at = rng.choice(digits)
    candidates["digit"] = printed[:at] + rng.choice([d for d in "0123456789" if d != printed[at]]) + printed[at + 1:]
    first = digits[0]
    candidates["leading"] = printed[:first] + rng.choice([d for d in "123456789" if d != printed[first]]) + printed[first + 1:]
    pairs = [(i, j) for i, j in zip(digits, digits[1:]) if printed[i] != printed[j]]
    if pairs:
        i, j = rng.choice(pairs)
        letters = list(printed)
        letters[i], letters[j] = letters[j], letters[i]
        candidates["swapped"] = "".join(letters)
    candidates["dropped"] = printed[:at] + printed[at + 1:]
    step = Fraction(1, 10 ** decimals(printed))
    moved = Fraction(printed) + rng.choice((step, -step))
    scaled = str(abs(moved * 10 ** decimals(printed)).numerator).rjust(decimals(printed) + 1, "0")
    scaled = scaled[:-decimals(printed)] + "." + scaled[-decimals(printed):] if decimals(printed) else scaled
    candidates["last"] = ("-" if moved < 0 else "") + scaled
    return {kind: text for kind, text in candidates.items() if NUMBER.fullmatch(text) and text != printed}


class Perturbed(unittest.TestCase):
    """Any one number of any document, printed otherwise, is found where a relation holds it."""

    def test_any_one_number(self):
        seed = int(os.environ.get("ANJU_TEST_SEED", time.time_ns() % 1_000_000))
        rng = random.Random(seed)
        self.where = f"seed {seed}"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="anju-check-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.counts = {"files": 0, "found": 0, "bound": 0, "leading": 0}
        tables = {name: table(name) for name in FILES}
        numbers = [(name, row["id"]) for name in FILES for row in tables[name].rows if row["printed"]]
        chosen = numbers if len(numbers) <= NUMBERS_MAX else sorted(rng.sample(numbers, NUMBERS_MAX))
        alone = {(name, i) for name, i in chosen if not tables[name].related(i)}
        loose = {(name, i) for name, i in chosen if (name, i) not in alone and all(r.kind in ("<=", "rank") for _, r in tables[name].related(i))}
        before = {name: tables[name].outcomes() for name in FILES}
        batch = []
        for name, number in chosen:
            for kind, text in perturbations(rng, tables[name].by_id[number]["printed"]).items():
                batch.append(self.perturb(tables[name], name, number, kind, text, before[name]))
                if len(batch) == BATCH:
                    self.compare(batch)
                    batch = []
        self.compare(batch)
        print(f"\nperturbed: {self.where}: {len(chosen)} of {len(numbers)} numbers, {self.counts['files']} files; {self.counts['found']} say something new, of which "
              f"{self.counts['bound']} must by their size and {self.counts['leading']} by their first digit; {len(alone)} numbers in no relation, {len(loose)} only below a bound or in a rank")
        self.assertGreaterEqual(len(chosen), 400)
        self.assertGreater(self.counts["bound"], len(chosen) // 2)

    def perturb(self, current, name, number, kind, text, before):
        """Writes the file and asks the oracle; returns what `compare` needs."""
        widths = {n: self.width(current, n) for row, relation in current.related(number) for n in [row["id"]] + relation.ids}
        old = current.operand(number).value
        undo = current.change(number, text)
        try:
            file = self.directory / f"{self.counts['files']:05}.csv"
            file.write_text(current.text(), encoding="utf-8")
            self.counts["files"] += 1
            after = current.outcomes()
            must = self.must_fail(current, number, kind, old, before, widths)
        finally:
            current.change(number, undo)
        what = f"{self.where}: {name} {number} printed {text} for {undo} ({kind})"
        if after != before:
            self.counts["found"] += 1
        return file, after, must, what

    @staticmethod
    def width(current, number):
        operand = current.operand(number)
        return operand.width() if hasattr(operand, "width") else Fraction(0)

    def must_fail(self, current, number, kind, old, before, widths):
        """(line, rule) of relations that fitted and cannot fit any more, by a bound that knows nothing of verdicts: in a sum, difference or restatement the number
        moved further than all its figures together are uncertain, before and after; in a ratio its first digit changed."""
        moved = abs(current.operand(number).value - old)
        must = set()
        for row, relation in current.related(number):
            was = before[row["line"], row["relations"].index(relation)]
            if was is None or was[2] not in ("exact", "rounding") or relation.kind in ("<=", "rank"):
                continue
            direct = number == row["id"] or number in relation.ids
            if relation.kind in ("sum", "-", "=") and direct:
                # A restatement may be coarser than the number: then half a step of either print is no difference.
                steps = sum(current.operand(n).step or 0 for n in (row["id"], *relation.ids) if hasattr(current.operand(n), "step")) if relation.kind == "=" else 0
                own_step = current.operand(row["id"]).step
                uncertain = sum(widths[n] + self.width(current, n) for n in (row["id"], *relation.ids)) + steps + own_step
                if moved > uncertain:
                    must.add((row["line"], relation.text))
                    self.counts["bound"] += 1
            elif kind == "leading" and direct and relation.kind in ("/", "*") and len(row["printed"].strip("0.")) > 2 and Fraction(row["printed"]) != 0:
                must.add((row["line"], relation.text))
                self.counts["leading"] += 1
        return must

    def compare(self, batch):
        if not batch:
            return
        result = anju(*[file for file, *_ in batch], "-o", "json")
        self.assertIn(result.code, (0, 2), f"{self.where}: {result.err[:2000]}")
        findings = {}
        for finding in result.json()["findings"]:
            findings.setdefault(finding.get("file", str(batch[0][0])), []).append(finding)
        for file, after, must, what in batch:
            got = findings.get(str(file), [])
            self.assertEqual(expected(after), found(got), what)
            self.assertEqual(set(), must - {(f["line"], f["rule"]) for f in got}, what)
            file.unlink()


if __name__ == "__main__":
    unittest.main()
