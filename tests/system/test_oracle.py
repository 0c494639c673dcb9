"""Random reporting against a second, naive model of the rules: verdicts, rollups (current, as of a date, rebuilt) and league tables."""

import csv
import datetime
import io
import os
import random
import shutil
import signal
import unittest

from support import REPORT_HEADER, SuiteTest

SEED = int(os.environ.get("ANJU_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
PAST, FUTURE = "0001-01-01", "9999-12-31"
# Leaf programmes and what is above them in the catalogue a new store starts with; a group beside the tree.
PARTS = {"all": ["low_rent", "public_rental", "shantytown"], "policy": ["low_rent", "public_rental"],
         "shantytown": ["shantytown.urban", "shantytown.mine"]}
PROGRAMMES = ["all", "policy", "low_rent", "public_rental", "shantytown", "shantytown.urban", "shantytown.mine"]
REPORTED = ["all", "low_rent", "public_rental", "shantytown", "shantytown.urban", "shantytown.mine"]
SCALE = {"starts": 0, "investment": 2, "built": 0, "plot_ratio": 2}
STOCKS, RATIOS = {"built"}, {"plot_ratio"}
YEARS = ["2016", "2017", "2016-2017"]
INCREMENTS = ("increment", "reduction")


class World:
    """Dated regions: code → rows of (parent, from, to, kind, members)."""

    def __init__(self, rng):
        self.rng = rng
        self.rows = {"53": [("", PAST, FUTURE, "administrative", [])]}
        self.level = {"53": "province"}
        for city in ("5301", "5302", "5303"):
            self.rows[city] = [("53", PAST, FUTURE, "administrative", [])]
            self.level[city] = "city"
        for city in ("5301", "5302", "5303"):
            for n in range(1, 4):
                self.rows[f"{city}{n:02}"] = [(city, PAST, FUTURE, "zone" if n == 3 else "administrative", [])]
                self.level[f"{city}{n:02}"] = "county"
            self.rows[f"{city}-BJ"] = [(city, PAST, FUTURE, "own_level", [])]
            self.level[f"{city}-BJ"] = "unit"
        for city in ("5301", "5302"):
            self.rows[f"{city}-ZX"] = [(city, PAST, FUTURE, "area", [f"{city}01", f"{city}02"])]
            self.level[f"{city}-ZX"] = "unit"
        self.rows["530304"] = [("5303", "2018-01-01", FUTURE, "administrative", [])]  # founded after the plan years
        self.level["530304"] = "county"

    def change(self):
        """Moves a county to another city on some day, or closes it."""
        county = self.rng.choice([c for c in self.rows if self.level[c] == "county" and c != "530304"])
        parent, start, end, kind, members = self.rows[county][-1]
        day = f"{self.rng.choice([2016, 2017, 2018])}-{self.rng.randint(2, 12):02}-01"  # no region may go before its first target
        if not start < day < end:
            return
        self.rows[county][-1] = (parent, start, day, kind, members)
        if self.rng.random() < 0.6:
            self.rows[county].append((self.rng.choice(["5301", "5302", "5303"]), day, FUTURE, kind, members))

    def csv(self):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow("code,name,parent,level,kind,valid_from,valid_to,order,members".split(","))
        for order, (code, rows) in enumerate(self.rows.items(), 1):
            for parent, start, end, kind, members in rows:
                writer.writerow([code, "名" + code, parent, self.level[code], kind, "" if start == PAST else start, "" if end == FUTURE else end, order,
                                 ";".join(members)])
        return out.getvalue()

    def at(self, code, day):
        return next((row for row in self.rows[code] if row[1] <= day < row[2]), None)

    def stands(self, code, day):
        """The row of the day, else the last before it, else the first: what was reported does not go with the region."""
        return ([row for row in self.rows[code] if row[1] <= day] or self.rows[code])[-1]

    def summed_children(self, code, day):
        return [c for c in self.rows if c != code and self.stands(c, day)[0] == code]

    def peers(self, code, day):
        return [c for c in self.rows if self.at(c, day) and self.at(c, day)[0] == code]


class Model:
    """The rules again, as slowly as they can be written."""

    def __init__(self, world):
        self.world = world
        self.series = {}   # (region, programme, indicator, year) → entries (as_of, sequence, kind, amount)
        self.targets = {}  # (region, programme, indicator, year) → amount
        self.sequence = 0

    def value(self, key, day):
        total = None
        for as_of, _, kind, amount in sorted(self.series.get(key, [])):
            if as_of > day:
                break
            if kind in INCREMENTS:
                total = (total or 0) + (amount if kind == "increment" else -amount)
            else:
                total = amount
        return total

    def below(self, programme):
        return {programme}.union(*(self.below(part) for part in PARTS.get(programme, [])))

    def decide(self, key, as_of, kind, amount):
        region = key[0]
        row = self.world.at(region, as_of)
        if row is None:
            return "REGION_CLOSED"
        if key[3] and as_of < key[3][:4] + "-01-01":
            return "BEFORE_PLAN_YEAR"
        others = row[4] + [a for a in self.world.rows if self.world.at(a, as_of) and region in self.world.at(a, as_of)[4]]
        related = {p for p in PROGRAMMES if p in self.below(key[1]) or key[1] in self.below(p)}
        if any((other, p, *key[2:]) in self.series for other in others for p in related):
            return "AREA_OVERLAP"
        if kind in ("correction", "reduction") and self.value(key, as_of) is None:
            return "NOTHING_TO_CORRECT"
        entries = self.series.get(key, [])
        same_day = sorted(e for e in entries if e[0] == as_of)
        if kind == "cumulative" and same_day and same_day[-1][2] not in INCREMENTS and same_day[-1][3] == amount:
            return "unchanged"
        self.sequence += 1
        entry = (as_of, self.sequence, kind, amount)
        self.series[key] = entries + [entry]
        if any(self.value(key, day) < 0 for day in {e[0] for e in self.series[key] if e[0] >= as_of}):
            if entries:
                self.series[key] = entries
            else:
                del self.series[key]
            return "BELOW_ZERO"
        return "accepted"

    def counted(self, key, day, tree):
        region, programme, indicator, year = key
        if indicator not in RATIOS:
            for parts in ([(c, programme) for c in self.world.summed_children(region, tree)], [(region, p) for p in PARTS.get(programme, [])]):
                values = [self.counted((r, p, indicator, year), day, tree) for r, p in parts]
                values = [v for v in values if v is not None]
                if values:
                    return sum(values)
        return None if self.left_behind(key, day, tree) else self.value(key, day)

    def base(self, key, day):
        """Date of the figure that a value rests on: what stands by itself; PAST when it is increments only."""
        return max((e[0] for e in self.series.get(key, []) if e[0] <= day and e[2] not in INCREMENTS), default=PAST)

    def left_behind(self, key, day, tree):
        """A region's own figure from before a child went elsewhere may include that child, which counts where it is now."""
        region, _, indicator, _ = key
        if indicator in RATIOS or self.value(key, day) is None:
            return False
        children = self.world.summed_children(region, tree)
        return any(parent == region and end <= tree and self.base(key, day) < end and self.counted((code, *key[1:]), day, tree) is not None
                   for code, rows in self.world.rows.items() if code not in children for parent, _, end, _, _ in rows)

    def shown(self, key, day, tree):
        """Actual and declared."""
        region, programme, indicator, year = key
        actual, own = self.counted(key, day, tree), self.value(key, day)
        declared = own if indicator not in RATIOS and (self.is_sum(key, day, tree) or self.left_behind(key, day, tree)) else None
        if actual is None and indicator not in RATIOS:
            values = [self.counted((m, programme, indicator, year), day, tree) for m in self.world.stands(region, tree)[4]]
            values = [v for v in values if v is not None]
            actual = sum(values) if values else None
        return actual, declared

    def is_sum(self, key, day, tree):
        region, programme, indicator, year = key
        parts = [(c, programme) for c in self.world.summed_children(region, tree)] + [(region, p) for p in PARTS.get(programme, [])]
        return any(self.counted((r, p, indicator, year), day, tree) is not None for r, p in parts)

    def target(self, key, tree):
        if key in self.targets:
            return self.targets[key]
        region, programme, indicator, year = key
        for parts in ([(c, programme) for c in self.world.summed_children(region, tree)], [(region, p) for p in PARTS.get(programme, [])]):
            values = [v for v in (self.target((r, p, indicator, year), tree) for r, p in parts) if v is not None]
            if values:
                return sum(values)
        return None

    def shown_target(self, key, tree):
        target = self.target(key, tree)
        if target is None:
            values = [v for v in (self.target((m, *key[1:]), tree) for m in self.world.stands(key[0], tree)[4]) if v is not None]
            target = sum(values) if values else None
        return target


def smallest(text, indicator):
    """A printed number in smallest units."""
    if text in (None, ""):
        return None
    whole, _, decimals = text.partition(".")
    return int(whole + decimals.ljust(SCALE[indicator], "0"))


def printed(amount, indicator):
    scale = SCALE[indicator]
    return f"{amount // 10**scale}.{amount % 10**scale:0{scale}}" if scale else str(amount)


class Oracle(SuiteTest):
    def setUp(self):
        super().setUp()
        print(f"seed {SEED} (ANJU_SEED repeats it)", flush=True)
        self.rng = random.Random(SEED)
        self.world = World(self.rng)
        self.model = Model(self.world)
        self.sent = {}  # source → rows with their verdicts
        self.token = ""

    def import_regions(self):
        result = self.suite.ok("regions", "import", self.suite.file(self.world.csv(), name="regions.csv"), "-o", "json")
        self.token = result.json()["basis"]["token"]

    def import_targets(self):
        rows = {}
        for _ in range(25):
            county = self.rng.choice([c for c in self.world.rows if self.world.level[c] == "county" and c != "530304"])
            programme = self.rng.choice(["low_rent", "public_rental", "shantytown.urban", "shantytown.mine"])
            rows[(county, programme, "starts", self.rng.choice(["2016", "2017"]))] = self.rng.randint(1, 999)
        text = "region,programme,indicator,plan_year,value,unit\n" + "".join(",".join(k) + f",{v},套\n" for k, v in rows.items())
        result = self.suite.ok("plan", "import", self.suite.file(text, name="plan.csv"), "--document", "测〔2016〕1号", "--issuer", "53", "--issued",
                               "2016-01-01", "-o", "json")
        self.token = result.json()["basis"]["token"]
        self.model.targets = rows

    def random_row(self):
        region = self.rng.choice(list(self.world.rows))
        indicator = self.rng.choice(["starts", "starts", "starts", "investment", "built", "plot_ratio"])
        year = "" if indicator in STOCKS else self.rng.choice(["2016", "2017", "2017", "2016-2017"])
        key = (region, self.rng.choice(REPORTED), indicator, year)
        if self.model.series and self.rng.random() < 0.55:
            key = self.rng.choice(list(self.model.series))
        as_of = (datetime.date(2016, 1, 1) + datetime.timedelta(days=self.rng.randrange(-20, 900))).isoformat()
        if self.rng.random() < 0.3 and key in self.model.series:
            as_of = self.rng.choice(self.model.series[key])[0]
        kind = self.rng.choice(["cumulative"] * 5 + ["increment", "increment", "correction", "reduction"])
        return key, as_of, kind, self.rng.randint(1, 60 if kind in INCREMENTS else 400)

    def report(self, source, count):
        """Sends new rows of a source, then all it has ever sent a second time, and compares every verdict."""
        rows = self.sent.setdefault(source, [])
        first = len(rows)
        seen = set()  # one file holds one figure of a cell and date
        while len(rows) < first + count:
            key, as_of, kind, amount = row = self.random_row()
            if kind not in INCREMENTS and (key, as_of, kind) in seen:
                continue
            seen.add((key, as_of, kind))
            rows.append((row, self.model.decide(key, as_of, kind, amount)))
        for start in range(first, -1, -60):
            self.send(source, range(start, min(start + 60, len(rows))), repeated=start < first)

    def send(self, source, numbers, repeated):
        if not numbers:
            return
        rows = [self.sent[source][n] for n in numbers]
        text = REPORT_HEADER + ",sequence\n" + "".join(
            f"{key[0]},{key[1]},{key[2]},{key[3]},{as_of},{printed(amount, key[2])},,{kind},核对,,,{number + 1}\n"
            for number, ((key, as_of, kind, amount), _) in zip(numbers, rows))
        result = self.suite.anju("report", self.suite.file(text, name=f"{source}.csv"), "--source", source, "-o", "json")
        self.assertIn(result.code, (0, 1), repr(result)[:3000])
        answer = result.json()
        got = {row["line"]: row["reason"] or row["verdict"] for row in answer["rows"]}
        for line, (row, verdict) in enumerate(rows, 2):
            said = got.get(line, "accepted").lower()
            if repeated and verdict == "accepted" and said in ("unchanged", "repeated"):
                continue
            self.assertEqual(verdict.lower(), said, f"line {line} of {source}, repeated {repeated}: {row}")
        self.token = answer["basis"]["token"]

    def check_rollups(self, day=None):
        dated = ["--as-of", day] if day else []
        for region in ("53", "5301", "5302", "5303"):
            for year in YEARS:
                tree = day or year[-4:] + "-12-31"
                arguments = ["rollup", region, "--year", year, "--at-least", self.token, "-o", "json", *dated]
                got = {}
                for cell in self.suite.ok(*arguments).json()["cells"]:
                    key = (cell["region"], cell["programme"], cell["indicator"], cell["plan_year"])
                    if key[1] in PROGRAMMES and key[2] in SCALE:
                        got[key] = tuple(smallest(cell[name], key[2]) for name in ("actual", "declared", "target"))
                stock_tree = day or "9999-12-30"
                expected = {}
                for code in [region, *self.world.summed_children(region, tree)]:
                    for programme in PROGRAMMES:
                        for indicator in SCALE:
                            stock = indicator in STOCKS
                            key = (code, programme, indicator, "" if stock else year)
                            cell = (*self.model.shown(key, day or FUTURE, stock_tree if stock else tree),
                                    # A target holds from the first day of its plan period.
                                    None if indicator in RATIOS or tree < year[:4] + "-01-01" else self.model.shown_target((code, programme, indicator, year), tree))
                            if cell != (None, None, None):
                                expected[(code, programme, indicator, year)] = cell
                self.assertEqual(expected, got, f"{arguments}")

    def check_ranks(self, day=None):
        for region in ("53", "5301", "5303"):
            tree = day or "2017-12-31"
            arguments = ["rank", region, "--year", "2017", "--programme", "all", "--indicator", "starts", "--by", "value", "--rank-zero", "yes",
                         "--at-least", self.token, "-o", "json", *(["--as-of", day] if day else [])]
            values = {c: self.model.shown((c, "all", "starts", "2017"), day or FUTURE, tree)[0] for c in self.world.peers(region, tree)}
            # An area that merely sums its members is no peer of theirs.
            values = {c: v for c, v in values.items() if v is not None and (self.world.stands(c, tree)[3] != "area" or self.model.counted((c, "all", "starts", "2017"), day or FUTURE, tree) is not None)}
            if not values:
                continue
            table = self.suite.ok(*arguments).json()
            expected = {c: (v, 1 + sum(other > v for other in values.values())) for c, v in values.items()}
            self.assertEqual(expected, {row["region"]: (int(row["numerator"]), row["rank"]) for row in table["rows"]}, f"{arguments}")
            total = self.model.shown((region, "all", "starts", "2017"), day or FUTURE, tree)[0]
            self.assertEqual(str(total), table["total"]["numerator"], f"{arguments}")

    def check(self):
        days = [None] + [(datetime.date(2016, 1, 1) + datetime.timedelta(days=self.rng.randrange(60, 1000))).isoformat() for _ in range(2)]
        for day in days:
            self.check_rollups(day)
            self.check_ranks(day)

    def test_verdicts_rollups_and_ranks_are_those_of_a_naive_model(self):
        self.import_regions()
        self.import_targets()
        for round_ in range(4):
            for source in ("甲".encode().hex(), "clerk.2"):
                self.report(source, 60)
            if round_ == 1:
                self.suite.services["progress"].kill()
                self.suite.services["progress"].start()
            self.check()
            for _ in range(2):
                self.world.change()
            self.import_regions()
        self.check()
        # Derived again from nothing, while ranking keeps its cells. The token of an import is of plan alone: what is asked from here on waits for all.
        self.token = self.suite.ok("rollup", "53", "--year", "2017", "--at-least", self.token, "-o", "json").json()["basis"]["token"]
        dump = self.suite.dump(self.token)
        aggregator = self.suite.services["aggregator"]
        aggregator.kill(signal.SIGKILL)
        shutil.rmtree(aggregator.directory / "state")
        aggregator.start()
        self.assertEqual(dump, self.suite.dump(self.token))
        self.check()
        # Progress derives its state again too, and knows what it was sent.
        progress = self.suite.services["progress"]
        progress.kill(signal.SIGTERM)
        shutil.rmtree(progress.directory / "state")
        progress.start()
        for source in list(self.sent):
            self.report(source, 10)
        self.check()


if __name__ == "__main__":
    unittest.main()
