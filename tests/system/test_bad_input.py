"""Bad input through the command: one clear error with line and field, stable reasons, exit codes, nothing half-applied.

The same checks are tested on the RPCs beside each service; here the whole way from a clerk's file is walked.
"""

import subprocess
import unittest

from support import BIN, DATA, DIQING, Suite, SuiteTest, report_rows

GOOD = "香格里拉市,shantytown.urban,starts,2017,2017-06-30,1241,套,,,,"
PLAN_HEADER = "region,programme,indicator,plan_year,value,unit,note,role,layer,place\n"
REGION_HEADER = "code,name,parent,level,kind,valid_from,valid_to\n"


class Registry(unittest.TestCase):
    """A suite with regions and catalogue; tests add what they need under names of their own."""

    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.close)
        cls.suite.load(kinds=("catalogue", "regions"))

    assertExit = SuiteTest.assertExit
    assertReasons = SuiteTest.assertReasons

    def report(self, *rows, source=None, encoding="utf-8"):
        file = self.suite.file(report_rows(*rows), encoding)
        return self.suite.anju("report", file, "-o", "json", *(["--source", source] if source else []))

    def plan(self, *rows, document, issuer="迪庆州"):
        file = self.suite.file(PLAN_HEADER + "".join(row + "\n" for row in rows))
        return self.suite.anju("plan", "import", file, "--document", document, "--issuer", issuer, "--issued", "unknown", "-o", "json")

    def refused(self, result, reason, field, line=2):
        """A row refused by the service: exit 1, the reason on the row, the others accepted."""
        self.assertExit(1, result)
        row = next(r for r in result.json()["rows"] if r["verdict"] == "REFUSED")
        self.assertEqual((reason, field, line), (row["reason"], row["field"], row["line"]), repr(result))


