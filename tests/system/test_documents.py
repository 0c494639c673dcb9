"""The four real documents, end to end: every figure the demonstration promises, read back from the running services as JSON."""

import csv
import io
import json
import pathlib
import shutil
import unittest

from support import DATA, Suite, SuiteTest, documents, edit_csv, report_rows


class Documents(unittest.TestCase):
    """One suite with everything loaded; these tests only read."""

    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.close)
        cls.token = cls.suite.load()

    def rank(self, *arguments):
        return self.suite.rank("迪庆州", "--year", "2017", "--as-of", "2017-06-30", "--at-least", self.token, *arguments)

    def test_annex_1_start_rates(self):
        table = self.rank("--programme", "shantytown.urban", "--indicator", "starts", "--by", "rate", "--digits", "2")
        self.assertEqual([(1, "香格里拉市", "62.05"), (2, "德钦县", "61.20"), (3, "维西傈僳族自治县", "61.02")],
                         [(r["rank"], r["name"], r["value"]) for r in table["rows"]])
        self.assertEqual(("2294", "3725", "61.58"), tuple(table["total"][k] for k in ("numerator", "denominator", "value")))
        self.assertEqual({"reported": 3, "expected": 3}, table["completeness"])

    def test_annex_2_completions_zeros_and_no_target_unranked(self):
        table = self.rank("--programme", "all", "--indicator", "completions", "--rank-zero", "no", "--total-digits", "1", "--columns", "investment")
        self.assertEqual([], table["rows"])
        self.assertEqual({("香格里拉市", "ZERO_VALUE"), ("维西傈僳族自治县", "ZERO_VALUE"), ("德钦县", "ZERO_VALUE"), ("迪庆开发区", "NO_TARGET")},
                         {(r["name"], r["reason"]) for r in table["unranked"]})
        self.assertEqual("172", next(r for r in table["unranked"] if r["reason"] == "NO_TARGET")["numerator"])
        self.assertEqual(("172", "3725", "4.6"), tuple(table["total"][k] for k in ("numerator", "denominator", "value")))
        self.assertEqual("16267.62", table["total"]["columns"]["investment"])

    def test_annex_3_printed_order_by_net_new(self):
        table = self.rank("--programme", "public_rental", "--indicator", "allotted_total", "--by", "net_new", "--of", "built", "--then-by", "rate",
                          "--ties", "ordinal", "--total-digits", "1")
        self.assertEqual(["40", "34", "0", "0", "-55"], [r["key"] for r in table["rows"]])
        self.assertEqual(["88.14", "95.14", "52.48", "31.06", "37.17"], [r["value"] for r in table["rows"]])
        self.assertEqual([1, 2, 3, 4, 5], [r["rank"] for r in table["rows"]])
        self.assertEqual(["533423", "533422", "533401", "533400-KFQ", "533400-BJ"], [r["region"] for r in table["rows"]])
        self.assertEqual(("19", "9384", "14680", "63.9"), tuple(table["total"][k] for k in ("key", "numerator", "denominator", "value")))

    def test_annex_3_truncated_prints_what_the_bulletin_prints_for_deqin(self):
        table = self.rank("--programme", "public_rental", "--indicator", "allotted_total", "--by", "net_new", "--of", "built", "--rounding", "truncate")
        self.assertEqual("95.13", next(r for r in table["rows"] if r["region"] == "533422")["value"])

    def test_current_and_dated_tables_agree(self):
        arguments = ("--programme", "shantytown.urban", "--indicator", "starts")
        dated = self.rank(*arguments)
        current = self.suite.rank("迪庆州", "--year", "2017", "--at-least", self.token, *arguments)
        self.assertTrue(current["basis"]["current"])
        self.assertFalse(dated["basis"]["current"])
        for key in ("rows", "unranked", "total", "as_of", "completeness"):
            self.assertEqual(dated[key], current[key], key)

    def test_the_first_rows_alone_come_with_the_counts_of_all(self):
        question = ("--year", "2017", "--programme", "public_rental", "--indicator", "allotted_total", "--by", "net_new", "--of", "built", "--ties", "dense")
        for dated in ((), ("--as-of", "2017-06-30"), ("--as-of", "2017-06-30", "--since", "2017-05-31")):
            with self.subTest(dated=dated):
                whole = self.suite.rank("迪庆州", *question, *dated, "--at-least", self.token)
                top = self.suite.rank("迪庆州", *question, *dated, "--at-least", self.token, "--top", "2")
                self.assertEqual({"ranked": 5, "unranked": len(whole["unranked"])}, whole["counts"])
                self.assertEqual(whole["rows"][:2], top["rows"])
                self.assertEqual([], top["unranked"])
                for key in ("counts", "total", "completeness", "as_of", "definition"):
                    self.assertEqual(whole[key], top[key], key)
        rows = list(csv.DictReader(io.StringIO(self.suite.ok("rank", "迪庆州", *question, "--top", "2", "-o", "csv").out)))
        self.assertEqual(["1", "2", ""], [row["rank"] for row in rows])  # and the total
        self.assertIn("只列前 2 行：列入排序 5 个，未列入排序", self.suite.ok("rank", "迪庆州", *question, "--top", "2").err)
        self.assertIn("only the first 2 rows: 5 are ranked", self.suite.ok("rank", "迪庆州", *question, "--top", "2", "--lang", "en").err)
        self.assertNotIn("只列前", self.suite.ok("rank", "迪庆州", *question, "--top", "10000").err)
        self.assertEqual(64, self.suite.anju("rank", "迪庆州", *question, "--top", "10001").code)

    def test_zhengzhou_totals_roll_up_from_its_regions(self):
        for programme, indicator, total in (("shantytown", "starts", "103387"), ("shantytown", "completions", "76454"), ("public_rental", "completions", "10040"),
                                            ("public_rental", "allotted", "8659"), ("public_rental", "allotted.government_owned", "6811")):
            with self.subTest(programme=programme, indicator=indicator):
                cells = [c for c in self.suite.cells("郑州市", "--year", "2017", "--programme", programme, "--indicator", indicator)]
                own, children = cells[0], cells[1:]
                self.assertEqual((total, total, "0"), (own["target"], own["declared_target"], own["target_gap"]))
                self.assertEqual(int(total), sum(int(c["target"]) for c in children if c["target"]))

    def test_zhengzhou_monetised_rolls_up_and_physical_stands_as_declared(self):
        for indicator, physical in (("starts", "97902"), ("completions", "70969")):
            self.assertEqual("5485", self.suite.cell("郑州市", "shantytown", indicator + ".monetised", "2017")["target"])
            cell = self.suite.cell("郑州市", "shantytown", indicator + ".physical", "2017")
            self.assertEqual((physical, None), (cell["target"], cell["declared_target"]))

    def test_shangrao_annex_totals(self):
        for programme, indicator, total in (("affordable_rental", "starts", "4106"), ("affordable_rental", "completions", "1060"),
                                            ("rent_subsidy", "subsidised_households", "7766"), ("shantytown.urban", "starts", "19187"),
                                            ("shantytown.urban", "completions", "17460"), ("old_estate", "started_estates", "90"),
                                            ("old_estate", "started_households", "17898"), ("old_estate", "started_buildings", "939"),
                                            ("old_estate", "started_floor_area", "162.4466")):
            cell = self.suite.cell("上饶市", programme, indicator, "2023")
            self.assertEqual((total, total), (cell["target"], cell["declared_target"]), (programme, indicator))
        # Declared without a table: nothing below prints it.
        self.assertEqual(("163.2198", None), tuple(self.suite.cell("上饶市", "old_estate", "finished_floor_area", "2023")[k] for k in ("target", "declared_target")))

    def test_handan_regions_and_years(self):
        parts = [self.suite.cell("邯郸市", "all", "starts", "2011-2015", of=name)["target"] for name in ("邯郸市中心城区", "峰峰矿区", "邯郸市所辖县(市)")]
        self.assertEqual(["112168", "28976", "38411"], parts)
        self.assertEqual("179555", self.suite.cell("邯郸市", "all", "starts", "2011-2015")["target"])
        years = [int(self.suite.cell("邯郸市", "all", "starts", year)["target"]) for year in ("2011", "2012-2015")]
        self.assertEqual(179555, sum(years))

    def test_handan_keeps_its_differences(self):
        document = next(r["document"] for r in documents() if r["file"].startswith("handan"))
        stored = self.suite.ok("plan", "show", document, "-o", "json").json()
        self.assertTrue(stored["differences_accepted"])
        errors = {(d["printed"], d["computed"]) for d in stored["differences"] if d["verdict"] == "error"}
        self.assertEqual({("13640", "12134"), ("214.94", "214.91"), ("246111", "246110"), ("6825", "6824")}, errors)
        self.assertEqual(["19.6"], [d["printed"] for d in stored["differences"] if d["verdict"] == "not_additive"])
        self.assertTrue([d for d in stored["differences"] if d["verdict"] == "rounding"])

    def test_coal_targets_that_exceed_the_city_are_noted(self):
        document = next(r["document"] for r in documents() if r["file"].startswith("handan"))
        notes = [d for d in self.suite.ok("plan", "show", document, "-o", "json").json()["differences"] if d["verdict"] == "note"]
        self.assertTrue([d for d in notes if d["programme"] == "shantytown.coal" and d["plan_year"] == "2012-2015" and d["region"] == "130400"], notes)

    def test_milestones_are_listed(self):
        milestones = self.suite.ok("milestones", "list", "-o", "json").json()["milestones"]
        self.assertIn(("郑州市", "shantytown", "starts", "2017-06-30", "90"), [(m["name"], m["programme"], m["indicator"], m["by"], m["share"]) for m in milestones])
        self.assertTrue([m for m in milestones if m["strength"] == "strive"])

    def test_prefecture_total_is_declared_beside_the_sum(self):
        cell = self.suite.cell("迪庆州", "all", "starts", "2017")
        self.assertEqual(("2294", "2294", "0"), (cell["actual"], cell["declared"], cell["gap"]))

    def test_every_output_form(self):
        for form in ("table", "json", "csv"):
            for command in (("rollup", "迪庆州", "--year", "2017"), ("status",), ("regions", "list"), ("catalogue", "list"), ("plan", "list"), ("milestones", "list"),
                            ("updates",), ("dump",), ("rank", "迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")):
                self.assertTrue(self.suite.ok(*command, "-o", form).out.strip(), command)

    def test_every_answer_says_what_it_was_computed_from(self):
        positions = {s["name"]: s["position"] for s in self.suite.ok("status", "-o", "json").json()["services"]}
        for command in (("rollup", "迪庆州", "--year", "2017"), ("rank", "迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")):
            basis = self.suite.ok(*command, "--at-least", self.token, "-o", "json").json()["basis"]
            self.assertEqual((positions["plan"], [positions["progress"]]), (basis["plan"], basis["progress"]))
            self.assertTrue(basis["token"] and basis["recorded_time_us"] > 0)

    def test_what_is_listed_as_csv_can_be_imported_again(self):
        for kind in ("regions", "catalogue"):
            listed = self.suite.ok(kind, "list", "-o", "csv").out
            again = self.suite.ok(kind, "import", self.suite.file(listed), "-o", "json").json()
            self.assertEqual((0, listed.count("\n") - 1), (again["changed"], again["unchanged"]), kind)

    def test_csv_has_what_json_has(self):
        cells = self.suite.cells("迪庆州", "--year", "2017")
        rows = list(csv.DictReader(io.StringIO(self.suite.ok("rollup", "迪庆州", "--year", "2017", "-o", "csv").out)))
        keys = ("region", "programme", "indicator", "plan_year", "layer", "unit", "target", "declared_target", "target_gap", "actual", "declared", "gap", "value")
        self.assertEqual([[cell[k] or "" for k in keys] for cell in cells], [[row[k] for k in keys] for row in rows])
        self.assertEqual(len(cells), len(json.loads(self.suite.ok("rollup", "迪庆州", "--year", "2017", "-o", "json").out)["cells"]))
        lines = self.suite.dump().splitlines()
        self.assertEqual(lines, json.loads(self.suite.ok("dump", "-o", "json").out)["lines"])
        self.assertEqual([line.split("\t") for line in lines], list(csv.reader(io.StringIO(self.suite.ok("dump", "-o", "csv").out))))

    def test_a_document_is_shown_with_its_targets_and_why_one_is_missing(self):
        document = next(r["document"] for r in documents() if r["file"].startswith("handan"))
        targets = list(csv.DictReader(io.StringIO(self.suite.ok("plan", "show", document, "-o", "csv").out)))
        self.assertTrue([t for t in targets if t["region"] == "130400" and t["plan_year"] == "2011-2015" and t["target"] == "179555"])
        self.assertEqual({"not_published"}, {t["missing"] for t in targets if t["name"] == "邯郸市所辖县(市)" and t["indicator"] == "investment"})
        differences = list(csv.DictReader(io.StringIO(self.suite.ok("plan", "show", document, "--differences", "-o", "csv").out)))
        self.assertEqual(len(self.suite.ok("plan", "show", document, "-o", "json").json()["differences"]), len(differences))

    def test_english_and_chinese(self):
        arguments = ("rank", "迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")
        self.assertIn("合计", self.suite.ok(*arguments).out)
        self.assertIn("total", self.suite.ok(*arguments, lang="en_GB.UTF-8").out)
        self.assertIn("total", self.suite.ok(*arguments, "--lang", "en").out)


