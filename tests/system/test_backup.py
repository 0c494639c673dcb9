"""Backup and restore: taken while everybody reports, put back as a new journal; old tokens and bulletins hold, what is sent again counts once.

ANJU_SEED=N repeats the random moments; ANJU_BACKUP_KILLS sets how often each command is killed (8).
"""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

from support import BIN, DATA, NAMES, Result, Suite, SuiteTest, report_rows, wait_until

KILLS = int(os.environ.get("ANJU_BACKUP_KILLS", "8"))
SEED = int(os.environ.get("ANJU_SEED", "0")) or random.randrange(1, 1 << 31)
JOURNALS = ("plan", "progress", "ranking")
COUNTIES = ("香格里拉市", "德钦县", "维西县", "迪庆开发区", "迪庆州本级")
TOTAL = ("迪庆州", "shantytown.urban", "starts", "2017")
ROW = "{},shantytown.urban,starts,2017,2017-07-{:02},{},套,increment,,,"  # after every figure of the documents


def tree(directory):
    """Every file under a directory with its bytes."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(pathlib.Path(directory).rglob("*")) if p.is_file()}


class Clerk(threading.Thread):
    """Reports files from sources of its own until told to stop."""

    def __init__(self, suite, number):
        super().__init__(daemon=True)
        self.suite, self.number, self.done, self.sent, self.failure = suite, number, threading.Event(), [], None

    def run(self):
        while not self.done.is_set():
            source = f"clerk{self.number}.{len(self.sent)}"
            path = self.suite.file(report_rows(*[ROW.format("德钦县", 1 + i % 28, 1) for i in range(300)]), name=f"{source}.csv")
            result = self.suite.anju("report", path, "--source", source, "-o", "json")
            if result.code != 0 or result.json()["accepted"] != 300:
                self.failure = repr(result)
                return
            self.sent.append((source, path, result.json()["basis"]["token"]))


class BackupTest(SuiteTest):
    def setUp(self):
        super().setUp()
        self.backup = self.suite.directory / "backup"
        self.random = random.Random(SEED)
        print(f"\n{self.id()}: ANJU_SEED={SEED}", flush=True)

    def take(self, *more):
        return self.suite.anju("backup", "--to", self.backup, "-o", "json", *more)

    def taken(self, *more):
        result = self.take(*more)
        self.assertExit(0, result)
        return {service["name"]: service for service in result.json()["services"]}

    def stop(self):
        for name in reversed(NAMES):
            self.suite.services[name].kill(signal.SIGTERM)

    def restore(self, directory, *more):
        return self.suite.anju("restore", self.backup, "--data", directory, "-o", "json", *more)

    def restored_suite(self, name="restored"):
        """A suite on what the backup gives."""
        directory = self.suite.directory / name
        self.assertExit(0, self.restore(directory))
        suite = Suite(directory)
        self.addCleanup(suite.close)
        return suite

    def report(self, suite, source, path, code=0):
        result = suite.anju("report", path, "--source", source, "-o", "json")
        self.assertExit(code, result)
        return result

    def actual(self, suite, token):
        return suite.cell(*TOTAL, "--at-least", token)["actual"]

    def assertRefused(self, reason, file, result, code=None):
        """One error of this reason that names the file."""
        self.assertNotEqual(0, result.code, repr(result))
        if code is not None:
            self.assertExit(code, result)
        error = result.errors()[0]
        self.assertEqual(reason, error["reason"], repr(result))
        self.assertTrue(error["value"].startswith(str(file)), repr(result))
        return error


class Restored(BackupTest):
    def test_old_tokens_and_bulletins_hold_and_nothing_counts_twice(self):
        suite = self.suite
        suite.load()
        suite.ok("bulletin", "define", DATA / "diqing_monthly.bulletin.yaml")
        clerks = [Clerk(suite, number) for number in range(3)]
        for clerk in clerks:
            clerk.start()
        first = self.taken()
        bulletin = suite.ok("bulletin", "issue", "diqing-monthly", "--as-of", "2017-06-30", "--date", "2017-07-05", "-o", "json").json()["content"]["number"]
        # Each backup is a basis that existed: it has all that the bulletin names.
        time.sleep(1)
        second = self.taken()
        for clerk in clerks:
            clerk.done.set()
        for clerk in clerks:
            clerk.join(60)
            self.assertIsNone(clerk.failure)
        self.assertGreater(second["progress"]["added_events"], 0)
        self.assertEqual(second["progress"]["sequence"], first["progress"]["sequence"] + second["progress"]["added_events"])
        third = self.taken()
        self.assertEqual(third["plan"]["added_events"], 0)
        token = suite.report(ROW.format("维西县", 1, 1), source="mark")["basis"]["token"]
        total = self.actual(suite, token)
        last = self.taken()

        asked = [("rank", "迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "--at", token, "-o", "json"),
                 ("rollup", "迪庆州", "--year", "2017", "--at", token, "-o", "json"), ("explain", *TOTAL[:1], "--year", "2017", "--programme", TOTAL[1], "--indicator", TOTAL[2], "--at", token, "-o", "json"),
                 ("bulletin", "show", bulletin, "--form", "html"), ("bulletin", "show", bulletin, "--form", "json"), ("bulletin", "list", "-o", "json")]
        before = [suite.ok(*question).out for question in asked]
        self.stop()

        restored = self.restored_suite()
        restored.ok("rollup", "迪庆州", "--at-least", token)
        for question, said in zip(asked, before):
            self.assertEqual(said, restored.ok(*question).out, question)
        self.assertExit(0, restored.anju("bulletin", "verify", bulletin))
        # The same files again, through the same sources: nothing is new.
        for clerk in clerks:
            for source, path, _ in clerk.sent[:2] + clerk.sent[-1:]:
                self.assertEqual(300, self.report(restored, source, path).json()["unchanged"])
        self.assertEqual(total, self.actual(restored, token))
        more = restored.report(ROW.format("德钦县", 9, 7), source="later")["basis"]["token"]
        self.assertEqual(str(int(total) + 7), self.actual(restored, more))

        # The restored journals go on in the same backup; what was there stays byte for byte.
        archive = (self.backup / "progress.journal").read_bytes()
        again = {s["name"]: s for s in restored.ok("backup", "--to", self.backup, "-o", "json").json()["services"]}
        self.assertNotEqual(last["progress"]["journal"], again["progress"]["journal"])
        self.assertEqual(archive, (self.backup / "progress.journal").read_bytes()[:len(archive)])
        listed = {s["name"]: s for s in restored.ok("backup", "list", self.backup, "-o", "json").json()["services"]}
        self.assertEqual({name: 1 for name in JOURNALS}, {name: s["ancestors"] for name, s in listed.items()})

    def test_what_was_lost_is_told_and_sent_again(self):
        suite = self.suite
        suite.load(kinds=("catalogue", "regions", "plan"))
        kept = suite.file(report_rows(*[ROW.format("德钦县", 1 + i, 2) for i in range(5)]), name="kept.csv")
        lost = suite.file(report_rows(*[ROW.format("维西县", 1 + i, 3) for i in range(4)]), name="lost.csv")
        self.report(suite, "kept", kept)
        self.taken()
        later = self.report(suite, "lost", lost).json()["basis"]["token"]
        self.assertEqual("22", self.actual(suite, later))
        self.stop()

        restored = self.restored_suite()
        # A source that goes on where it was acknowledged is told what is expected.
        going_on = restored.file("region,programme,indicator,plan_year,as_of,value,unit,kind,sequence\n维西县,shantytown.urban,starts,2017,2017-07-05,3,套,increment,5\n", name="on.csv")
        error = self.report(restored, "lost", going_on, code=5).errors()[0]
        self.assertEqual(("SEQUENCE_GAP", ["1"]), (error["reason"], error.get("candidates")), error)
        # A token of what was lost is none any more, and that is said.
        gone = restored.anju("rollup", "迪庆州", "--at", later, "-o", "json")
        self.assertIn(gone.errors()[0]["reason"], ("ROLLED_BACK", "UNKNOWN_BASIS"), repr(gone))
        self.assertEqual(5, self.report(restored, "kept", kept).json()["unchanged"])
        result = self.report(restored, "lost", lost).json()
        self.assertEqual(4, result["accepted"])
        self.assertEqual("22", self.actual(restored, result["basis"]["token"]))

    def test_one_service_alone(self):
        suite = self.suite
        suite.load()
        token = suite.report(ROW.format("德钦县", 1, 5), source="one")["basis"]["token"]
        before = self.actual(suite, token)
        self.taken()
        self.stop()
        data = suite.directory / "elsewhere"
        result = self.restore(data, "--service", "progress")
        self.assertExit(0, result)
        self.assertEqual(["progress"], sorted(p.name for p in data.iterdir() if p.is_dir()))
        shutil.rmtree(suite.directory / "progress")
        (data / "progress").rename(suite.directory / "progress")
        for name in NAMES:
            suite.services[name].start()
        self.assertEqual(before, self.actual(suite, token))
        unknown = self.restore(suite.directory / "other", "--service", "aggregator")
        self.assertExit(4, unknown)
        self.assertEqual(("BAD_VALUE", ["ranking", "progress", "plan"]), (unknown.errors()[0]["reason"], unknown.errors()[0]["candidates"]))
        self.assertFalse((suite.directory / "other").exists())


class Stopped(BackupTest):
    def test_directories_of_a_stopped_suite_give_the_same_bytes(self):
        suite = self.suite
        suite.load()
        self.assertRefused("DIRECTORY_IN_USE", suite.directory / "ranking", self.take("--data", suite.directory), code=70)
        self.assertFalse(self.backup.exists())
        online = self.taken()
        self.stop()
        before = tree(suite.directory / "progress")
        other = suite.directory / "offline"
        result = suite.anju("backup", "--data", suite.directory, "--to", other, "-o", "json")
        self.assertExit(0, result)
        self.assertEqual(before, tree(suite.directory / "progress"), "reading changes nothing")
        for name in JOURNALS:
            self.assertEqual((self.backup / f"{name}.journal").read_bytes(), (other / f"{name}.journal").read_bytes(), name)
        self.assertEqual({n: s["hash"] for n, s in online.items()}, {s["name"]: s["hash"] for s in result.json()["services"]})
        # Both go on from each other.
        self.assertEqual({0}, {s["added_events"] for s in self.taken("--data", suite.directory).values()})

    def test_directories_that_are_refused(self):
        suite = self.suite
        suite.load(kinds=("catalogue", "regions"))
        self.stop()
        data = suite.directory
        self.assertRefused("FILE_NOT_FOUND", data / "nothing" / "ranking", self.take("--data", data / "nothing"), code=3)
        shutil.copytree(data / "plan", data / "mixed" / "ranking")
        shutil.copytree(data / "plan", data / "mixed" / "plan")
        shutil.copytree(data / "progress", data / "mixed" / "progress")
        error = self.assertRefused("DATA_LOSS", data / "mixed" / "ranking", self.take("--data", data / "mixed"), code=70)
        self.assertIn("another service: plan", suite.anju("backup", "--data", data / "mixed", "--to", self.backup, "--lang", "en").err, error)
        witness = data / "plan" / "witness"
        whole = witness.read_bytes()
        witness.write_bytes(bytes(len(whole)))
        self.assertRefused("DATA_LOSS", data / "plan", self.take("--data", data), code=70)
        witness.write_bytes(whole)
        # An older state with a newer witness: what the service refuses is not backed up either.
        shutil.copytree(data / "plan", data / "older")
        suite.services["plan"].start()
        suite.services["progress"].start()
        path = suite.file((DATA / "diqing_2017_06.plan.csv").read_text(encoding="utf-8"), name="plan.csv")
        suite.ok("plan", "import", path, "--document", "文", "--issuer", "迪庆州", "--issued", "unknown")
        for name in ("plan", "progress"):
            suite.services[name].kill(signal.SIGTERM)
        shutil.rmtree(data / "plan" / "journal")
        shutil.copytree(data / "older" / "journal", data / "plan" / "journal")
        self.assertRefused("DATA_LOSS", data / "plan", self.take("--data", data), code=70)
        self.assertFalse(self.backup.exists())


class Refused(BackupTest):
    def test_backups_that_are_not_of_these_journals(self):
        suite = self.suite
        suite.load(kinds=("catalogue", "regions"))
        self.taken()
        before = tree(self.backup)
        older = suite.directory / "older"
        shutil.copytree(self.backup, older)
        suite.load(kinds=("plan",))
        self.taken()
        newer = tree(self.backup)
        # Rolled back: a suite restored from an older backup is behind the newer one.
        self.stop()
        restored = suite.directory / "restored"
        self.assertExit(0, suite.anju("restore", older, "--data", restored, "-o", "json"))
        behind = Suite(restored)
        self.addCleanup(behind.close)
        result = behind.anju("backup", "--to", self.backup, "-o", "json")
        self.assertRefused("ROLLED_BACK", self.backup / "plan.journal", result, code=70)
        self.assertRegex(result.errors()[0]["message"], r"[0-9a-f]{32}/\d+.*[0-9a-f]{32}/\d+")
        self.assertEqual(newer, tree(self.backup))
        # Another suite altogether.
        other = Suite()
        self.addCleanup(other.close)
        self.assertRefused("NOT_EMPTY", self.backup, other.anju("backup", "--to", self.backup, "-o", "json"), code=5)
        self.assertEqual(newer, tree(self.backup))
        # Addresses that were mixed up.
        mixed = other.anju("backup", "--to", other.directory / "b", "--plan", other.services["progress"].address, "-o", "json")
        self.assertExit(4, mixed)
        self.assertEqual(("BAD_VALUE", "plan"), (mixed.errors()[0]["reason"], mixed.errors()[0]["field"]))
        other.services["plan"].kill()
        self.assertExit(6, other.anju("backup", "--to", other.directory / "b", "-o", "json"))
        self.assertFalse((other.directory / "b").exists())
        self.assertEqual(before, tree(older))

    def test_damaged_backups(self):
        suite = self.suite
        suite.load(kinds=("catalogue", "regions", "plan"))
        self.taken()
        data = suite.directory / "data"
        commands = (lambda: self.restore(data), lambda: suite.anju("backup", "list", self.backup, "-o", "json"), self.take)

        def refused_everywhere(reason, file):
            before = tree(self.backup)
            for command in commands:
                self.assertRefused(reason, file, command())
            self.assertFalse(data.exists(), "nothing is left of a refused restore")
            self.assertEqual(before, tree(self.backup))

        manifest, plan, progress = (self.backup / n for n in ("manifest.json", "plan.journal", "progress.journal"))
        whole = {path: path.read_bytes() for path in (manifest, plan, progress)}

        def change(path, data_):
            for p, b in whole.items():
                p.write_bytes(b)
            path.write_bytes(data_)

        for _ in range(12):
            at, path = self.random.randrange(10 ** 9), self.random.choice((plan, progress))
            flipped = bytearray(whole[path])
            flipped[at % len(flipped)] ^= 1 << self.random.randrange(8)
            change(path, bytes(flipped))
            self.assertIn(self.restore(data).errors()[0]["reason"], ("DATA_LOSS", "SCHEMA_TOO_NEW"))
        flipped = bytearray(whole[plan])
        flipped[len(flipped) // 2] ^= 4
        change(plan, bytes(flipped))
        refused_everywhere("DATA_LOSS", plan)
        self.assertRegex(self.restore(data).errors()[0]["value"], r"plan\.journal \d+")
        change(plan, whole[plan][:-1])
        refused_everywhere("DATA_LOSS", plan)
        newer = bytearray(whole[plan])
        newer[8] = 2
        change(plan, bytes(newer))
        refused_everywhere("SCHEMA_TOO_NEW", plan)
        change(progress, whole[plan])
        refused_everywhere("DATA_LOSS", progress)
        change(manifest, whole[manifest].replace(b'"format": 1', b'"format": 2'))
        refused_everywhere("SCHEMA_TOO_NEW", manifest)
        change(manifest, whole[manifest].replace(b'"sequence": ', b'"sequence": 1', 1))
        refused_everywhere("DATA_LOSS", manifest)
        change(manifest, whole[manifest])
        manifest.unlink()
        refused_everywhere("FILE_NOT_FOUND", manifest)
        change(manifest, whole[manifest])
        plan.unlink()
        refused_everywhere("FILE_NOT_FOUND", plan)
        change(plan, whole[plan])
        self.assertExit(0, self.restore(data))
        self.assertRefused("NOT_EMPTY", data, self.restore(data), code=5)

    def test_directories_that_hold_something(self):
        suite = self.suite
        self.taken()
        data = suite.directory / "data"
        for name in ("plan", "ranking"):
            (data / name).mkdir(parents=True)
        (data / "plan" / "notes.txt").write_text("mine")
        self.assertRefused("NOT_EMPTY", data / "plan", self.restore(data), code=5)
        self.assertEqual({"plan/notes.txt": b"mine"}, {k: v for k, v in tree(data).items() if k != "up.lock"})
        (data / "plan" / "notes.txt").unlink()
        self.assertExit(0, self.restore(data))
        # While `anju up` runs there, nothing is restored under it.
        up = subprocess.Popen([BIN / "anju", "up", "--data", suite.directory / "up", "--port-base", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (up.terminate(), up.wait(30)))
        wait_until(lambda: (suite.directory / "up" / "endpoints.json").exists(), what="anju up")
        self.assertRefused("DIRECTORY_IN_USE", suite.directory / "up", self.restore(suite.directory / "up"))


class Killed(BackupTest):
    def start(self, *arguments):
        return subprocess.Popen([BIN / "anju", *map(str, arguments)], env=self.suite.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_at_random(self, seconds_max, *arguments):
        process = self.start(*arguments)
        time.sleep(self.random.random() * seconds_max)
        process.kill()
        return process.wait(10) == 0

    def test_backup_and_restore_at_random_moments(self):
        suite = self.suite
        suite.load()
        rows = report_rows(*[ROW.format(COUNTIES[i % 5], 1 + i % 28, 1) for i in range(24_000 // KILLS)])
        started = time.monotonic()
        self.taken()
        backup_seconds = time.monotonic() - started
        shutil.rmtree(self.backup)
        finished = token = 0
        for turn in range(KILLS):
            token = self.report(suite, f"turn{turn}", suite.file(rows, name="turn.csv")).json()["basis"]["token"]
            finished += self.kill_at_random(0.8 * backup_seconds, "backup", "--to", self.backup)
            listed = suite.anju("backup", "list", self.backup, "-o", "json")
            if listed.code != 0:  # none has finished yet
                self.assertEqual("FILE_NOT_FOUND", listed.errors()[0]["reason"], repr(listed))
        self.taken()
        total = self.actual(suite, token)
        self.stop()
        fresh = suite.directory / "fresh"
        started = time.monotonic()
        self.assertExit(0, suite.anju("restore", self.backup, "--data", fresh))
        restore_seconds = time.monotonic() - started
        data = suite.directory / "data"
        done = 0
        for _ in range(KILLS):
            done += self.kill_at_random(restore_seconds, "restore", self.backup, "--data", data)
            unfinished = [p for p in data.glob("*.restoring")] + [p for p in data.glob("restoring.json")]
            if unfinished:
                up = suite.anju("up", "--data", data, "--port-base", "0", "-o", "json")
                self.assertIn("DIRECTORY_IN_USE", up.err, repr(up))
            else:  # nothing at all, or everything
                self.assertIn(sorted(p.name for p in data.glob("*") if p.is_dir()), ([], sorted(JOURNALS)))
            if (data / "plan").exists() and not unfinished:
                self.assertRefused("NOT_EMPTY", data, self.restore(data), code=5)
                shutil.rmtree(data)
        result = self.restore(data)
        self.assertExit(0, result)
        print(f"{KILLS} kills each: {KILLS - finished} backups and {KILLS - done} restores did not finish", flush=True)
        restored = Suite(data)
        self.addCleanup(restored.close)
        self.assertEqual(total, self.actual(restored, token))

    def test_a_restore_killed_between_two_renames_finishes(self):
        suite = self.suite
        suite.load(kinds=("catalogue", "regions", "plan"))
        self.taken()
        data = suite.directory / "data"
        # The declaration is the last thing before the renames: with it there, running again only renames.
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        command = [str(BIN / "anju"), "restore", str(self.backup), "--data", str(data)]
        renamed = set()
        for when in range(1, 60):
            shutil.rmtree(data, ignore_errors=True)
            killed = subprocess.run(["strace", "-f", "-o", os.devnull, "-e", "trace=rename", "-e", f"inject=rename:signal=KILL:when={when}", *command],
                                    env=suite.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
            if killed == 0:
                break
            there = tuple(sorted(p.name for p in data.glob("*") if p.is_dir() and p.name in JOURNALS))
            renamed.add(there)
            self.assertExit(0, self.restore(data))
            self.assertEqual(sorted(JOURNALS), sorted(p.name for p in data.iterdir() if p.is_dir()))
            self.assertFalse(list(data.glob("*restoring*")))
        self.assertEqual(0, killed)
        self.assertIn(1, {len(there) for there in renamed}, renamed)
        self.assertIn(2, {len(there) for there in renamed}, renamed)


if __name__ == "__main__":
    import unittest

    unittest.main()
