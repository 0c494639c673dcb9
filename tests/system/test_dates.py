"""Dates: any figure as of any date, as it was known at any basis, in the tree of any day; amendments, boundary changes, late corrections."""

import datetime
import time
import unittest

from support import DATA, DIQING, SuiteTest, token_of

STARTS = ("--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")
JUNE = ("--as-of", "2017-06-30")
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


def today(days=0):
    return (datetime.datetime.now(SHANGHAI).date() + datetime.timedelta(days=days)).isoformat()


def places(table):
    return [(row["name"], row["rank"], row["value"]) for row in table["rows"]]


class Known(SuiteTest):
    def setUp(self):
        super().setUp()
        self.before = self.suite.load()

    def correct(self, value, day="2017-06-30"):
        said = self.suite.report(f"维西县,shantytown.urban,starts,2017,{day},{value},套,correction,补报25套,,")
        self.assertEqual(1, said["accepted"], said)
        return said["basis"]["token"]

    def test_a_late_correction_leaves_every_earlier_basis_as_it_was(self):
        questions = [("rank", "迪庆州", *STARTS, *dated, "--at", self.before, "-o", "json") for dated in ((), JUNE)]
        questions += [("rollup", "迪庆州", "--year", "2017", *dated, "--at", self.before, "-o", "json") for dated in ((), JUNE)]
        first = [self.suite.ok(*question).out for question in questions]
        after = self.correct(925)
        self.assertEqual([("533423", "62.71"), ("533401", "62.05"), ("533422", "61.20")],
                         [(r["region"], r["value"]) for r in self.suite.rank("迪庆州", *STARTS, *JUNE, "--at-least", after)["rows"]])
        self.assertEqual(first, [self.suite.ok(*question).out for question in questions])
        self.assertEqual(["62.05", "61.20", "61.02"], [r["value"] for r in self.suite.rank("迪庆州", *STARTS, "--at", self.before)["rows"]])

    def test_movement_since_a_basis_and_since_a_date(self):
        after = self.correct(925)
        table = self.suite.rank("迪庆州", *STARTS, *JUNE, "--at", after, "--since-at", self.before)
        moved = {row["region"]: (row["previous_rank"], row["rank"], row["rank_change"], row["previous_value"], row["value_change"]) for row in table["rows"]}
        self.assertEqual({"533423": (3, 1, 2, "61.02", "1.69"), "533401": (1, 2, -1, "62.05", "0.00"), "533422": (2, 3, -1, "61.20", "0.00")}, moved)
        token = self.suite.report("香格里拉市,shantytown.urban,starts,2017,2017-05-31,1000,套,,,,", "维西县,shantytown.urban,starts,2017,2017-05-31,900,套,,,,",
                                  "德钦县,shantytown.urban,starts,2017,2017-05-31,100,套,,,,")["basis"]["token"]
        table = self.suite.rank("迪庆州", *STARTS, *JUNE, "--since", "2017-05-31", "--at-least", token)
        moved = {row["region"]: (row["previous_rank"], row["rank"], row["previous_value"]) for row in table["rows"]}
        self.assertEqual({"533423": (1, 1, "61.02"), "533401": (2, 2, "50.00"), "533422": (3, 3, "40.00")}, moved)
        self.assertEqual("2017-05-31", table["since"])

    def test_known_on_a_day(self):
        self.assertEqual(places(self.suite.rank("迪庆州", *STARTS, "--at", self.before)), places(self.suite.rank("迪庆州", *STARTS, "--known-on", today())))
        for day, code, reason in ((today(-1), 3, "BEFORE_FIRST_RECORD"), (today(2), 4, "FUTURE_DATE"), ("2017-02-30", 4, "BAD_DATE")):
            for question in (("rank", "迪庆州", *STARTS), ("rollup", "迪庆州")):
                result = self.suite.anju(*question, "--known-on", day, "-o", "json")
                self.assertExit(code, result)
                self.assertEqual(reason, result.errors()[0]["reason"])
        both = self.suite.anju("rollup", "迪庆州", "--known-on", today(), "--at", self.before, "-o", "json")
        self.assertExit(4, both)

    def test_a_basis_that_never_was(self):
        basis = self.suite.rank("迪庆州", *STARTS, "--at", self.before)["basis"]
        plan, progress = basis["plan"], basis["progress"]
        # A journal that a basis does not name is looked at before its first event.
        cell = self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", "--at", token_of(plan))
        self.assertEqual(("3725", None), (cell["target"], cell["actual"]))
        future = plan.split("/")[0] + "/" + str(int(plan.split("/")[1]) + 1000)
        strange = "0" * 32 + "/1"
        for token in (token_of(future, progress), token_of(strange, progress), token_of(plan, [strange]), token_of(plan.split("/")[0] + "/1", progress)):
            for question in (("rank", "迪庆州", *STARTS), ("rollup", "迪庆州")):
                result = self.suite.anju(*question, "--at", token, "-o", "json")
                self.assertExit(3, result)
                self.assertEqual("UNKNOWN_BASIS", result.errors()[0]["reason"])
        self.assertEqual("BAD_TOKEN", self.suite.anju("rollup", "迪庆州", "--at", "nonsense!", "-o", "json").errors()[0]["reason"])

    def test_freshness_is_told_and_can_be_demanded(self):
        answer = self.suite.rank("迪庆州", *STARTS, "--fresh-within", "1s")
        self.assertGreater(answer["basis"]["complete_until_us"], 0)
        self.assertEqual(0, self.suite.rank("迪庆州", *STARTS, "--at", self.before)["basis"]["complete_until_us"])
        after = self.correct(930)
        time.sleep(1.1)  # what is older than a second must be in an answer fresh within a second
        row = next(r for r in self.suite.rank("迪庆州", *STARTS, "--fresh-within", "1s")["rows"] if r["region"] == "533423")
        self.assertEqual("930", row["numerator"], after)
        self.suite.services["aggregator"].kill()
        stale = self.suite.anju("rank", "迪庆州", *STARTS, "--fresh-within", "100ms", "--deadline-ms", "1500", "-o", "json")
        self.assertExit(6, stale)
        self.assertEqual("STALE", stale.errors()[0]["reason"])
        self.assertExit(0, self.suite.anju("rank", "迪庆州", *STARTS))

    def test_axes_combine(self):
        """As of May, known before the correction, in June's tree."""
        token = self.suite.report("维西县,shantytown.urban,starts,2017,2017-05-31,700,套,,,,")["basis"]["token"]
        cell = self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", "--as-of", "2017-05-31", "--at", self.before, "--tree", "2017-06-30")
        self.assertIsNone(cell["actual"])
        cell = self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", "--as-of", "2017-05-31", "--at-least", token)
        self.assertEqual("700", cell["actual"])


