"""`anju check` on the four real documents and on bad files."""

import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest
from fractions import Fraction

from support import BIN, DATA, Result

FILES = ("zhengzhou_2017", "diqing_2017_06", "handan_2011_2015", "shangrao_2023")
WRONG = ("error", "not_additive")

# What 邯郸's plan gets wrong: place, row, column, printed and computed figure.
HANDAN_WRONG = {
    ("第十六条", "合计", "套数", "13640", "12134"),
    ("第七条 1", "国有煤矿棚户区改造 2011-2015", "建筑面积", "214.94", "214.91"),
    ("第十五条", "廉租住房", "净用地面积", "6.95", "4.56"),
    ("第十五条", "廉租住房", "毛用地面积", "8.56", "8.69"),
    ("第十四条", "普通商品房配建用地", "毛用地面积", "3.09", "3.125"),
    ("第十五条", "限价商品住房", "净用地面积", "8.19", "7.97"),
    ("第七条 3", "合计", "投资", "246111", "246110"),
    ("第七条 3", "经济适用住房", "投资", "6825", "6824"),
    ("第七条 4", "合计", "容积率", "19.6", "19.6"),
}


def path(name):
    return DATA / f"{name}.check.csv"


def anju(*arguments, stdin=None):
    env = dict(os.environ, LANG="C.UTF-8")
    return Result(subprocess.run([str(BIN / "anju"), "check", *map(str, arguments)], input=stdin, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 timeout=60))


class Documents(unittest.TestCase):
    def check(self, name, code):
        result = anju(path(name), "-o", "json")
        self.assertEqual(code, result.code, repr(result)[:2000])
        self.assertEqual("", result.err)
        return result.json()

    def test_zhengzhou_and_shangrao_have_no_finding(self):
        for name in ("zhengzhou_2017", "shangrao_2023"):
            report = self.check(name, 0)
            self.assertEqual([], report["findings"])
            self.assertGreater(report["checked"], 15)
            self.assertEqual(report["checked"], report["exact"])

    def test_diqing_has_one_rounding(self):
        report = self.check("diqing_2017_06", 0)
        self.assertEqual([("95.13", "95.1376", "rounding")], [(f["printed"], f["computed"], f["verdict"]) for f in report["findings"]])
        self.assertIn("德钦县", report["findings"][0]["place"])
        self.assertEqual(report["checked"] - 1, report["exact"])

    def test_handan_has_exactly_nine_wrong_cells(self):
        report = self.check("handan_2011_2015", 2)
        wrong = [f for f in report["findings"] if f["verdict"] in WRONG]
        left = set(HANDAN_WRONG)
        for finding in wrong:
            printed, computed = finding["printed"], Fraction(finding["computed"])
            match = [w for w in left if finding["place"].startswith(w[0]) and w[1] in finding["place"] and w[2:4] == (finding["label"], printed)]
            self.assertEqual(1, len(match), finding)
            # The list gives as many digits as the document prints; the command gives two more.
            self.assertLessEqual(abs(computed - Fraction(match[0][4])), Fraction(1, 2 * 10 ** len(match[0][4].partition(".")[2])), finding)
            left.remove(match[0])
        self.assertEqual(set(), left)
        self.assertEqual((9, 8, 1), (report["wrong_cells"], report["errors"], report["not_additive"]))
        self.assertEqual({"error", "not_additive", "rounding", "note"}, {f["verdict"] for f in report["findings"]})
        self.assertEqual(report["checked"], report["exact"] + len(report["findings"]))
        # Errors come first; where another relation of the cell fits, it is named.
        self.assertTrue(all(f["verdict"] in WRONG for f in report["findings"][:9]))
        coal = next(f for f in wrong if f["printed"] == "214.94")
        self.assertIn("sum(c_coal_area_2011 c_coal_area_1215)", coal["fits"])
        net, gross = (next(f for f in wrong if f["printed"] == printed) for printed in ("6.95", "8.56"))
        self.assertEqual(("4.5643", "8.6875"), (net["computed"], gross["computed"]))

    def test_all_four_in_one_run(self):
        files = [path(name) for name in FILES]
        result = anju(*files, "-o", "json")
        report = result.json()
        self.assertEqual(2, result.code)
        self.assertEqual([str(file) for file in files], [one["file"] for one in report["files"]])
        self.assertEqual(report["checked"], sum(one["checked"] for one in report["files"]))
        self.assertEqual({str(path("handan_2011_2015")), str(path("diqing_2017_06"))}, {f["file"] for f in report["findings"]})

    def test_people_read_places_and_sentences(self):
        text = anju(path("handan_2011_2015"), "--lang", "zh")
        self.assertEqual(2, text.code)
        self.assertIn("印作 13640 套，应为 12134 套，差 1506", text.out)
        self.assertIn("差错（9 格）", text.out)
        self.assertIn("但与此相符：", text.out)
        self.assertIn("印作 19.6，是相加所得 19.6：容积率不可相加", text.out)
        self.assertLess(text.out.index("差错（9 格）"), text.out.index("尾差（"))
        self.assertNotRegex(text.out, r"\b[a-z]+\d*_[a-z0-9_]+\b(?<!handan_2011_2015)", "no ids of the check file")
        english = anju(path("handan_2011_2015"), "--lang", "en")
        self.assertIn("printed 13640 套, should be 12134 套, off by 1506", english.out)
        self.assertIn("Wrong cells: 9 (8 differ, 1 add what does not add)", english.out)
        self.assertIn("尾差", anju(path("diqing_2017_06"), "--lang", "zh").out)

    def test_csv_has_a_row_for_every_finding(self):
        rows = anju(path("handan_2011_2015"), "-o", "csv").out.splitlines()
        self.assertEqual("file,line,id,place,label,printed,computed,unit,verdict,rule,fits", rows[0])
        self.assertEqual(len(self.check("handan_2011_2015", 2)["findings"]), len(rows) - 1)

    def test_chinese_headers_and_gb18030_say_the_same(self):
        text = path("handan_2011_2015").read_text(encoding="utf-8").replace("id,place,label,printed,unit,should_be", "编号,出处,指标,印出,单位,应为", 1)
        whole = self.check("handan_2011_2015", 2)
        with tempfile.TemporaryDirectory() as directory:
            for encoding, bom in (("gb18030", b""), ("utf-8", b"\xef\xbb\xbf")):
                file = pathlib.Path(directory) / "file.csv"
                file.write_bytes(bom + text.encode(encoding))
                self.assertEqual(whole, anju(file, "-o", "json").json())
        self.assertEqual(whole, anju("-", "-o", "json", stdin=text.encode()).json())

    def test_is_fast(self):
        spent = []
        for _ in range(10):
            begin = time.monotonic()
            anju(path("handan_2011_2015"), "-o", "json")
            spent.append(time.monotonic() - begin)
        print(f"\ncheck of handan: {min(spent) * 1000:.0f} ms at best, process and all")
        self.assertLess(min(spent), 0.1)