class Twice(SuiteTest):
    def test_sending_any_file_twice_changes_nothing_and_says_so(self):
        token = self.suite.load()
        before = self.suite.dump(token)
        for row in documents():
            with self.subTest(file=row["file"]):
                result = self.suite.import_document(row)
                self.assertExit(0, result)
                said = result.json()
                changed = said.get("accepted", said.get("changed"))
                self.assertEqual(0, changed, said)
                self.assertGreater(said["unchanged"], 0)
                token = said["basis"]["token"]
        self.assertEqual(before, self.suite.dump(token))

    def test_an_edited_file_changes_only_its_edited_rows(self):
        self.suite.load()
        copy = self.suite.directory / "edited.csv"
        shutil.copy(DATA / "diqing_2017_06.report.csv", copy)

        def change(row):
            if row["region"] == "德钦县" and row["indicator"] == "built":
                row["value"] = "2181"

        edit_csv(copy, change)
        said = self.suite.ok("report", copy, "-o", "json").json()
        self.assertEqual(1, said["accepted"], said)
        rows = len(copy.read_text(encoding="utf-8").splitlines()) - 1
        self.assertEqual(rows - 1, said["unchanged"])
        self.assertEqual("2181", self.suite.cell("迪庆州", "public_rental", "built", "2017", "--at-least", said["basis"]["token"], of="533422")["actual"])