class Amendments(SuiteTest):
    ROW = "维西县,shantytown.urban,starts,2017,{},套,target"

    def setUp(self):
        super().setUp()
        self.before = self.suite.load()

    def target(self, *more, of=None):
        return self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", *more, of=of)

    def test_targets_as_of_and_as_known(self):
        result = self.suite.amend([self.ROW.format(1500)], "迪庆州调整〔2017〕1号", DIQING, "2017-09-01")
        self.assertExit(0, result)
        token = result.json()["basis"]["token"]
        fresh = ("--at-least", token)
        for more, county, city in (((*fresh, "--as-of", "2017-08-31"), "1475", "3725"), ((*fresh, "--as-of", "2017-09-01"), "1500", "3750"), (fresh, "1500", "3750"),
                                   (("--at", self.before), "1475", "3725"), (("--at", self.before, "--as-of", "2017-09-01"), "1475", "3725")):
            self.assertEqual((county, city), (self.target(*more, of="533423")["target"], self.target(*more)["target"]), more)
        self.assertIsNone(self.target(*fresh)["declared_target"])  # the printed total follows its parts
        self.assertEqual("3725", self.target(*fresh, "--as-of", "2017-08-31")["declared_target"])
        row = next(r for r in self.suite.rank("迪庆州", *STARTS, *fresh)["rows"] if r["region"] == "533423")
        self.assertEqual(("1500", "60.00"), (row["denominator"], row["value"]))

    def test_history_lists_every_revision_of_every_layer(self):
        self.assertExit(0, self.suite.amend([self.ROW.format(1500)], "迪庆州调整〔2017〕1号", DIQING, "2017-09-01"))
        self.assertExit(0, self.suite.amend([self.ROW.format(1490)], "迪庆州调整〔2017〕2号", "迪庆州调整〔2017〕1号", "2017-11-01", "--issued", "2017-10-20"))
        history = self.suite.ok("plan", "history", "维西县", *STARTS, "-o", "json").json()["revisions"]
        self.assertEqual([("2017-01-01", "1475", DIQING, ""), ("2017-09-01", "1500", "迪庆州调整〔2017〕1号", DIQING),
                          ("2017-11-01", "1490", "迪庆州调整〔2017〕2号", "迪庆州调整〔2017〕1号")],
                         [(r["effective"], r["target"], r["document"], r["amends"]) for r in history])
        self.assertEqual(["unknown", "unknown", "2017-10-20"], [r["issued"] for r in history])
        layers = {r["layer"] for r in self.suite.ok("plan", "history", "迪庆州", *STARTS, "-o", "json").json()["revisions"]}
        self.assertEqual({"city", "provincial"}, layers)
        listed = {d["document"]: (d["amends"], d["effective"]) for d in self.suite.ok("plan", "list", "-o", "json").json()["documents"]}
        self.assertEqual(("迪庆州调整〔2017〕1号", "2017-11-01"), listed["迪庆州调整〔2017〕2号"])
        for output in ("table", "csv"):
            self.assertIn("1490", self.suite.ok("plan", "history", "维西县", *STARTS, "-o", output).out)

    def test_the_same_amendment_again_changes_nothing_and_a_dry_run_stores_nothing(self):
        arguments = ([self.ROW.format(1500)], "迪庆州调整〔2017〕1号", DIQING, "2017-09-01")
        self.assertExit(2, self.suite.amend(*arguments, "--dry-run"))
        self.assertNotIn("调整", self.suite.ok("plan", "list", "-o", "json").out)
        self.assertExit(0, self.suite.amend(*arguments))
        again = self.suite.amend(*arguments)
        self.assertExit(0, again)
        self.assertEqual((0, 1), (again.json()["accepted"], again.json()["unchanged"]))

    def test_layers_side_by_side(self):
        table = self.suite.rank("云南省", *STARTS, *JUNE, "--layer", "city", "--columns", "rate.provincial,target.province:starts,rate.city")
        row = next(r for r in table["rows"] if r["region"] == "533400")
        self.assertEqual({"rate.province": "61.58", "target.province:starts": "3725", "rate.city": "61.58"}, row["columns"])


