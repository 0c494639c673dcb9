"""`anju verify DIR`: a whole suite's data proved offline; a changed byte named or shown harmless; a lying aggregator found; nothing on the disk changed."""

import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import unittest

from support import BIN, DATA, DIQING, NAMES, Suite

FLIPS = int(os.environ.get("ANJU_VERIFY_FLIPS", "40"))
SEED = 20170705


def verify(directory, *more, lang="C.UTF-8"):
    completed = subprocess.run([str(BIN / "anju"), "verify", str(directory), *more], env=dict(os.environ, LANG=lang), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    return completed.returncode, completed.stdout.decode(), completed.stderr.decode()


def digests(directory):
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(pathlib.Path(directory).rglob("*")) if path.is_file()}


class VerifyTest(unittest.TestCase):
    """One suite with all that there is: the four documents, an amendment, boundary changes, reviews, corrections, two bulletins."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.suite = suite = Suite()
        cls.addClassCleanup(suite.close)
        suite.load()
        suite.ok("bulletin", "define", DATA / "diqing_monthly.bulletin.yaml")
        issue = ("bulletin", "issue", "diqing-monthly", "--as-of", "2017-06-30", "-o", "json", "--out", suite.directory / "issued.json")
        cls.number = suite.ok(*issue, "--date", "2017-07-05").json()["number"]
        assert suite.amend(["维西县,shantytown.urban,starts,2017,1500,套,target"], "迪庆州调整〔2017〕1号", DIQING, "2017-09-01").code == 0
        suite.report("维西县,shantytown.urban,starts,2017,2017-06-30,925,套,correction,核实,,", "维西县,shantytown.urban,starts,2017,2017-06-30,-5,套,,,,", source="verify")
        suite.report("德钦县,shantytown.urban,starts,2017,2017-07-31,3,套,reduction,退出,,", source="verify-2")
        assert suite.anju("review", "reviewed", "维西县", "--office", "迪庆州", "-o", "json").code == 0
        changed = suite.boundaries("2018-01-01,move,德钦县,130400,,,,,测试〔2018〕1号,", "2018-02-01,recode,533423,533429,,,维西市,,测试〔2018〕2号,", "2018-03-01,merge,开发区,香格里拉市,,,,,测试〔2018〕3号,")
        assert changed.code == 0, changed
        cls.second = suite.ok(*issue, "--date", "2017-08-05").json()["number"]
        cls.dump = suite.dump()
        # The tables of half of it, the log of the rest: a restart writes what was logged into tables.
        for name in NAMES:
            suite.services[name].kill(signal.SIGTERM)
            suite.services[name].start()
        suite.report("香格里拉市,shantytown.urban,starts,2017,2017-07-31,1300,套,,,,", source="verify-3")
        cls.later = suite.dump(suite.ok("report", suite.file("region,programme,indicator,plan_year,as_of,value,unit\n德钦县,all,completions,2017,2017-07-31,9,套\n"), "-o", "json").json()["basis"]["token"])
        cls.in_use = verify(suite.directory, "-o", "json")
        for name in reversed(NAMES):
            suite.services[name].kill(signal.SIGTERM)

    def steps(self, *more, code=0, directory=None):
        got, out, err = verify(directory or self.suite.directory, *more, "-o", "json")
        self.assertEqual(code, got, out + err)
        return json.loads(out)["steps"]

    def test_everything_holds_and_nothing_is_changed(self):
        before = digests(self.suite.directory)
        steps = self.steps()
        self.assertTrue(all(step["ok"] for step in steps), steps)
        kinds = [step["step"] for step in steps]
        for kind, count in (("journal", 3), ("facts", 3), ("caches", 1), ("bulletin", 2), ("rollups", 1), ("margins", 1), ("recompute", 2)):
            self.assertEqual(count, kinds.count(kind), kinds)
        self.assertGreater(next(s["cells"] for s in steps if s["step"] == "rollups"), 500)
        self.assertGreater(sum(s["figures"] for s in steps if s["step"] == "bulletin"), 20)
        self.assertEqual(before, digests(self.suite.directory))

    def test_people_read_it_in_chinese(self):
        code, out, _ = verify(self.suite.directory, "--quick")
        self.assertEqual(0, code, out)
        self.assertTrue(all(line.startswith("✓ ") for line in out.splitlines()[:-1]), out)
        self.assertEqual("审计通过", out.splitlines()[-1])
        self.assertEqual("verified", verify(self.suite.directory, "--quick", "--lang", "en")[1].splitlines()[-1])

    def test_one_service_alone(self):
        for name in ("plan", "progress", "ranking"):
            self.assertTrue(self.steps("--quick", directory=self.suite.directory / name)[0]["ok"])

    def test_a_running_suite_is_in_use(self):
        code, _, err = self.in_use
        self.assertNotEqual(0, code)
        self.assertEqual("DIRECTORY_IN_USE", json.loads(err)["errors"][0]["reason"])

    def test_nothing_there(self):
        self.assertEqual(3, verify(self.suite.directory / "issued.json")[0])
        self.assertEqual(3, verify("/nonexistent/anju")[0])

    def test_a_dump_that_lies_is_found(self):
        path = self.suite.directory / "dump.txt"
        path.write_text(self.later, encoding="utf-8")
        self.assertTrue(all(step["ok"] for step in self.steps("--dump", path)))
        lines = self.later.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("cell\t533400\tshantytown.urban\tstarts\t2017\t"))
        fields = lines[at].split("\t")
        fields[9] = str(int(fields[9]) + 1)
        path.write_text("\n".join([*lines[:at], "\t".join(fields), *lines[at + 1:]]) + "\n", encoding="utf-8")
        wrong = {step["step"]: step for step in self.steps("--dump", path, code=2) if not step["ok"]}
        self.assertEqual({"rollups", "margins"}, set(wrong))
        self.assertEqual({"TAMPERED"}, {step["reason"] for step in wrong.values()})
        self.assertIn("533400", wrong["rollups"]["value"])
        path.write_text("\n".join(lines[:at] + lines[at + 1:]) + "\n", encoding="utf-8")
        self.assertEqual("TAMPERED", next(s for s in self.steps("--dump", path, code=2) if s["step"] == "rollups")["reason"])

    def copy(self):
        copy = pathlib.Path(str(self.suite.directory) + "-copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.suite.directory, copy)
        self.addCleanup(shutil.rmtree, copy, True)
        return copy

    def test_a_byte_flipped_anywhere_is_named_or_harmless(self):
        good = {step["subject"]: step["hash"] for step in self.steps("--quick") if step["step"] == "journal"}
        copy = self.copy()
        files = sorted(path for path in copy.rglob("*") if path.is_file() and path.stat().st_size > 0 and path.parent != copy)
        pick = random.Random(SEED)
        tally = {"named": 0, "file": 0, "harmless": 0}
        for i in range(FLIPS):
            # Half of them where the events are.
            journal = [path for path in files if path.parent.name == "journal" and path.suffix in (".sst", ".log")]
            path = pick.choice(journal if i % 2 == 0 else files)
            before = path.read_bytes()
            at = pick.randrange(len(before))
            path.write_bytes(before[:at] + bytes([before[at] ^ (1 << pick.randrange(8))]) + before[at + 1:])
            where = f"{path} byte {at}"
            code, out, err = verify(copy, "--quick", "-o", "json")
            path.write_bytes(before)
            self.assertIn(code, (0, 70), where + out + err)
            steps = json.loads(out)["steps"] if out else []
            if code == 0:
                self.assertEqual(good, {s["subject"]: s["hash"] for s in steps if s["step"] == "journal"}, where)
                tally["harmless"] += 1
                continue
            wrong = [step for step in steps if not step["ok"]]
            text = out + err
            self.assertTrue(wrong or err, where)
            self.assertTrue(any("first_wrong" in step for step in wrong) or str(path.parent) in text or path.name in text, where + text)
            tally["named" if any("first_wrong" in step for step in wrong) else "file"] += 1
        print(f"flips={FLIPS} {tally} silent=0", flush=True)
        self.assertGreater(tally["named"], 0)

    def test_a_flip_in_an_event_names_its_sequence(self):
        copy = self.copy()
        text = "迪庆州调整〔2017〕1号".encode()
        for path in sorted((copy / "plan" / "journal").iterdir()):
            at = path.read_bytes().find(text) if path.suffix in (".sst", ".log") else -1
            if at < 0:
                continue
            data = bytearray(path.read_bytes())
            data[at] ^= 0x04
            path.write_bytes(data)
            step = next(s for s in self.steps("--quick", code=70, directory=copy) if not s["ok"])
            self.assertEqual(("journal", "plan", "DATA_LOSS"), (step["step"], step["subject"], step["reason"]))
            self.assertEqual(step["first_wrong"], step["last_wrong"])
            self.assertEqual((str(path), at), (step["file"], step["offset"]))
            code, out, _ = verify(copy, "--quick")
            self.assertIn(f"第一处不符为序号 {step['first_wrong']}", out)
            return
        self.fail("the amendment is in no table of the plan journal")

    def test_a_cut_tail_is_named_by_the_witness(self):
        copy = self.copy()
        log = max((path for path in (copy / "progress" / "journal").glob("*.log")), key=lambda path: path.stat().st_size)
        end = next(s["sequence"] for s in self.steps("--quick") if s["step"] == "journal" and s["subject"] == "progress")
        log.write_bytes(b"")
        step = next(s for s in self.steps("--quick", code=70, directory=copy) if not s["ok"])
        self.assertTrue(step["missing"], step)
        self.assertEqual(end, step["last_wrong"])

    def test_a_backup_proves_like_the_directory_it_came_from(self):
        backup = self.suite.directory / "backup"
        made = subprocess.run([str(BIN / "anju"), "backup", "--to", str(backup), "--data", str(self.suite.directory)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(0, made.returncode, made.stderr)
        self.addCleanup(shutil.rmtree, backup, True)
        steps = self.steps(directory=backup)
        self.assertTrue(all(step["ok"] for step in steps), steps)
        self.assertEqual(2, sum(step["step"] == "recompute" for step in steps))
        archive = backup / "progress.journal"
        good = archive.read_bytes()
        at = good.rindex("verify-3".encode())
        archive.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        step = next(s for s in self.steps("--quick", code=70, directory=backup) if not s["ok"])
        self.assertEqual((step["first_wrong"], str(archive), at), (step["last_wrong"], step["file"], step["offset"]))
        archive.write_bytes(good[:-200])
        step = next(s for s in self.steps("--quick", code=70, directory=backup) if not s["ok"])
        self.assertIn("first_wrong", step)
        pick = random.Random(SEED)
        for _ in range(FLIPS):
            at = pick.randrange(16, len(good))
            archive.write_bytes(good[:at] + bytes([good[at] ^ (1 << pick.randrange(8))]) + good[at + 1:])
            code, out, err = verify(backup, "--quick", "-o", "json")
            # The checksum of a record is no part of the journal: with it changed, everything still proves.
            self.assertTrue(code == 70 or (code == 0 and all(s["ok"] for s in json.loads(out)["steps"])), f"byte {at} {code} {out} {err}")
        archive.write_bytes(good)

    def test_a_damaged_cache_harms_nothing(self):
        copy = self.copy()
        tables = [path for cache in ("state", "cells") for path in copy.rglob(f"{cache}/*.sst")]
        self.assertTrue(tables)
        data = bytearray(tables[0].read_bytes())
        data[len(data) // 3] ^= 1
        tables[0].write_bytes(data)
        caches = next(s for s in self.steps("--quick", directory=copy) if s["step"] == "caches")
        self.assertIn(tables[0].name, caches["note"])


if __name__ == "__main__":
    unittest.main()
