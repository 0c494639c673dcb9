"""Bulletins: issued once, provable for ever; a changed byte is found; what changed since is told with its causes; a correction names it."""

import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import unittest

from support import BIN, DATA, DIQING, NAMES, SuiteTest, wait_until

TEMPLATE = DATA / "diqing_monthly.bulletin.yaml"
CODE = "diqing-monthly"
JUNE = ("--as-of", "2017-06-30")
FORMS = ("text", "html", "csv", "json")
SEED = 20170705


def figures(content):
    """Every figure of a content by id; `shown` is its text as printed, with what stands around the number."""
    found = {}

    def walk(node):
        if isinstance(node, dict):
            if node.get("figure"):
                found[node["figure"]["id"]] = dict(node["figure"], shown=node.get("text", node["figure"]["printed"]))
            node = node.values()
        if not isinstance(node, str) and hasattr(node, "__iter__"):
            for part in node:
                walk(part)

    walk({key: value for key, value in content.items() if key != "corrects"})
    return found


def changes(before, after):
    """What a reader of the pages reads otherwise, id → (before, after)."""
    before, after = (figures(dict(content, operands=[])) for content in (before, after))
    pairs = {id: (before[id]["shown"] if id in before else "", after[id]["shown"] if id in after else "") for id in before.keys() | after.keys()}
    return {id: pair for id, pair in pairs.items() if pair[0] != pair[1]}