class Boundaries(SuiteTest):
    CITIES = {"上饶市": {"then": {"上饶县": "820", "广丰区": "640", "信州区": "1130"}, "today": {"广信区": "820", "广丰区": "640", "信州区": "1130"}, "total": "2590"},
              "邯郸市": {"then": {"邯郸县": "900", "邯山区": "410", "丛台区": "530", "永年县": "275"},
                      "today": {"邯山区": "860", "丛台区": "980", "永年区": "275"}, "total": "2115"}}

    def figures(self, city, *more):
        cells = self.suite.cells(city, "--year", "2015", "--programme", "shantytown.urban", "--indicator", "starts", *more)
        named = {cell["name"]: cell["actual"] for cell in cells if cell["actual"] is not None and not cell["region"].endswith("-ZXCQ")}
        return named.pop(city), named

    def test_the_past_stays_as_it_was_and_todays_tree_can_be_applied_to_it(self):
        self.suite.load()
        said = self.suite.ok("report", DATA / "example_2015.report.csv", "-o", "json").json()
        self.assertEqual(7, said["accepted"])
        before, questions = said["basis"]["token"], []
        for city in self.CITIES:
            for dated in ((), ("--as-of", "2015-12-31"), ("--as-of", "2016-09-13")):
                questions.append(("rollup", city, "--year", "2015", *dated, "--at", before, "-o", "json"))
            questions.append(("rank", city, "--year", "2015", "--programme", "shantytown.urban", "--indicator", "starts", "--by", "value", "--at", before, "-o", "json"))
        first = [self.suite.ok(*question).out for question in questions]
        cells = {city: self.suite.cells(city, "--as-of", "2015-12-31", "--at-least", before) for city in self.CITIES}
        token = self.suite.ok("boundaries", "import", DATA / "boundaries.csv", "-o", "json").json()["basis"]["token"]
        self.assertEqual(first, [self.suite.ok(*question).out for question in questions])
        for city, expected in self.CITIES.items():
            self.assertEqual(cells[city], self.suite.cells(city, "--as-of", "2015-12-31", "--at-least", token))
            self.assertEqual((expected["total"], expected["then"]), self.figures(city, "--as-of", "2015-12-31"))
            for tree in ("today", "2019-07-01"):
                self.assertEqual((expected["total"], expected["today"]), self.figures(city, "--as-of", "2015-12-31", "--tree", tree))
        again = self.suite.ok("boundaries", "import", DATA / "boundaries.csv", "-o", "json").json()
        self.assertEqual((0, 7), (again["changed"], again["unchanged"]))
        listed = self.suite.ok("boundaries", "list", "邯郸县", "-o", "json").json()["boundaries"]
        self.assertEqual([("split", "130402", "1/2"), ("split", "130403", "1/2")], [(b["event"], b["into"], b["share"]) for b in listed])
        self.assertTrue(all("假定" in b["note"] for b in listed))

    def test_a_merge_adds_and_the_successors_later_report_replaces(self):
        self.suite.load()
        result = self.suite.boundaries("2020-01-01,merge,德钦县,维西县,,,,,测试〔2020〕1号,", "2020-01-01,rename,维西县,,,,维德县,,测试〔2020〕1号,")
        self.assertExit(0, result)
        token = result.json()["basis"]["token"]
        figure = lambda name, *more: self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", "--at-least", token, *more, of=name)["actual"]
        self.assertEqual(("900", "153", "2294"), tuple(figure(code, "--as-of", "2019-12-31") for code in ("533423", "533422", "533400")))
        self.assertEqual(("1053", "2294"), tuple(figure(code, "--as-of", "2020-01-01") for code in ("533423", "533400")))
        row = next(r for r in self.suite.rank("迪庆州", *STARTS, "--as-of", "2020-01-01")["rows"] if r["region"] == "533423")
        self.assertEqual(("维德县", "1053", "1725"), (row["name"], row["numerator"], row["denominator"]))  # the target goes along
        token = self.suite.report("维德县,shantytown.urban,starts,2017,2020-02-01,1100,套,,,,")["basis"]["token"]
        self.assertEqual(("1053", "1100", "2341"), (figure("533423", "--as-of", "2020-01-31"), figure("533423", "--as-of", "2020-02-01"), figure("533400", "--as-of", "2020-02-01")))

    def test_a_split_by_units_moves_the_reporting_units(self):
        self.suite.load(kinds=("catalogue",))
        self.suite.ok("regions", "import", self.suite.file(
            "code,name,parent,level,kind,valid_from,valid_to\nP1,某省,,province,administrative,,\nA0,甲市,P1,city,administrative,,\nB0,乙市,P1,city,administrative,,\n"
            + "".join(f"A{i},甲{i}县,A0,county,administrative,,\n" for i in (1, 2, 3)) + "B1,乙1县,B0,county,administrative,,\n"))
        self.suite.report(*(f"{code},all,starts,2017,2017-06-30,{value},套,,,," for code, value in (("A1", 10), ("A2", 20), ("A3", 40), ("B1", 5))))
        result = self.suite.boundaries("2018-01-01,split,A0,B0,,A1;A2,,,,", "2018-01-01,split,A0,C0,,A3,丙市,,,")
        self.assertExit(0, result)
        token = result.json()["basis"]["token"]
        cells = {c["name"]: c["actual"] for c in self.suite.cells("某省", "--year", "2017", "--as-of", "2017-12-31", "--tree", "2018-01-01", "--at-least", token)}
        self.assertEqual({"某省": "75", "乙市": "35", "丙市": "40"}, cells)
        cells = {c["name"]: c["actual"] for c in self.suite.cells("某省", "--year", "2017", "--as-of", "2017-12-31")}
        self.assertEqual({"某省": "75", "甲市": "70", "乙市": "5"}, cells)

    def test_recode_rename_and_move_in_chinese_words(self):
        self.suite.load()
        header = "日期,事项,地区,去向,份额,单位名单,名称,上级,文号,备注"
        rows = ("2021-01-01,撤县设区,维西县,533405,,,维西区,,某〔2021〕1号,", "2021-01-01,更名,迪庆开发区,,,,新开发区,,某〔2021〕1号,")
        result = self.suite.boundaries(*rows, header=header)
        self.assertExit(0, result)
        token = result.json()["basis"]["token"]
        table = self.suite.rank("迪庆州", *STARTS, "--as-of", "2021-01-01", "--at-least", token)
        row = next(r for r in table["rows"] if r["region"] == "533405")
        self.assertEqual(("维西区", "900", "1475"), (row["name"], row["numerator"], row["denominator"]))
        self.assertNotIn("533423", [r["region"] for r in table["rows"] + table["unranked"]])
        moved = self.suite.boundaries("2021-06-01,move,德钦县,130400,,,,,,")
        self.assertExit(0, moved)
        token = moved.json()["basis"]["token"]
        cell = self.suite.cell("邯郸市", "shantytown.urban", "starts", "2017", "--as-of", "2021-06-01", "--at-least", token, of="533422")
        self.assertEqual(("153", "250"), (cell["actual"], cell["target"]))


if __name__ == "__main__":
    unittest.main()