HEADER = "id,place,label,printed,unit,should_be\n"


class BadFiles(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="anju-check-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def file(self, text, name="file.csv"):
        file = self.directory / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def refused(self, text, errors, code=4, lang="zh"):
        """Errors as (reason, line, field, value); nothing on standard output."""
        file = self.file(text)
        for output in ("json", "table", "csv"):
            result = anju(file, "-o", output, "--lang", lang)
            self.assertEqual(code, result.code, repr(result))
            self.assertEqual("", result.out)
            for reason, line, _, _ in errors:
                self.assertIn(reason, result.err)
                self.assertIn(f":{line}:" if output != "json" else f'"line": {line}', result.err)
        got = anju(file, "-o", "json", "--lang", lang).errors()
        self.assertEqual(errors, [(e["reason"], e["line"], e["field"], e["value"]) for e in got])
        for error in got:
            self.assertTrue(error["message"] and error["remedy"] and error["file"] == str(file), error)
        return got

    def test_unknown_ids_and_malformed_relations(self):
        rows = "a,表,x,1,套,sum(b c nothing)\nb,表,x,1,套,a+c\nc,表,x,1,套,sum(a b\nd,表,x,1,套,a/0;=b;\n"
        got = self.refused(HEADER + rows, [("UNKNOWN_ID", 2, "should_be", "nothing"), ("BAD_RELATION", 3, "should_be", "a+c"), ("BAD_RELATION", 4, "should_be", "sum(a b"),
                                           ("BAD_RELATION", 5, "should_be", "a/0"), ("BAD_RELATION", 5, "should_be", "")])
        self.assertIn("除以零", got[3]["message"])

    def test_cycles(self):
        self.refused(HEADER + "a,表,x,,套,=b\nb,表,x,,套,c-d\nc,表,x,,套,=a\nd,表,x,1,套,\n", [("RELATION_CYCLE", 2, "should_be", "a → b → c → a")])
        self.refused(HEADER + "a,表,x,5,套,sum(a b)\nb,表,x,1,套,\n", [("RELATION_CYCLE", 2, "should_be", "a")])

    def test_mixed_units(self):
        rows = "a,表,x,1,套,\nb,表,x,1,万元,\nr,表,名次,1,名次,rank(desc a b)\ns,表,x,2,套,sum(a b)\n"
        got = self.refused(HEADER + rows, [("MIXED_UNITS", 4, "should_be", "rank(desc a b)"), ("MIXED_UNITS", 5, "should_be", "sum(a b)")])
        self.assertIn("万元", got[0]["message"])

    def test_text_in_numbers(self):
        rows = 'a,表,x,约100,套,\nb,表,x,"1,200",套,\nc,表,x,１２,套,\nd,表,x,1e3,套,\ne,表,x,12.,套,\nf,表,x,007,套,\ng,表,x,+5,套,\n'
        values = ("约100", "1,200", "１２", "1e3", "12.", "007", "+5")
        self.refused(HEADER + rows, [("BAD_NUMBER", line, "printed", value) for line, value in enumerate(values, 2)])
        self.refused(HEADER + "a,表,x,1234567890123456789,套,\nb,表,x,0.123456789,套,\n",
                     [("NUMBER_TOO_LARGE", 2, "printed", "1234567890123456789"), ("NUMBER_TOO_FINE", 3, "printed", "0.123456789")])

    def test_ids_and_units(self):
        self.refused(HEADER + "a,表,x,1,套,\na,表,x,1,套,\n1a,表,x,1,亩,\n,表,x,1,套,\n",
                     [("DUPLICATE_ROW", 3, "id", "a"), ("BAD_CODE", 4, "id", "1a"), ("UNKNOWN_UNIT", 4, "unit", "亩"), ("MISSING_FIELD", 5, "id", "")])

    def test_arithmetic_that_cannot_stay_exact(self):
        rows = ["a,表,x,999999.99999999,㎡,", "q,表,y,0.99999989,,", "c0,表,x,,㎡,a/q"] + [f"c{i},表,x,,㎡,c{i - 1}/q" for i in range(1, 9)] + ["z,表,x,1.0,㎡,=c8"]
        result = anju(self.file(HEADER + "\n".join(rows) + "\n"), "-o", "json")
        self.assertEqual((4, ""), (result.code, result.out))
        self.assertEqual({("NUMBER_TOO_LARGE", "should_be")}, {(e["reason"], e["field"]) for e in result.errors()})

    def test_files(self):
        self.refused("id,place,printed,unit,rule\n", [("BAD_HEADER", 1, "", "rule"), ("BAD_HEADER", 1, "label", "")])
        self.refused(HEADER + "a,表,x,1\n", [("BAD_CSV", 2, "", "")])
        for text, reason in ((HEADER, "EMPTY_REQUEST"), ("", "BAD_HEADER"), (HEADER.encode() + b"a,\xff\xff,x,1,,\n", "BAD_ENCODING"),
                             (HEADER + "".join(f"a{i},,,1,,\n" for i in range(100_001)), "TOO_MANY_ROWS")):
            result = anju(self.file(text), "-o", "json")
            self.assertEqual((4, "", reason), (result.code, result.out, result.errors()[0]["reason"]), repr(result)[:500])

    def test_missing_files_and_wrong_usage(self):
        result = anju(self.directory / "nowhere.csv", "-o", "json")
        self.assertEqual((3, "", "FILE_NOT_FOUND"), (result.code, result.out, result.errors()[0]["reason"]))
        self.assertEqual((3, ""), (anju(self.directory).code, anju(self.directory).out))
        self.assertEqual(64, anju().code)

    def test_one_bad_file_among_several_stops_them_all(self):
        bad, worse = self.file(HEADER + "a,,x,abc,,\n", "bad.csv"), self.file(HEADER + "a,,x,1,,\nb,,x,1,,=c\n", "worse.csv")
        result = anju(path("diqing_2017_06"), bad, worse, "-o", "json")
        self.assertEqual((4, ""), (result.code, result.out))
        self.assertEqual([(str(bad), "BAD_NUMBER", 2), (str(worse), "UNKNOWN_ID", 3)], [(e["file"], e["reason"], e["line"]) for e in result.errors()])

    def test_the_catalogue_can_be_another_one(self):
        table = self.file(HEADER + "a,表,亩产,300,斤,\nb,表,亩产,0.4,千斤,\nt,表,亩产,0.7,千斤,sum(a b)\n")
        self.assertEqual("UNKNOWN_UNIT", anju(table, "-o", "json").errors()[0]["reason"])
        header = "type,code,name,unit,scale,units_accepted,over_regions\n"
        adds = self.file(header + "indicator,yield,亩产,斤,0,千斤=1000,sum\n", "adds.csv")
        self.assertEqual(0, anju(table, "--catalogue", adds).code)
        other = self.file(header + "indicator,yield,亩产,斤,0,千斤=1000,none\n", "not.csv")
        result = anju(table, "--catalogue", other, "-o", "json")
        self.assertEqual((2, "not_additive"), (result.code, result.json()["findings"][0]["verdict"]))
        broken = self.file(header + "indicator,a,甲,斤,0,千斤=1000,sum\nindicator,b,乙,斤,0,千斤=500,sum\n", "broken.csv")
        result = anju(table, "--catalogue", broken, "-o", "json")
        self.assertEqual((4, [("BROKEN_CATALOGUE", 3, str(broken))]), (result.code, [(e["reason"], e["line"], e["file"]) for e in result.errors()]))
        self.assertEqual(3, anju(table, "--catalogue", self.directory / "nowhere.csv").code)

    def test_a_thousand_parts_fit_into_a_relation_and_a_file_has_a_limit_of_them(self):
        ids = [f"somewhere_far_away_{i}_starts" for i in range(1_001)]
        rows = HEADER + "".join(f"{name},,x,1,套,\n" for name in ids)
        self.assertEqual(0, anju(self.file(rows + f"t,,x,1000,套,sum({' '.join(ids[:1_000])})\n")).code)
        self.refused(rows + f"t,,x,1001,套,sum({' '.join(ids)})\n", [("BAD_RELATION", 1_003, "should_be", f"sum({' '.join(ids)})"[:200])])
        short = [f"{a}{b}" for a in "abcdefghijklmnopqrstuvwxyz" for b in range(40)][:1_000]
        rows = HEADER + "".join(f"{name},,x,1,套,\n" for name in short) + "".join(f"t{i}_,,y,1000,套,sum({' '.join(short)})\n" for i in range(2_001))
        result = anju(self.file(rows), "-o", "json")
        self.assertEqual((4, ""), (result.code, result.out))
        self.assertEqual([("BAD_RELATION", 3_002)], [(e["reason"], e["line"]) for e in result.errors()])
        self.assertIn("2000000", result.errors()[0]["message"])

    def test_faults_of_the_csv_read_in_chinese(self):
        for text, words in ((HEADER + "a," + "x" * 65_537 + ",x,1,套,\n", "第 2 行有一栏长于 65536 字节"), (HEADER + "a,p\0,x,1,套,\n", "第 2 行含有空字符"),
                            (HEADER + 'a,p"q"r,x,1,套,\n', "第 2 行的引号没有成对"), (HEADER + 'a,"p,x,1,套,\n', "第 2 行的引号没有闭合")):
            result = anju(self.file(text), "--lang", "zh")
            self.assertEqual((4, ""), (result.code, result.out))
            self.assertIn(words, result.err)
            self.assertIn(":2:", result.err)

    def test_line_ends_inside_a_spreadsheet_cell_break_no_sentence(self):
        result = anju(self.file(HEADER + 'a,"表\n甲",x,1,套,\nb,"表\r\n乙","x\ny",3,套,sum(a)\n'), "--lang", "zh")
        self.assertIn(" 1. 表 乙 x y（第 4 行）\n", result.out)
        self.assertIn("各项之和：甲 x（1）\n", result.out)

    def test_the_summary_says_only_what_is_there(self):
        result = anju(self.file(HEADER + "a,表,x,1,套,\nb,表,y,3,套,sum(a)\n"), "--lang", "zh")
        self.assertIn("差错在 1 格上。", result.out)
        self.assertNotIn("不可相加", result.out)

    def test_ten_thousand_errors_are_cut_at_a_hundred(self):
        result = anju(self.file(HEADER + "".join(f"a{i},,x,abc,,\n" for i in range(10_000))), "-o", "json")
        self.assertEqual((4, 100), (result.code, len(result.errors())))

    def test_damaged_files_never_crash(self):
        """Bytes of a real file replaced, removed and repeated at random: judged or refused, never a crash or a hang."""
        seed = int(os.environ.get("ANJU_TEST_SEED", time.time_ns() % 1_000_000))
        rng = random.Random(seed)
        whole = path("diqing_2017_06").read_bytes()
        files = []
        for number in range(200):
            damaged = bytearray(whole)
            for _ in range(rng.randint(1, 6)):
                at = rng.randrange(len(damaged))
                length = rng.choice((1, 1, 2, 30))
                piece = rng.choice((b"", bytes([rng.randrange(256)]), bytes(damaged[at:at + length]) * 2, rng.choice((b";", b",", b"sum(", b"/0", b"-", b"99999999", b"\n"))))
                damaged[at:at + length] = piece
            files.append(self.file(bytes(damaged), f"{number}.csv"))
        result = anju(*files, "-o", "json")
        self.assertEqual((4, ""), (result.code, result.out), f"seed {seed}")
        refused = {error["file"] for error in result.errors()}
        kept = [file for file in files if str(file) not in refused]
        for file in kept[:20]:  # the list is cut at a hundred errors, so some of these are refused too
            self.assertIn(anju(file, "-o", "json").code, (0, 2, 4), f"seed {seed} {file}")


if __name__ == "__main__":
    unittest.main()