class BulletinTest(SuiteTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.suite.load()
        self.suite.ok("bulletin", "define", TEMPLATE)

    def issue(self, *more, date="2017-07-05", subject=CODE):
        out = self.suite.directory / "issued.json"
        return self.suite.ok("bulletin", "issue", subject, *(JUNE if subject == CODE else ()), "--date", date, *more, "-o", "json", "--out", out).json()

    def draft(self, *more):
        """The record of a new draft and its content."""
        out = self.suite.directory / "draft.json"
        record = self.suite.ok("bulletin", "draft", CODE, *JUNE, *more, "-o", "json", "--out", out).json()
        return record, json.loads(out.read_bytes())["content"]

    def content(self, subject):
        return json.loads(self.suite.ok("bulletin", "show", subject, "-o", "json").out)["content"]

    def forms(self, subject, prefix):
        """The four forms of a bulletin or draft, as files."""
        paths = []
        for form in FORMS:
            paths.append(self.suite.directory / f"{prefix}.{form}")
            self.suite.ok("bulletin", "show", subject, "--form", form, "--out", paths[-1])
        return paths

    def verify(self, *subjects):
        result = self.suite.anju("bulletin", "verify", *subjects, "-o", "json")
        return result, result.json()["bulletins"]

    def assertVerified(self, *subjects):
        result, said = self.verify(*subjects)
        self.assertEqual(0, result.code, repr(result))
        for bulletin in said:
            self.assertTrue(bulletin["verified"], bulletin)
            self.assertEqual(["content", "journal", "journal", "journal", "recompute"], [step["step"] for step in bulletin["steps"]])
            self.assertEqual(["plan", "progress", "ranking"], [step["service"] for step in bulletin["steps"] if step["step"] == "journal"])

    def assertReason(self, code, reason, *command):
        result = self.suite.anju(*command, "-o", "json")
        self.assertEqual((code, reason), (result.code, result.errors()[0]["reason"]), repr(result))
        self.assertTrue(result.errors()[0]["remedy"])
        return result.errors()


class Later(BulletinTest):
    """Ten thousand events after a bulletin was issued."""

    SERIES = [(region, "shantytown.urban", "starts", "2017", "套") for region in ("香格里拉市", "德钦县", "维西县")]
    SERIES += [(region, "all", indicator, "2017", unit) for region in ("香格里拉市", "德钦县", "维西县", "开发区") for indicator, unit in (("completions", "套"), ("investment", "万元"))]
    SERIES += [(region, "public_rental", indicator, year, "套") for region in ("香格里拉市", "德钦县", "维西县", "开发区", "州本级")
               for indicator, year in (("built", ""), ("allotted_total", ""), ("allotment_entries", "2017"), ("allotment_exits", "2017"))]

    def storm(self, seed, rows):
        """Late, corrected and reduced figures of the very series the bulletin shows."""
        rng = random.Random(seed)
        lines, late = [], set()
        for _ in range(rows):
            series = rng.choice(self.SERIES)
            day = rng.choice(("2017-05-31", "2017-06-29", "2017-06-30", "2017-06-30", "2017-07-31"))
            kind = rng.choice(("cumulative", "correction", "correction", "correction", "reduction", "increment"))
            if kind == "cumulative":  # one of a day in a file
                day = f"2017-{rng.randint(1, 6):02}-{rng.randint(1, 28):02}"
                kind = "correction" if (series, day) in late else kind
                late.add((series, day))
            value = rng.randint(1, 5) if kind in ("reduction", "increment") else rng.randint(50, 4000)
            text = "核实后核减" if kind == "reduction" else rng.choice(("", "补报", "更正"))
            lines.append(f"{','.join(series[:4])},{day},{value},{series[4]},{kind},{text},,")
        said = self.suite.report(*lines, source=f"storm-{seed}")
        self.assertEqual(rows, said["accepted"] + said["unchanged"] + said["refused"])
        self.assertGreater(said["accepted"], rows / 2)
        return said["accepted"]

    def change_the_plan(self):
        amended = self.suite.amend(["香格里拉市,shantytown.urban,starts,2017,2100,套,target"], "迪庆州调整〔2017〕1号", DIQING, "2017-05-01")
        self.assertExit(0, amended)
        regions = (DATA / "regions.csv").read_text(encoding="utf-8") + "533499,新设县,533400,county,administrative,2010,,,,9,,\n"
        self.suite.ok("regions", "import", self.suite.file(regions, name="regions.csv"))
        self.assertEqual(0, self.suite.report("新设县,shantytown.urban,starts,2017,2017-06-30,77,套,,,,")["refused"])
        catalogue = (DATA / "catalogue.csv").read_text(encoding="utf-8").rstrip("\n").split("\n")
        extra = dict(zip(catalogue[0].split(","), [""] * 20), type="indicator", code="visits", name="走访", unit="户", scale="0", over_regions="sum", over_time="sum")
        catalogue.append(",".join(extra[column] for column in catalogue[0].split(",")))
        self.suite.ok("catalogue", "import", self.suite.file("\n".join(catalogue) + "\n", name="catalogue.csv"))

    def change_boundaries(self):
        moved = self.suite.boundaries("2018-01-01,move,德钦县,130400,,,,,测试〔2018〕1号,", "2018-02-01,recode,533423,533429,,,维西市,,测试〔2018〕2号,",
                                      "2018-03-01,merge,开发区,香格里拉市,,,,,测试〔2018〕3号,")
        self.assertExit(0, moved)

    def restart(self, number, *names):
        for name in names:
            self.suite.services[name].kill(number)
        for name in NAMES:
            if name in names:
                self.suite.services[name].start()

    def test_a_bulletin_stays_what_it_was(self):
        first = self.issue()
        in_a_later_tree = self.issue("--tree", "2018-06-01")
        self.assertNotEqual(first["number"], in_a_later_tree["number"])
        token = first["basis"]["token"]
        drafted = [path.read_bytes() for path in self.forms(self.draft("--at", token)[0]["draft"], "drafted")]
        issued = self.forms(first["number"], "first")
        kept = [path.read_bytes() for path in issued]

        accepted = self.storm(1, 4000)
        self.restart(signal.SIGKILL, "progress", "aggregator")
        self.change_the_plan()
        accepted += self.storm(2, 4000)
        self.restart(signal.SIGTERM, *NAMES)
        self.change_boundaries()
        accepted += self.storm(3, 2600)
        self.restart(signal.SIGKILL, "ranking", "plan")
        refused = 10600 - accepted
        self.assertGreater(accepted + refused, 10000)

        # The same basis, the same template: the same bytes in every form, though everything has changed since.
        again, _ = self.draft("--at", token)
        self.assertEqual(drafted, [path.read_bytes() for path in self.forms(again["draft"], "again")])
        now, content_now = self.draft()
        self.assertNotEqual(again["sha256"], now["sha256"])
        self.suite.ok("bulletin", "define", self.suite.file(TEMPLATE.read_text(encoding="utf-8").replace("全部开工", "全开工"), name="again.yaml"))
        self.assertEqual(kept, [path.read_bytes() for path in self.forms(first["number"], "later")])
        self.assertVerified(first["number"], *issued, in_a_later_tree["number"])

        self.diff_names_what_changed(first, content_now)
        self.a_later_tree_has_lost_a_county(in_a_later_tree)
        self.a_correction_names_it(first, content_now)

    def diff_names_what_changed(self, first, content_now):
        result = self.suite.anju("bulletin", "diff", first["number"], "-o", "json")
        self.assertExit(2, result)
        said = {change["id"]: (change["before"], change["after"]) for change in result.json()["changes"]}
        self.assertEqual(changes(self.content(first["number"]), content_now), said)
        kinds = {cause["kind"] for change in result.json()["changes"] for cause in change["causes"]}
        self.assertLessEqual({"update", "amendment"}, kinds)
        for change in result.json()["changes"]:
            self.assertTrue(change["causes"] or change["indicator"] == "", change)
            for cause in change["causes"]:
                if cause["kind"] == "update":
                    self.assertTrue(cause["actor"] and cause["source"] and cause["source_sequence"], cause)

    def a_later_tree_has_lost_a_county(self, bulletin):
        result = self.suite.anju("bulletin", "diff", bulletin["number"], "-o", "json")
        self.assertExit(2, result)
        gone = [change for change in result.json()["changes"] if change["region"] == "533422" and change["after"] == ""]
        self.assertTrue(gone)
        self.assertTrue(any(cause["kind"] == "boundary" and cause["event"] == "move" for change in gone for cause in change["causes"]), gone)

    def a_correction_names_it(self, first, content_now):
        out = self.suite.directory / "correction.json"
        correction = self.suite.ok("bulletin", "correct", first["number"], "-o", "json", "--out", out).json()
        self.assertEqual(first["number"], correction["corrects"])
        corrects = json.loads(out.read_bytes())["content"]["corrects"]
        self.assertEqual((first["number"], "2017-07-05", first["sha256"]), (corrects["number"], corrects["date"], corrects["sha256"]))
        self.assertEqual(changes(self.content(first["number"]), content_now), {change["id"]: (change["before"], change["after"]) for change in corrects["changes"]})
        text = self.suite.ok("bulletin", "show", correction["number"]).out
        self.assertIn(first["number"], text)
        listed = {bulletin["number"]: bulletin for bulletin in self.suite.ok("bulletin", "list", "迪庆州", "-o", "json").json()["bulletins"]}
        self.assertEqual([correction["number"]], listed[first["number"]]["corrected_by"])
        self.assertVerified(first["number"], correction["number"], out)
        self.assertReason(4, "NOTHING_TO_CORRECT", "bulletin", "correct", correction["number"])


class Causes(BulletinTest):
    def test_one_corrected_figure(self):
        """Everything that reads otherwise, nothing else, and behind each of it the one correction."""
        issued = self.issue()
        self.assertExit(0, self.suite.anju("bulletin", "diff", issued["number"]))
        self.assertReason(4, "NOTHING_TO_CORRECT", "bulletin", "correct", issued["number"])
        token = self.suite.report("维西县,shantytown.urban,starts,2017,2017-06-30,925,套,correction,补报25套,,")["basis"]["token"]
        result = self.suite.anju("bulletin", "diff", issued["number"], "--at-least", token, "-o", "json")
        self.assertExit(2, result)
        before = figures(self.content(issued["number"]))
        said = {change["id"]: change for change in result.json()["changes"]}
        self.assertEqual(changes(self.content(issued["number"]), self.draft("--at-least", token)[1]), {id: (c["before"], c["after"]) for id, c in said.items()})
        cells = {(before[id]["region"], before[id]["cell"], c["before"], c["after"]) for id, c in said.items() if not id.startswith("x")}
        self.assertLessEqual({("533423", "numerator", "900", "925"), ("533423", "value", "61.02%", "62.71%"), ("533423", "rank", "3", "1"), ("533401", "rank", "1", "2"), ("533422", "rank", "2", "3")},
                             cells)
        for change in said.values():
            self.assertEqual([("update", "533423", "925", "补报25套", "correction")],
                             [(c["kind"], c["region"], c["value"], c["explanation"], c["update_kind"]) for c in change["causes"]], change)
        for language, word in (("C.UTF-8", "补报25套"), ("en_US.UTF-8", "补报25套")):
            self.assertIn(word, self.suite.anju("bulletin", "diff", issued["number"], lang=language).out)
        self.assertExit(2, self.suite.anju("bulletin", "diff", issued["number"], "-o", "csv"))
        # At the bulletin's own basis nothing has changed.
        self.assertExit(0, self.suite.anju("bulletin", "diff", issued["number"], "--at", issued["basis"]["token"]))

    def test_movement_since_a_month_that_was_corrected(self):
        """What was reported late for the month before changes the movement, and stands behind it."""
        self.suite.report("维西县,shantytown.urban,starts,2017,2017-05-31,700,套,,,,")
        source = TEMPLATE.read_text(encoding="utf-8").replace("    annex: yes\n", "    annex: yes\n    since: month\n", 1)
        source = source.replace("开工率排序, cell: rank}", "开工率排序, cell: rank}\n      - {heading: 上月, cell: previous_value}\n      - {heading: 比上月, cell: value_change}", 1)
        self.suite.ok("bulletin", "define", self.suite.file(source, name="movement.yaml"))
        issued = self.issue()
        token = self.suite.report("德钦县,shantytown.urban,starts,2017,2017-05-31,150,套,,补报五月,,")["basis"]["token"]
        result = self.suite.anju("bulletin", "diff", issued["number"], "--at-least", token, "-o", "json")
        self.assertExit(2, result)
        said = {change["id"]: change for change in result.json()["changes"]}
        for id in ("starts.533422.previous_value", "starts.533422.value_change", "starts.total.previous_value"):
            self.assertEqual([("update", "533422", "150", "补报五月")], [(c["kind"], c["region"], c["value"], c["explanation"]) for c in said[id]["causes"]], said[id])
        self.assertVerified(issued["number"])

    def test_a_county_that_is_gone(self):
        """Behind every figure that reads otherwise stands the move, also behind the totals that no longer name the county."""
        issued = self.issue("--tree", "2018-06-01")
        self.assertExit(0, self.suite.boundaries("2018-01-01,move,德钦县,130400,,,,,测试〔2018〕1号,"))
        result = self.suite.anju("bulletin", "diff", issued["number"], "-o", "json")
        self.assertExit(2, result)
        totals = [change for change in result.json()["changes"] if change["id"] in ("starts.total.numerator", "allotment.total.numerator", "completions.total.investment")]
        self.assertEqual(3, len(totals))
        for change in result.json()["changes"]:
            self.assertEqual([("boundary", "move")], [(cause["kind"], cause["event"]) for cause in change["causes"]], change)

    def test_the_region_is_another_name_by_now(self):
        """The template says 迪庆州, which two regions are called since: the bulletin is compared and corrected as that of the region it was."""
        issued = self.issue()
        regions = (DATA / "regions.csv").read_text(encoding="utf-8") + "990000,迪庆州,,province,administrative,1981,,,,1,,\n"
        self.suite.ok("regions", "import", self.suite.file(regions, name="regions.csv"))
        token = self.suite.report("维西县,shantytown.urban,starts,2017,2017-06-30,925,套,correction,补报25套,,")["basis"]["token"]
        self.assertReason(4, "AMBIGUOUS_REGION", "bulletin", "draft", CODE, *JUNE, "--at-least", token)
        self.assertExit(2, self.suite.anju("bulletin", "diff", issued["number"], "--at-least", token))
        correction = self.suite.ok("bulletin", "correct", issued["number"], "--at-least", token, "-o", "json", "--out", self.suite.directory / "c.json").json()
        self.assertEqual("533400", self.content(correction["number"])["region"])
        self.assertVerified(issued["number"], correction["number"])

    def test_a_correction_of_a_correction(self):
        first = self.issue()["number"]
        numbers = [first]
        for value in (925, 910):
            token = self.suite.report(f"维西县,shantytown.urban,starts,2017,2017-06-30,{value},套,correction,核实,,")["basis"]["token"]
            out = self.suite.directory / f"{value}.html"
            record = self.suite.ok("bulletin", "correct", numbers[-1], "--at-least", token, "--form", "html", "--out", out, "-o", "json").json()
            self.assertEqual(numbers[-1], record["corrects"])
            numbers.append(record["number"])
            self.assertVerified(*numbers, out)
        corrects = self.content(numbers[-1])["corrects"]
        self.assertIn(("925", "910"), [(change["before"], change["after"]) for change in corrects["changes"]])
        draft = self.suite.ok("bulletin", "correct", first, "--draft", "-o", "json", "--out", self.suite.directory / "d.json").json()
        self.assertEqual(("", first), (draft["number"], draft["corrects"]))

    def test_the_check_file_of_a_bulletin_is_exact(self):
        issued = self.issue()
        file = self.suite.directory / "bulletin.check.csv"
        self.suite.ok("bulletin", "show", issued["number"], "--form", "csv", "--out", file)
        checked = self.suite.ok("check", file, "-o", "json").json()
        text = json.dumps(checked)
        self.assertRegex(text, r'"exact"')
        for verdict in ("rounding", "error", "not_additive", "note"):
            self.assertFalse(re.search(rf'"verdict": ?"{verdict}"', text), verdict)
        self.assertGreater(sum(1 for figure in figures(self.content(issued["number"])).values() if figure["rule"]), 40)

    def test_a_table_by_its_name(self):
        table = next(iter(self.suite.ok("bulletin", "templates", "-o", "json").json()["templates"][0]["tables"]))
        by_name = self.suite.rank("迪庆州", "--table", f"{CODE}/{table}", *JUNE)
        self.assertEqual(["62.05", "61.20", "61.02"], [row["value"] for row in by_name["rows"]])
        self.assertEqual("2017", by_name["definition"]["year"])
        self.assertReason(4, "UNKNOWN_CELL", "rank", "迪庆州", "--table", f"{CODE}/absent", *JUNE)
        self.assertReason(3, "UNKNOWN_TEMPLATE", "rank", "迪庆州", "--table", "absent/starts", *JUNE)
        self.assertReason(64, "USAGE", "rank", "迪庆州")
        self.assertReason(64, "USAGE", "rank", "迪庆州", "--table", f"{CODE}/{table}", "--year", "2017")


class Tampered(BulletinTest):
    def test_a_changed_byte_of_a_file(self):
        issued = self.issue()
        rng = random.Random(SEED)
        directory = self.suite.directory / "flipped"
        directory.mkdir()
        files, wholes = [], self.forms(issued["number"], "whole")
        for form, whole in zip(FORMS, wholes):
            whole = whole.read_bytes()
            for at in rng.sample(range(len(whole)), 320 if form == "json" else 60):
                flipped = bytearray(whole)
                flipped[at] ^= 1 << rng.randrange(8)
                files.append(directory / f"{form}-{at}")
                files[-1].write_bytes(flipped)
            for name, bytes in ((f"{form}-shorter", whole[:-1]), (f"{form}-longer", whole + b"\n"), (f"{form}-empty", b""), (f"{form}-twice", whole + whole)):
                files.append(directory / name)
                files[-1].write_bytes(bytes)
        result, said = self.verify(*wholes, *files)
        self.assertIn(result.code, (2, 3), result.code)
        self.assertEqual([True] * 4 + [False] * len(files), [bulletin["verified"] for bulletin in said], [b["argument"] for b in said[4:] if b["verified"]])
        self.assertLessEqual({step["reason"] for bulletin in said[4:] for step in bulletin["steps"] if not step["ok"]}, {"TAMPERED", "UNKNOWN_BULLETIN"})
        # A figure somebody made a little nicer: the line is named.
        nicer = self.suite.file((self.suite.directory / "whole.text").read_text(encoding="utf-8").replace("61.02", "61.20", 1), name="nicer.txt")
        result = self.suite.anju("bulletin", "verify", nicer, "-o", "json")
        self.assertExit(2, result)
        self.assertEqual("TAMPERED", result.errors()[0]["reason"])
        self.assertGreater(result.errors()[0]["line"], 0)
        self.assertIn("61.20", result.errors()[0]["value"])
        self.assertIn("61.02", result.errors()[0]["value"])

    def test_nothing_raw_reaches_a_terminal(self):
        evil = self.suite.file("\x1b]0;evil\x07\x1b[31m anju \x9b", name="evil.txt")
        for output in ("table", "json", "csv"):
            result = self.suite.anju("bulletin", "verify", evil, "迪\x1b[2J", "-o", output)
            self.assertNotEqual(0, result.code)
            self.assertNotIn("\x1b", result.out + result.err)

    def records(self, journal):
        """Where the blocks of a stored journal lie: (file, begin, end) of the event bytes and headers."""
        places = []
        for file in sorted(journal.iterdir()):
            data = file.read_bytes() if file.suffix in (".sst", ".log") else b""
            for match in re.finditer(rb"ANJB\x01\x01\x00\x00", data):
                length = int.from_bytes(data[match.start() + 20:match.start() + 24], "little")
                places.append((file.name, match.start(), min(match.start() + 128 + length, len(data))))
        return places

    def test_a_changed_byte_of_a_journal(self):
        number = self.issue()["number"]
        self.assertVerified(number)
        rng = random.Random(SEED)
        for name in ("plan", "progress", "ranking"):
            service = self.suite.services[name]
            service.kill(signal.SIGTERM)
            kept = self.suite.directory / f"{name}.kept"
            shutil.copytree(service.directory, kept)
            places = self.records(service.directory / "journal")
            self.assertTrue(places, name)
            for _ in range(5):
                file, begin, end = rng.choice(places)
                at = rng.randrange(begin, end)
                with open(service.directory / "journal" / file, "r+b") as stored:
                    stored.seek(at)
                    byte = stored.read(1)[0]
                    stored.seek(at)
                    stored.write(bytes([byte ^ 1 << rng.randrange(8)]))
                try:
                    service.start()
                except AssertionError:
                    service.process.stdout.close()  # it found the damage itself and does not serve
                result = self.suite.anju("bulletin", "verify", number, "-o", "json", "--deadline-ms", "5000")
                self.assertNotEqual(0, result.code, (name, file, at))
                self.assertFalse(result.json()["bulletins"][0]["verified"], (name, file, at))
                self.assertIn(result.code, (6, 70), (name, file, at, repr(result)))
                if service.process.poll() is None:
                    service.kill()
                shutil.rmtree(service.directory)
                shutil.copytree(kept, service.directory)
            service.start()
        self.assertVerified(number)

    def test_a_journal_that_ends_before_the_basis(self):
        progress = self.suite.services["progress"]
        progress.kill(signal.SIGTERM)
        old = self.suite.directory / "old"
        shutil.copytree(progress.directory, old)
        progress.start()
        token = self.suite.report("维西县,shantytown.urban,starts,2017,2017-06-30,925,套,correction,补报25套,,")["basis"]["token"]
        number = self.issue("--at-least", token)["number"]
        self.assertVerified(number)
        progress.kill(signal.SIGTERM)
        shutil.rmtree(progress.directory)
        shutil.copytree(old, progress.directory)
        progress.start()
        for more in ((), ("--quick",)):
            errors = self.assertReason(3, "UNKNOWN_BASIS", "bulletin", "verify", number, *more)
            self.assertRegex(errors[0]["value"], r"^progress \d+ > \d+$")
        progress.kill()
        self.assertReason(6, "UNAVAILABLE", "bulletin", "verify", number)

    def test_it_leaves_nothing_behind(self):
        number = self.issue()["number"]
        temporary = self.suite.directory / "tmp"
        temporary.mkdir()
        env = dict(self.suite.env(), TMPDIR=str(temporary))
        self.assertEqual(0, subprocess.run([BIN / "anju", "bulletin", "verify", number], env=env, capture_output=True, timeout=60).returncode)
        self.assertEqual([], list(temporary.iterdir()))
        # Interrupted while its own services start, run and end: they and their directory go too.
        for moment in range(16):
            process = subprocess.Popen([BIN / "anju", "bulletin", "verify", number], env=env, stdout=subprocess.DEVNULL)
            if moment % 2 == 0:
                wait_until(lambda: process.poll() is not None or any(temporary.iterdir()), what="its directory")
                time.sleep(0.025 * moment)
            process.send_signal(signal.SIGTERM if moment % 4 < 2 else signal.SIGINT)
            self.assertIn(process.wait(10), (0, 130, 143, -signal.SIGTERM, -signal.SIGINT))
            self.assertEqual([], list(temporary.iterdir()))
        self.assertEqual([], [line for line in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.splitlines() if str(temporary) in line])


class BadInput(BulletinTest):
    def refused_template(self, text, reason, line=None, change=None):
        source = TEMPLATE.read_text(encoding="utf-8")
        changed = change(source) if change else source + text
        self.assertNotEqual(source, changed)
        file = self.suite.file(changed, name="bad.yaml")
        result = self.suite.anju("bulletin", "define", file, "-o", "json")
        self.assertExit(4, result)
        error = next((error for error in result.errors() if error["reason"] == reason), None)
        self.assertIsNotNone(error, repr(result))
        self.assertGreater(error["line"], 0)
        self.assertTrue(error["remedy"])
        return error

    def test_templates(self):
        body = lambda line: lambda source: source.replace("body:\n", "body:\n  - text: " + line + "\n", 1)
        line = TEMPLATE.read_text(encoding="utf-8").split("\n").index("body:") + 2
        self.assertEqual(line, self.refused_template("", "UNKNOWN_CELL", change=body("开工{absent.total.value}%"))["line"])
        self.assertEqual(line, self.refused_template("", "UNBOUND_NUMBER", change=body("开工2294套"))["line"])
        self.assertEqual(line, self.refused_template("", "BAD_TEMPLATE", change=body("开工{starts.total"))["line"])
        self.assertEqual(4, self.refused_template("", "UNKNOWN_REGION", change=lambda source: source.replace("region: 迪庆州", "region: 无此州", 1))["line"])
        names = self.refused_template("", "UNKNOWN_REGION", change=lambda source: source.replace("names: {533423:", "names: {维西傈僳族自治县:", 1))
        self.assertEqual("维西傈僳族自治县", names["value"])
        error = self.refused_template("", "BAD_TEMPLATE", change=lambda source: source.replace("body:\n", "body:\n  - text: 开工｛starts.total.value｝%\n", 1))
        self.assertRegex(error["message"], "全角")
        self.assertRegex(self.refused_template("\nregion: 迪庆州\n", "BAD_TEMPLATE")["message"], "出现两次")
        self.refused_template("\nnonsense: [\n", "BAD_TEMPLATE")
        self.refused_template("\nunknown_key: 甲\n", "BAD_TEMPLATE")
        self.assertExit(2, self.suite.anju("bulletin", "define", self.suite.file(TEMPLATE.read_text(encoding="utf-8") + "\n# 又一版\n", name="b.yaml"), "--dry-run"))
        self.assertExit(0, self.suite.anju("bulletin", "define", TEMPLATE, "--dry-run"))
        # Written in GB18030 it is the same template; bytes that are neither are told with their line.
        text = TEMPLATE.read_text(encoding="utf-8")
        self.assertExit(0, self.suite.anju("bulletin", "define", self.suite.file(text, encoding="gb18030", name="gb.yaml"), "--dry-run"))
        self.assertReason(4, "BAD_ENCODING", "bulletin", "define", self.suite.file(b"template: a\nregion: \xff\xff\xff\n", name="bytes.yaml"))
        self.assertReason(3, "FILE_NOT_FOUND", "bulletin", "define", "/absent.yaml")
        self.assertReason(3, "UNKNOWN_TEMPLATE", "bulletin", "template", "absent")
        self.assertReason(3, "UNKNOWN_TEMPLATE", "bulletin", "template", CODE, "--version", "9")
        self.assertReason(3, "UNKNOWN_TEMPLATE", "bulletin", "draft", "absent", *JUNE)
        self.assertEqual(TEMPLATE.read_bytes().decode(), self.suite.ok("bulletin", "template", CODE).out)

    def test_a_region_that_is_no_row(self):
        source = TEMPLATE.read_text(encoding="utf-8").replace("body:\n", "body:\n  - text: 昆明{starts.昆明市.value}%\n", 1).replace(f"template: {CODE}", "template: other", 1)
        table = self.suite.ok("bulletin", "templates", "-o", "json").json()["templates"][0]["tables"][0]
        defined = self.suite.anju("bulletin", "define", self.suite.file(source.replace("{starts.昆明", "{" + table + ".昆明"), name="other.yaml"), "-o", "json")
        result = defined if defined.code else self.suite.anju("bulletin", "draft", "other", *JUNE, "-o", "json")
        self.assertExit(4, result)
        self.assertEqual("UNKNOWN_CELL", result.errors()[0]["reason"], repr(result))
        self.assertGreater(result.errors()[0]["line"], 0)

    def test_issuing(self):
        draft, _ = self.draft()
        name = draft["draft"]
        for bad in ((name, "--date", "2017-06-29"), (name, "--date", "2999-01-01"), (name, "--date", "x"), (name, "--number", "x" * 101), (name, "--number", "甲\x1b[1m"),
                    (name, "--number", name), (name, "--number", "甲\u202e号")):
            self.assertExit(4, self.suite.anju("bulletin", "issue", *bad))
        issued = self.issue(subject=name)
        self.assertReason(5, "BULLETIN_CONFLICT", "bulletin", "issue", name)
        again, _ = self.draft()
        self.assertReason(5, "BULLETIN_CONFLICT", "bulletin", "issue", again["draft"], "--number", issued["number"])
        self.assertReason(3, "UNKNOWN_BULLETIN", "bulletin", "issue", "D999")
        self.assertReason(3, "UNKNOWN_BULLETIN", "bulletin", "show", "D999")
        for command in ("show", "verify", "diff", "correct"):
            self.assertReason(3, "UNKNOWN_BULLETIN", "bulletin", command, "没有〔2017〕9号")
        self.assertReason(64, "USAGE", "bulletin", "issue", CODE)
        self.assertReason(64, "USAGE", "bulletin", "show", name, "--form", "pdf")
        drafted = self.forms(again["draft"], "drafted")
        errors = self.assertReason(3, "UNKNOWN_BULLETIN", "bulletin", "verify", drafted[0])
        self.assertIn("草稿，尚未印发", errors[0]["message"])
        printed = self.suite.file(b"%PDF-1.4\n", name="printed.pdf")
        self.assertIn("文号验证", self.assertReason(4, "BAD_VALUE", "bulletin", "verify", printed)[0]["message"])

    def test_figures_that_moved_after_the_draft(self):
        draft, content = self.draft()
        token = self.suite.report("维西县,shantytown.urban,starts,2017,2017-06-30,925,套,correction,补报25套,,")["basis"]["token"]
        self.suite.rank("迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "--at-least", token)
        errors = self.assertReason(5, "DRAFT_OUTDATED", "bulletin", "issue", draft["draft"])
        self.assertIn("→", errors[0]["value"])
        self.assertIn("--as-drafted", errors[0]["remedy"])
        issued = self.issue("--as-drafted", subject=draft["draft"])
        self.assertEqual({}, changes(content, self.content(issued["number"])))
        self.assertVerified(issued["number"])
        # Whoever chose the basis knows that there is more.
        chosen, same = self.draft("--at", draft["basis"]["token"])
        self.assertEqual(content, same, "the same basis is the same content, with the hashes of the journals' heads")
        self.assertTrue(all(len(head["hash"]) == 64 for head in same["basis"]), same["basis"])
        self.assertEqual(draft["basis"]["token"], self.issue(subject=chosen["draft"])["basis"]["token"])

    def test_before_anybody_has_reported(self):
        """In January one table has no rows yet; of a year that nobody knows there is no bulletin."""
        text = self.suite.ok("bulletin", "draft", CODE, "--as-of", "2017-01-31").out
        self.assertIn("货币化安置暂无", re.sub(r"\s", "", text))
        errors = self.assertReason(3, "NO_FIGURES", "bulletin", "draft", CODE, "--as-of", "2009-01-31")
        self.assertGreater(errors[0]["line"], 0)

    def test_no_chromium(self):
        draft, _ = self.draft()
        env = dict(self.suite.env(), ANJU_CHROMIUM="/absent")
        result = subprocess.run([BIN / "anju", "bulletin", "show", draft["draft"], "--form", "pdf", "--out", self.suite.directory / "x.pdf", "-o", "json"], env=env, capture_output=True)
        self.assertEqual(6, result.returncode)
        self.assertEqual("PDF_UNAVAILABLE", json.loads(result.stderr)["errors"][0]["reason"])


if __name__ == "__main__":
    unittest.main()