class Accepted(Registry):
    def test_gb18030_and_utf8_with_and_without_bom_and_chinese_headers(self):
        header = "地区,保障类别,指标,计划年度,数据日期,数值,单位\n"
        for number, (encoding, bom) in enumerate((("gb18030", b""), ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gbk", b""))):
            text = header + f"维西县,shantytown.urban,starts,2017,2017-06-{number + 1:02},{number + 1},套\r\n"
            result = self.suite.anju("report", self.suite.file(bom + text.encode(encoding)), "-o", "json")
            self.assertExit(0, result)
            self.assertEqual(1, result.json()["accepted"])

    def test_a_file_from_standard_input(self):
        result = self.suite.anju("report", "-", "-o", "json", stdin=report_rows("维西县,all,investment,2017,2017-05-01,1.5,万元,,,,").encode())
        self.assertExit(0, result)


class File(Registry):
    """What a parser can see refuses the whole file before anything is sent."""

    def one(self, row, reason, field):
        result = self.report(GOOD, row)
        self.assertExit(4, result)
        self.assertReasons(result, [(reason, 3, field)])
        self.assertEqual([], self.suite.ok("updates", "--region", "香格里拉市", "-o", "json").json()["updates"])
        error = result.errors()[0]
        self.assertTrue(error["message"] and error["remedy"] and error["file"])
        return error

    def test_unknown_names(self):
        self.one("无名县,shantytown.urban,starts,2017,2017-06-30,1,套,,,,", "UNKNOWN_REGION", "region")
        self.one("德钦县,nothing,starts,2017,2017-06-30,1,套,,,,", "UNKNOWN_PROGRAMME", "programme")
        self.one("德钦县,shantytown.urban,nothing,2017,2017-06-30,1,套,,,,", "UNKNOWN_INDICATOR", "indicator")
        self.one("德钦县,shantytown.urban,starts,2017,2017-06-30,1,亩,,,,", "UNKNOWN_UNIT", "unit")

    def test_numbers(self):
        for value in ('"1,000"', "12套", "１２", "1e3", "abc", "1.", "+5", "--5"):
            self.one(f"德钦县,shantytown.urban,starts,2017,2017-06-30,{value},套,,,,", "BAD_NUMBER", "value")
        self.one("德钦县,shantytown.urban,starts,2017,2017-06-30,99999999999999999999,套,,,,", "NUMBER_TOO_LARGE", "value")
        self.one("德钦县,shantytown.urban,starts,2017,2017-06-30,9999999999999999,套,,,,", "NUMBER_TOO_LARGE", "value")
        self.one("德钦县,shantytown.urban,starts,2017,2017-06-30,1.5,套,,,,", "NUMBER_TOO_FINE", "value")

    def test_dates_and_years(self):
        for date in ("2017-02-30", "2017-13-01", "2017/06/30", "20170630", "六月"):
            self.one(f"德钦县,shantytown.urban,starts,2017,{date},1,套,,,,", "BAD_DATE", "as_of")
        self.one("德钦县,shantytown.urban,starts,17,2017-06-30,1,套,,,,", "BAD_PERIOD", "plan_year")

    def test_missing_fields_and_words(self):
        self.one(",shantytown.urban,starts,2017,2017-06-30,1,套,,,,", "MISSING_FIELD", "region")
        self.one("德钦县,shantytown.urban,starts,2017,2017-06-30,1,套,sometimes,,,", "BAD_VALUE", "kind")

    def test_increments_and_reductions_need_a_source(self):
        self.one("德钦县,shantytown.urban,starts,2017,2017-06-30,1,套,increment,,,", "SOURCE_REQUIRED", "kind")
        self.one("德钦县,shantytown.urban,starts,2017,2017-06-30,1,套,reduction,退出,,", "SOURCE_REQUIRED", "kind")

    def test_contradicting_rows(self):
        self.one(GOOD.replace("1241", "1242"), "DUPLICATE_ROW", "value")

    def test_ambiguous_name_lists_candidates(self):
        regions = self.suite.file(REGION_HEADER + "X1,同名镇,533400,unit,zone,,\nX2,同名镇,361100,unit,zone,,\n")
        self.suite.ok("regions", "import", regions)
        error = self.one("同名镇,shantytown.urban,starts,2017,2017-06-30,1,套,,,,", "AMBIGUOUS_REGION", "region")
        self.assertEqual(2, len(error["candidates"]))
        self.assertTrue(any("X1" in c for c in error["candidates"]))

    def test_headers(self):
        for text in ("region,programme,indicator,plan_year,as_of,value\nA,b,c,2017,2017-06-30,1\n",  # a column is missing
                     "region,programme,indicator,plan_year,as_of,value,unit,colour\nA,b,c,2017,2017-06-30,1,套,red\n",
                     "region,region,programme,indicator,plan_year,as_of,value,unit\nA,A,b,c,2017,2017-06-30,1,套\n"):
            result = self.suite.anju("report", self.suite.file(text), "-o", "json")
            self.assertExit(4, result)
            self.assertEqual(("BAD_HEADER", 1), tuple(result.errors()[0][k] for k in ("reason", "line")))

    def test_bytes_that_are_neither_encoding(self):
        result = self.suite.anju("report", self.suite.file(report_rows(GOOD).encode() + b"\xff\xff\xfe,\xff\n"), "-o", "json")
        self.assertExit(4, result)
        self.assertEqual("BAD_ENCODING", result.errors()[0]["reason"])

    def test_all_errors_of_a_file_at_once_up_to_the_limit(self):
        result = self.report(*(f"无名{i},x,y,2017,2017-06-31,z,套,,,," for i in range(10)))
        self.assertExit(4, result)
        self.assertEqual(50, len(result.errors()))
        result = self.report(*(f"无名{i},x,y,2017,2017-06-31,z,套,,,," for i in range(1000)))
        self.assertEqual(100, len(result.errors()))

    def test_empty_and_missing_files(self):
        result = self.report()
        self.assertExit(4, result)
        self.assertEqual("EMPTY_REQUEST", result.errors()[0]["reason"])
        result = self.suite.anju("report", self.suite.directory / "absent.csv", "-o", "json")
        self.assertExit(3, result)
        self.assertEqual("FILE_NOT_FOUND", result.errors()[0]["reason"])


class Rows(Registry):
    """What only the service can judge refuses the row; accepted rows stand."""

    def test_dates_outside_the_plan(self):
        self.refused(self.report("德钦县,shantytown.urban,starts,2017,2016-12-31,1,套,,,,"), "BEFORE_PLAN_YEAR", "as_of")
        self.refused(self.report("德钦县,shantytown.urban,starts,2017,2150-01-01,1,套,,,,"), "FUTURE_DATE", "as_of")
        self.assertExit(0, self.report("德钦县,shantytown.urban,starts,2017,2018-03-01,1,套,,,,"))  # carried over

    def test_negative_and_closed(self):
        self.refused(self.report("德钦县,shantytown.urban,starts,2017,2017-06-30,-1,套,,,,"), "NEGATIVE_NUMBER", "value")
        self.refused(self.report("361121,shantytown.urban,starts,2023,2023-06-30,1,套,,,,"), "REGION_CLOSED", "region")

    def test_stocks_have_no_year_and_flows_need_one(self):
        self.refused(self.report("德钦县,public_rental,built,2017,2017-06-30,1,套,,,,"), "BAD_PERIOD", "plan_year")
        self.refused(self.report("德钦县,shantytown.urban,starts,,2017-06-30,1,套,,,,"), "MISSING_FIELD", "plan_year")

    def test_area_and_member(self):
        self.assertExit(0, self.report("邯郸市中心城区,all,starts,2012,2012-06-30,5,套,,,,"))
        self.refused(self.report("丛台区,all,starts,2012,2012-06-30,5,套,,,,"), "AREA_OVERLAP", "region")

    def test_corrections_and_reductions(self):
        self.refused(self.report("维西县,all,starts,2017,2017-03-31,5,套,correction,,,"), "NOTHING_TO_CORRECT", "corrects")
        self.assertExit(0, self.report("维西县,all,starts,2017,2017-03-31,5,套,,,,", source="w1"))
        self.refused(self.report("维西县,all,starts,2017,2017-03-31,1,套,reduction,,,", source="w2"), "EXPLANATION_REQUIRED", "explanation")
        self.refused(self.report("维西县,all,starts,2017,2017-03-31,6,套,reduction,审计核减,,", source="w3"), "BELOW_ZERO", "value")

    def test_refused_rows_are_written_out_and_the_others_stand(self):
        out = self.suite.directory / "refused.csv"
        file = self.suite.file(report_rows("维西县,all,completions,2017,2017-06-30,3,套,,,,", "维西县,all,completions,2017,2016-06-30,3,套,,,,"))
        result = self.suite.anju("report", file, "--refused", out, "-o", "json")
        self.assertExit(1, result)
        self.assertEqual((1, 1), (result.json()["accepted"], result.json()["refused"]))
        lines = out.read_text(encoding="utf-8-sig").splitlines()
        self.assertEqual(2, len(lines))
        self.assertIn("BEFORE_PLAN_YEAR", lines[1])
        again = self.suite.anju("report", file, "-o", "json")  # refused for ever under the same bytes
        self.assertExit(1, again)
        self.assertEqual((0, 1, 1), tuple(again.json()[k] for k in ("accepted", "unchanged", "refused")))

    def test_a_dry_run_tells_every_verdict_and_records_nothing(self):
        rows = [f"维西县,all,finished,2017,2017-06-{1 + i % 28:02},{i},套,,,," for i in range(28)] + ["维西县,all,finished,2017,2016-06-30,3,套,,,,"]
        file = self.suite.file(report_rows(*rows * 20, "德钦县,all,finished,2150,2017-06-30,3,套,,,,"))  # longer than one message
        before = self.suite.ok("updates", "--refusals", "-o", "json").out
        dry = self.suite.anju("report", file, "--dry-run", "-o", "json")
        self.assertExit(1, dry)
        self.assertEqual((0, 560, 21), tuple(dry.json()[k] for k in ("accepted", "would_send", "refused")))
        self.assertEqual(before, self.suite.ok("updates", "--refusals", "-o", "json").out)
        good = self.suite.file(report_rows("维西县,all,finished,2017,2017-06-30,3,套,,,,"))
        self.assertExit(2, self.suite.anju("report", good, "--dry-run"))
        self.suite.ok("report", good)
        again = self.suite.anju("report", good, "--dry-run", "-o", "json")
        self.assertExit(0, again)
        self.assertEqual(1, again.json()["unchanged"])

    def test_a_source_with_a_gap_or_a_reused_number(self):
        header = "region,programme,indicator,plan_year,as_of,value,unit,sequence\n"
        row = "德钦县,all,investment,2017,2017-06-{day},{value},万元,{number}\n"
        send = lambda *rows: self.suite.anju("report", self.suite.file(header + "".join(rows)), "--source", "numbered", "-o", "json")
        self.assertExit(0, send(row.format(day="01", value="1", number="1")))
        gap = send(row.format(day="03", value="3", number="3"))
        self.assertExit(5, gap)
        self.assertEqual("SEQUENCE_GAP", gap.errors()[0]["reason"])
        self.assertIn("2", gap.errors()[0]["message"])  # names the expected number
        reuse = send(row.format(day="01", value="9", number="1"))
        self.assertExit(5, reuse)
        self.assertEqual("SEQUENCE_CONFLICT", reuse.json()["rows"][0]["reason"])


class Plans(Registry):
    """Plans and regions are applied whole or not at all."""

    def one(self, rows, reason, field, line, document="试〔2017〕1号"):
        result = self.plan(*rows, document=document)
        self.assertExit(4, result)
        self.assertReasons(result, [(reason, line, field)])
        self.assertNotIn(document, self.suite.ok("plan", "list", "-o", "json").out)

    def test_rows(self):
        good = "德钦县,shantytown.urban,starts,2017,250,套,,target,,表1"
        self.one([good, "无名县,shantytown.urban,starts,2017,1,套,,target,,表1"], "UNKNOWN_REGION", "region", 3)
        self.one([good, "金水区,shantytown.urban,starts,2017,1,套,,target,,表1"], "UNKNOWN_REGION", "region", 3)  # not in the issuer's subtree
        self.one([good, "维西县,x,starts,2017,1,套,,target,,表1"], "UNKNOWN_PROGRAMME", "programme", 3)
        self.one([good, "维西县,shantytown.urban,x,2017,1,套,,target,,表1"], "UNKNOWN_INDICATOR", "indicator", 3)
        self.one([good, "维西县,shantytown.urban,starts,2017,1,亩,,target,,表1"], "UNKNOWN_UNIT", "unit", 3)
        self.one([good, "维西县,shantytown.urban,starts,2017,1套,套,,target,,表1"], "BAD_NUMBER", "value", 3)
        self.one([good, "维西县,shantytown.urban,starts,2017,-1,套,,target,,表1"], "NEGATIVE_NUMBER", "value", 3)
        self.one([good, "维西县,shantytown.urban,starts,17,1,套,,target,,表1"], "BAD_PERIOD", "plan_year", 3)
        self.one([good, "维西县,shantytown.urban,starts,2017,1,套,,boss,,表1"], "BAD_VALUE", "role", 3)
        self.one([good, "维西县,shantytown.urban,starts,2017,1,套,,target,village,表1"], "BAD_VALUE", "layer", 3)
        self.one([good, good], "DUPLICATE_ROW", "region", 3)
        self.one([good, "维西县,shantytown.urban,starts,2017,99999999999999999999,套,,target,,表1"], "NUMBER_TOO_LARGE", "value", 3)

    def test_unbalanced_names_the_total_and_both_sides(self):
        rows = ["德钦县,shantytown.urban,starts,2017,250,套,,target,,表1", "维西县,shantytown.urban,starts,2017,1475,套,,target,,表1",
                "迪庆州,shantytown.urban,starts,2017,1726,套,,declared_total,,表1"]
        result = self.plan(*rows, document="不平〔2017〕1号")
        self.assertExit(4, result)
        self.assertReasons(result, [("UNBALANCED", 4, "value")])
        self.assertIn("1725", repr(result.errors()))
        self.assertIn("1726", repr(result.errors()))

    def test_the_same_number_with_other_content_names_amend(self):
        row = "德钦县,shantytown.urban,completions,2017,{},套,,target,,表1"
        self.assertExit(0, self.plan(row.format(7), document="冲突〔2017〕1号"))
        again = self.plan(row.format(7), document="冲突〔2017〕1号")
        self.assertExit(0, again)
        self.assertEqual((0, 1), (again.json()["accepted"], again.json()["unchanged"]))
        other = self.plan(row.format(8), document="冲突〔2017〕1号")
        self.assertExit(5, other)
        self.assertEqual("DOCUMENT_CONFLICT", other.errors()[0]["reason"])
        self.assertIn("amend", other.errors()[0]["remedy"] + other.errors()[0]["message"])
        elsewhere = self.plan(row.format(8), document="冲突〔2017〕2号")
        self.assertExit(5, elsewhere)
        self.assertEqual("TARGET_CONFLICT", elsewhere.errors()[0]["reason"])

    def test_dry_run_stores_nothing_and_says_whether_it_would(self):
        file = self.suite.file(PLAN_HEADER + "德钦县,shantytown.urban,completions,2018,7,套,,target,,表1\n")
        arguments = ("plan", "import", file, "--document", "试算〔2018〕1号", "--issuer", "迪庆州", "--issued", "unknown")
        self.assertExit(2, self.suite.anju(*arguments, "--dry-run"))
        self.assertNotIn("试算", self.suite.ok("plan", "list", "-o", "json").out)
        self.assertExit(0, self.suite.anju(*arguments))
        self.assertExit(0, self.suite.anju(*arguments, "--dry-run"))

    def test_regions_whole_or_not_at_all(self):
        before = self.suite.ok("regions", "list", "-o", "json").out
        for text, reason in ((REGION_HEADER + "Y1,甲,533400,unit,zone,,\nY2,乙,NOWHERE,unit,zone,,\n", "BROKEN_TREE"),
                             (REGION_HEADER + "Y1,甲,Y2,unit,zone,,\nY2,乙,Y1,unit,zone,,\n", "BROKEN_TREE"),
                             (REGION_HEADER + "Y1,甲,533400,unit,zone,2017-01-01,2018-01-01\nY1,甲,533400,unit,zone,2017-06-01,\n", "BROKEN_TREE"),
                             (REGION_HEADER + "Y1,甲,533400,galaxy,zone,,\n", "BAD_VALUE"), (REGION_HEADER + "Y!,甲,533400,unit,zone,,\n", "BAD_CODE"),
                             (REGION_HEADER + "Y1,甲,533400,unit,zone,2017-02-30,\n", "BAD_DATE")):
            result = self.suite.anju("regions", "import", self.suite.file(text), "-o", "json")
            self.assertExit(4, result)
            self.assertEqual(reason, result.errors()[0]["reason"], repr(result))
        self.assertEqual(before, self.suite.ok("regions", "list", "-o", "json").out)

    def test_milestones_need_their_document(self):
        result = self.suite.anju("milestones", "import", DATA / "zhengzhou_2017.milestones.csv", "--document", "没有〔2017〕9号", "-o", "json")
        self.assertExit(3, result)
        self.assertEqual("UNKNOWN_DOCUMENT", result.errors()[0]["reason"])


class Dates(SuiteTest):
    """Amendments, boundary changes and bases: clear errors, and nothing is half-applied."""

    def setUp(self):
        super().setUp()
        self.suite.load(kinds=("catalogue", "regions", "checks", "plan"))
        self.before = self.state()

    def state(self):
        return [self.suite.ok(*what, "-o", "json").out for what in (("plan", "list"), ("regions", "list"), ("boundaries", "list"))]

    def refused(self, result, code, reason, line=None):
        self.assertExit(code, result)
        error = result.errors()[0]
        self.assertEqual(reason, error["reason"], repr(result))
        self.assertTrue(error["message"] and error["remedy"], repr(result))
        if line is not None:
            self.assertEqual(line, error["line"], repr(result))
        self.assertEqual(self.before, self.state())
        return error

    def test_amendments(self):
        row = "维西县,shantytown.urban,starts,2017,1500,套,target"
        self.refused(self.suite.amend([row], "调〔2017〕1号", "没有〔2017〕9号", "2017-09-01"), 3, "UNKNOWN_DOCUMENT")
        for day in ("2018-01-01", "2016-12-31"):
            self.refused(self.suite.amend([row], "调〔2017〕1号", DIQING, day), 4, "BAD_EFFECTIVE")
        self.refused(self.suite.amend([row], "调〔2017〕1号", DIQING, "2017-02-30"), 4, "BAD_DATE")
        self.refused(self.suite.amend([row, "维西县,shantytown.urban,starts,2018,9,套,target"], "调〔2017〕1号", DIQING, "2017-09-01"), 4, "BAD_EFFECTIVE", 3)
        self.refused(self.suite.amend([row, "迪庆州,shantytown.urban,starts,2017,3725,套,declared_total"], "调〔2017〕1号", DIQING, "2017-09-01"), 4, "UNBALANCED", 3)
        self.refused(self.suite.amend([row, "金水区,shantytown.urban,starts,2017,9,套,target"], "调〔2017〕1号", DIQING, "2017-09-01"), 4, "UNKNOWN_REGION", 3)
        self.assertExit(0, self.suite.amend([row], "调〔2017〕1号", DIQING, "2017-09-01"))
        self.before = self.state()
        error = self.refused(self.suite.amend([row.replace("1500", "1501")], "调〔2017〕2号", DIQING, "2017-10-01"), 5, "SUPERSEDED")
        self.assertIn("调〔2017〕1号", error["candidates"])
        self.refused(self.suite.amend([row.replace("1500", "1501")], "调〔2017〕2号", "调〔2017〕1号", "2017-08-01"), 4, "BAD_EFFECTIVE")
        self.refused(self.suite.amend([row.replace("1500", "1502")], "调〔2017〕1号", DIQING, "2017-09-01"), 5, "DOCUMENT_CONFLICT")

    def test_boundary_changes(self):
        good = "2020-01-01,rename,德钦县,,,,德钦市,,,"
        cases = (("2020-01-01,merge,迪庆州,维西县,,,,,,", 4, "BROKEN_TREE"), ("2020-01-01,merge,维西县,维西县,,,,,,", 4, "BROKEN_TREE"),
                 ("2020-01-01,move,迪庆州,维西县,,,,,,", 4, "BROKEN_TREE"),
                 ("2020-01-01,split,维西县,香格里拉市,1/2,,,,,\n2020-01-01,split,维西县,迪庆开发区,1/3,,,,,", 4, "BAD_SHARES"),
                 ("2020-01-01,split,维西县,香格里拉市,60%,,,,,\n2020-01-01,split,维西县,迪庆开发区,50%,,,,,", 4, "BAD_SHARES"),
                 ("2020-01-01,split,维西县,香格里拉市,0,,,,,\n2020-01-01,split,维西县,迪庆开发区,1,,,,,", 4, "BAD_SHARES"),
                 ("2020-01-01,split,迪庆州,上饶市,,维西县;德钦县,,,,", 4, "BAD_SHARES"),
                 ("2020-01-01,abolish,迪庆州,,,,,,,", 4, "BROKEN_TREE"), ("2020-01-01,merge,无名县,维西县,,,,,,", 4, "UNKNOWN_REGION"),
                 ("2020-02-30,merge,维西县,香格里拉市,,,,,,", 4, "BAD_DATE"), ("2020-01-01,swallow,维西县,香格里拉市,,,,,,", 4, "BAD_VALUE"))
        for rows, code, reason in cases:
            self.refused(self.suite.boundaries(good, *rows.split("\n")), code, reason)
        self.refused(self.suite.boundaries(good, "2020-01-01,move,维西县,金水区,,,,,,"), 4, "NOT_CONSERVED", 3)  # it reports for itself
        self.assertExit(0, self.suite.boundaries("2020-01-01,merge,德钦县,维西县,,,,,,"))
        self.before = self.state()
        self.refused(self.suite.boundaries("2020-01-01,merge,德钦县,香格里拉市,,,,,,"), 5, "BOUNDARY_CONFLICT")

    def test_corrections_of_what_does_not_exist(self):
        for row in ("维西县,all,starts,2017,2017-03-31,5,套,correction,更正,,", "维西县,all,starts,2017,2017-03-31,5,套,correction,更正,12345,"):
            result = self.suite.anju("report", self.suite.file(report_rows(row)), "-o", "json")
            self.assertExit(1, result)
            self.assertEqual("NOTHING_TO_CORRECT", result.json()["rows"][0]["reason"])


class Asking(Registry):
    def test_queries_that_name_nothing(self):
        rank = ("--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "-o", "json")
        for arguments, code, reason in ((("rollup", "无名县", "-o", "json"), 3, "UNKNOWN_REGION"), (("rank", "无名县", *rank), 3, "UNKNOWN_REGION"),
                                        (("updates", "--region", "无名县", "-o", "json"), 3, "UNKNOWN_REGION"),
                                        (("rank", "迪庆州", *rank, "--ties", "coin"), 4, "BAD_VALUE"), (("rank", "迪庆州", *rank, "--as-of", "2017-02-30"), 4, "BAD_DATE"),
                                        (("rank", "迪庆州", *rank, "--at-least", "nonsense!"), 4, "BAD_TOKEN"), (("rank", "迪庆州", *rank), 3, "NO_FIGURES"),
                                        (("plan", "show", "没有", "-o", "json"), 3, "UNKNOWN_DOCUMENT")):
            result = self.suite.anju(*arguments)
            self.assertExit(code, result)
            self.assertEqual(reason, result.errors()[0]["reason"], arguments)

    def test_usage(self):
        self.assertExit(64, self.suite.anju("rank", "迪庆州"))
        wrong = self.suite.anju("frobnicate", "-o", "json")
        self.assertExit(64, wrong)
        self.assertEqual("USAGE", wrong.errors()[0]["reason"])
        self.assertExit(64, self.suite.anju())
        self.assertExit(0, self.suite.anju("--help"))


class Servers(SuiteTest):
    def test_a_service_that_does_not_run(self):
        self.suite.load(kinds=("catalogue", "regions"))
        self.suite.services["ranking"].kill()
        result = self.suite.anju("rank", "迪庆州", "--year", "2017", "--programme", "all", "--indicator", "starts", "-o", "json", "--deadline-ms", "2000")
        self.assertExit(6, result)
        self.assertEqual("UNAVAILABLE", result.errors()[0]["reason"])
        self.suite.services["progress"].kill()
        self.assertExit(6, self.suite.anju("report", DATA / "diqing_2017_06.report.csv", "--deadline-ms", "2000"))

    def test_a_directory_in_use(self):
        for name, service in self.suite.services.items():
            upstream = [f"--{u}={s.address}" for u, s in service.upstream.items()]
            second = subprocess.run([BIN / f"anju-{name}", "--data", service.directory, "--listen", "127.0.0.1:0", *upstream], capture_output=True, timeout=30)
            self.assertEqual(70, second.returncode, (name, second))
            self.assertIn(b"DIRECTORY_IN_USE", second.stderr, name)

    def test_only_loopback_without_tls(self):
        result = subprocess.run([BIN / "anju-plan", "--data", self.suite.directory / "other", "--listen", "0.0.0.0:0"], capture_output=True, timeout=30)
        self.assertEqual(64, result.returncode, result)


if __name__ == "__main__":
    unittest.main()