class Follows(SuiteTest):
    """Nothing printed is hard-coded: other data give other tables."""

    def copy(self):
        copy = self.suite.directory / "data"
        shutil.copytree(DATA, copy)
        return copy

    def test_a_correction_changes_the_ranking_at_once(self):
        self.suite.load()
        file = self.suite.file(report_rows("维西县,shantytown.urban,starts,2017,2017-06-30,925,套,correction,补报25套,,"))
        token = self.suite.ok("report", file, "-o", "json").json()["basis"]["token"]
        table = self.suite.rank("迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "--at-least", token)
        self.assertEqual([("533423", "62.71"), ("533401", "62.05"), ("533422", "61.20")], [(r["region"], r["value"]) for r in table["rows"]])
        self.assertEqual("2319", table["total"]["numerator"])

    def test_changed_figures_change_rates_ranks_and_totals(self):
        data = self.copy()

        def change(row):
            if row["region"] == "德钦县" and row["indicator"] == "starts":
                row["value"] = "250"
            if row["region"] == "迪庆州" and row["indicator"] == "starts":
                return False

        edit_csv(data / "diqing_2017_06.report.csv", change)
        token = self.suite.load(data)
        table = self.suite.rank("迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "--at-least", token)
        self.assertEqual(("533422", "100.00", 1), tuple(table["rows"][0][k] for k in ("region", "value", "rank")))
        self.assertEqual(("2391", "64.19"), (table["total"]["numerator"], table["total"]["value"]))

    def test_a_perturbed_cell_names_its_relation(self):
        """Every printed cell of a complete relation of 郑州's document, one by one."""
        self.suite.load(kinds=("catalogue", "regions"))
        row = next(r for r in documents() if r["file"] == "zhengzhou_2017.plan.csv")
        with open(DATA / row["file"], encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        # Parts that only some of the document's rows print are subsets or lone cells: no total catches a smaller one.
        checked = [i for i, l in enumerate(lines) if l["indicator"] in ("starts", "completions", "allotted", "allotted.government_owned")]
        self.assertGreater(len(checked), 40)
        for index in checked:
            copy = pathlib.Path(self.suite.directory) / "perturbed.csv"
            shutil.copy(DATA / row["file"], copy)
            at = -1

            def change(line):
                nonlocal at
                at += 1
                if at == index:
                    line["value"] = str(int(line["value"]) + 1)

            edit_csv(copy, change)
            result = self.suite.import_document(dict(row, file="perturbed.csv"), self.suite.directory, "--dry-run")
            self.assertExit(4, result)
            reasons = [e["reason"] for e in result.errors()]
            self.assertIn("UNBALANCED", reasons, lines[index])


if __name__ == "__main__":
    unittest.main()
