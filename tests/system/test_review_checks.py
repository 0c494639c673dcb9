"""Soft checks with written explanations, and review states: marks travel with the figure into updates, rankings and review."""

import unittest

from support import SuiteTest, report_rows

STARTS = ("--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")
CHECKS_HEADER = "name,check,programme,indicator,other,limit,at_least,action\n"


class Checked(SuiteTest):
    """Regions, the rule that nothing taken over from the past is late, and Diqing's plan."""

    def setUp(self):
        super().setUp()
        self.suite.load(kinds=("catalogue", "regions", "checks", "plan"))

    def rules(self, *rows):
        return self.suite.ok("checks", "import", self.suite.file(CHECKS_HEADER + "".join(row + "\n" for row in rows), name="checks.csv"), "-o", "json").json()

    def row(self, *rows, source=None):
        """What became of the last row."""
        return self.suite.report(*rows, source=source)["rows"][-1]

    def updates(self, region):
        return self.suite.ok("updates", "--region", region, "-o", "json").json()["updates"]


class SoftChecks(Checked):
    def test_each_check_marks_the_figure_and_takes_it(self):
        self.rules("late,late,,,,45,,flag")
        cases = (("falling", ["德钦县,shantytown.urban,starts,2017,2017-05-31,200,套,,,,2017-06-01", "德钦县,shantytown.urban,starts,2017,2017-06-30,190,套,,,,2017-07-01"]),
                 ("jump", ["香格里拉市,shantytown.urban,starts,2017,2017-05-31,100,套,,,,2017-06-01", "香格里拉市,shantytown.urban,starts,2017,2017-06-30,1800,套,,,,2017-07-01"]),
                 ("over_target", ["德钦县,all,completions,2017,2017-06-30,376,套,,,,2017-07-01"]),
                 ("above_other", ["维西县,shantytown.urban,starts,2017,2017-06-30,900,套,,,,2017-07-01", "维西县,shantytown.urban,completions,2017,2017-06-30,901,套,,,,2017-07-01"]),
                 ("part_above_whole", ["维西县,shantytown.urban,starts.monetised,2017,2017-06-30,901,套,,,,2017-07-01"]),
                 ("not_in_plan", ["迪庆开发区,shantytown.urban,starts,2017,2017-06-30,5,套,,,,2017-07-01"]),
                 ("late", ["维西县,all,completions,2017,2017-06-30,5,套,,,,"]))
        for check, rows in cases:
            row = self.row(*rows)
            self.assertEqual("ACCEPTED", row["verdict"], (check, row))
            self.assertIn(check, row.get("checks", []), row)
            self.assertFalse(row["explained"])
        plain = self.row("香格里拉市,all,completions,2017,2017-06-30,5,套,,,,2017-07-01")
        self.assertEqual("ACCEPTED", plain["verdict"])
        self.assertNotIn("checks", plain)  # nothing to say: the answer is as it always was

    def test_marks_of_one_kind_are_told_in_one_line(self):
        self.rules("late,late,,,,45,,flag")
        rows = [f"{region},old_estate,completions,2017,2017-06-{day:02},{5 + day},套,,,," for region in ("维西县", "德钦县") for day in (1, 2, 3)]
        result = self.suite.ok("report", self.suite.file(report_rows(*rows, "德钦县,all,investment,2017,2017-06-30,1,万元,,,,"), name="old.csv"))
        marked = [line for line in result.err.splitlines() if ": ※ " in line]
        self.assertEqual(1, len(marked), result)
        self.assertIn(":2-8: ※ 迟报", marked[0])

    def test_people_are_told_how_many_need_an_explanation(self):
        file = self.suite.file(report_rows("德钦县,shantytown.urban,starts,2017,2017-05-31,200,套,,,,", "德钦县,shantytown.urban,starts,2017,2017-06-30,190,套,,,,"))
        result = self.suite.ok("report", file)
        self.assertIn("累计下降", result.err)
        self.assertIn("1 行尚需说明", result.err)

    def test_the_explanation_travels_into_updates_rankings_and_csv(self):
        self.row("德钦县,shantytown.urban,starts,2017,2017-05-31,200,套,,,,")
        said = self.suite.report("德钦县,shantytown.urban,starts,2017,2017-06-30,190,套,,拆除10套重建,,")
        self.assertEqual((["falling"], True), (said["rows"][0]["checks"], said["rows"][0]["explained"]))
        token = said["basis"]["token"]
        update = self.updates("德钦县")[-1]
        self.assertEqual((["falling"], True, "拆除10套重建", "reported"), tuple(update[k] for k in ("checks", "explained", "explanation", "review")))
        row = next(r for r in self.suite.rank("迪庆州", *STARTS, "--at-least", token)["rows"] if r["region"] == "533422")
        self.assertEqual([(["falling"], "拆除10套重建")], [(n["checks"], n["explanation"]) for n in row["notes"]])
        self.assertIn("※ 累计下降：拆除10套重建", self.suite.ok("rank", "迪庆州", *STARTS).out)
        self.assertIn("falling,拆除10套重建,reported", self.suite.ok("rank", "迪庆州", *STARTS, "-o", "csv").out)
        cell = self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", of="533422")
        self.assertEqual("拆除10套重建", cell["notes"][0]["explanation"])

    def test_a_rule_can_refuse_what_is_not_explained(self):
        self.rules("falling,falling,,,,,,explain")
        self.row("德钦县,shantytown.urban,starts,2017,2017-05-31,200,套,,,,")
        refused = self.suite.anju("report", self.file("德钦县,shantytown.urban,starts,2017,2017-06-30,190,套,,,,"), "-o", "json")
        self.assertExit(1, refused)
        row = refused.json()["rows"][0]
        self.assertEqual(("REFUSED", "EXPLANATION_REQUIRED", "explanation", "falling"), tuple(row[k] for k in ("verdict", "reason", "field", "value")))
        self.assertEqual(1, len(self.updates("德钦县")))
        self.assertEqual("ACCEPTED", self.row("德钦县,shantytown.urban,starts,2017,2017-06-30,190,套,,拆除10套重建,,")["verdict"])

    def test_rules_are_data(self):
        self.assertEqual((0, 1), tuple(self.rules("late,late,,,,45,,off")[k] for k in ("changed", "unchanged")))
        self.rules("investment.jump,jump,,investment,,200,1000,flag")
        listed = {r["name"]: r for r in self.suite.ok("checks", "list", "-o", "json").json()["checks"]}
        self.assertEqual(("jump", "investment", "200", "1000", "flag"), tuple(listed["investment.jump"][k] for k in ("check", "indicator", "limit", "at_least", "action")))
        self.assertEqual("off", listed["late"]["action"])
        self.assertTrue({"part_above_whole", "falling", "jump", "over_target", "not_in_plan"} <= set(listed))
        again = self.suite.ok("checks", "list", "-o", "csv").out
        self.assertEqual(0, self.suite.ok("checks", "import", self.suite.file(again, name="again.csv"), "-o", "json").json()["changed"], again)
        for row, reason in (("x,nothing,,,,1,,flag", "BAD_VALUE"), ("x,jump,,,,0,,flag", None), ("X 1,jump,,,,1,,flag", "BAD_CODE"), ("x,above_other,,starts,,,,flag", None),
                            ("x,jump,,,,1,,shout", "BAD_VALUE"), ("x,jump,none,,,1,,flag", "UNKNOWN_PROGRAMME")):
            result = self.suite.anju("checks", "import", self.suite.file(CHECKS_HEADER + row + "\n"), "-o", "json")
            self.assertExit(4, result)
            self.assertEqual(2, result.errors()[0]["line"])
            if reason:
                self.assertEqual(reason, result.errors()[0]["reason"], row)

    def file(self, *rows):
        return self.suite.file(report_rows(*rows))


class Reviews(Checked):
    def setUp(self):
        super().setUp()
        said = self.suite.report("香格里拉市,shantytown.urban,starts,2017,2017-06-30,1241,套,,,,", "维西县,shantytown.urban,starts,2017,2017-06-30,900,套,,,,",
                                 "德钦县,shantytown.urban,starts,2017,2017-06-30,153,套,,,,")
        self.before = said["basis"]["token"]

    def review(self, state, region, *more, office="迪庆州"):
        return self.suite.anju("review", state, region, "--office", office, "-o", "json", *more)

    def ranked(self, *more):
        return [r["region"] for r in self.suite.rank("迪庆州", *STARTS, *more)["rows"]]

    def test_queries_choose_all_reviewed_or_confirmed(self):
        self.assertExit(0, self.review("reviewed", "维西县"))
        result = self.review("reviewed", "德钦县", *STARTS)
        self.assertExit(0, result)
        self.assertEqual((1, 0), (result.json()["changed"], result.json()["unchanged"]))
        token = self.review("confirmed", "德钦县").json()["basis"]["token"]
        fresh = ("--at-least", token)
        self.assertEqual(["533401", "533422", "533423"], self.ranked(*fresh))
        self.assertEqual(["533422", "533423"], self.ranked(*fresh, "--review", "reviewed"))
        self.assertEqual(["533422"], self.ranked(*fresh, "--review", "confirmed"))
        self.assertEqual(["533422"], self.ranked("--review", "confirmed", "--as-of", "2017-06-30"))
        states = {r["region"]: r["review"] for r in self.suite.rank("迪庆州", *STARTS, *fresh)["rows"]}
        self.assertEqual({"533401": "reported", "533422": "confirmed", "533423": "reviewed"}, states)
        self.assertEqual("153", self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", "--review", "confirmed")["actual"])
        self.assertIsNone(self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", "--review", "reviewed", "--at", self.before)["actual"])  # nobody had looked by then

    def test_a_correction_after_review_counts_only_when_it_is_reviewed_itself(self):
        self.review("reviewed", "维西县")
        token = self.suite.report("维西县,shantytown.urban,starts,2017,2017-06-30,925,套,correction,补报25套,,")["basis"]["token"]
        figure = lambda *more: self.suite.cell("迪庆州", "shantytown.urban", "starts", "2017", "--at-least", token, *more, of="533423")["actual"]
        self.assertEqual(("925", "900"), (figure(), figure("--review", "reviewed")))
        token = self.review("reviewed", "维西县").json()["basis"]["token"]
        self.assertEqual("925", figure("--review", "reviewed"))

    def test_steps_and_offices(self):
        def refused(result, code, reason):
            self.assertExit(code, result)
            self.assertEqual(reason, result.errors()[0]["reason"])
        refused(self.review("confirmed", "维西县"), 5, "BAD_REVIEW")  # not reviewed yet
        refused(self.review("reviewed", "维西县", office="维西县"), 5, "BAD_REVIEW")  # not above
        refused(self.review("reviewed", "维西县", office="邯郸市"), 5, "BAD_REVIEW")
        self.assertExit(4, self.review("returned", "维西县"))  # without remarks
        refused(self.review("accepted", "维西县"), 4, "BAD_VALUE")
        refused(self.review("reviewed", "无名县"), 3, "UNKNOWN_REGION")
        refused(self.suite.anju("review", "reviewed", "--updates", "999999", "--office", "迪庆州", "-o", "json"), 3, "UNKNOWN_UPDATE")
        self.assertExit(0, self.review("returned", "维西县", "--remark", "请附台账"))
        update = self.suite.ok("updates", "--region", "维西县", "-o", "json").json()["updates"][-1]
        self.assertEqual(("returned", "请附台账", "533400"), tuple(update[k] for k in ("review", "review_remark", "review_office")))
        self.assertExit(0, self.review("reviewed", "维西县", office="云南省"))
        self.assertExit(0, self.review("confirmed", "维西县"))
        refused(self.review("returned", "维西县", "--remark", "再看"), 5, "BAD_REVIEW")  # confirmed is final
        self.assertEqual((0, 1), tuple(self.review("confirmed", "维西县").json()[k] for k in ("changed", "unchanged")))

    def test_named_updates_dry_runs_and_request_ids(self):
        sequences = ",".join(u["journal_sequence"] for u in self.suite.ok("updates", "-o", "json").json()["updates"])
        named = ("review", "reviewed", "--updates", sequences, "--office", "迪庆州", "-o", "json")
        self.assertExit(2, self.suite.anju(*named, "--dry-run"))
        self.assertEqual({"reported"}, {u["review"] for u in self.suite.ok("updates", "-o", "json").json()["updates"]})
        first = self.suite.ok(*named, "--request-id", "r1").json()
        self.assertEqual(3, first["changed"])
        self.assertEqual(3, self.suite.ok(*named, "--request-id", "r1").json()["changed"])  # the same answer again
        other = self.suite.anju("review", "confirmed", "维西县", "--office", "迪庆州", "-o", "json", "--request-id", "r1")
        self.assertExit(5, other)
        self.assertEqual("REQUEST_CONFLICT", other.errors()[0]["reason"])

    def test_a_marked_figure_is_reviewed_only_when_it_is_explained(self):
        self.suite.report("德钦县,shantytown.urban,starts,2017,2017-07-31,150,套,,,,")  # falls
        result = self.review("reviewed", "德钦县")
        self.assertExit(4, result)
        self.assertEqual("EXPLANATION_REQUIRED", result.errors()[0]["reason"])
        self.assertExit(0, self.review("returned", "德钦县", "--remark", "说明为何减少"))
        self.suite.report("德钦县,shantytown.urban,starts,2017,2017-07-31,151,套,correction,重复统计2套,,")
        self.assertExit(0, self.review("reviewed", "德钦县"))


if __name__ == "__main__":
    unittest.main()
