"""Directories that a service refuses to start on: another service's, and its own with a journal that is not the one its state was folded from. Nothing
is changed by a refusal, and what is said on standard error tells the way out, from the service itself and through `anju up`."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import BIN, NAMES, Suite

DAMAGED = 70
RESTORE = "Delete nothing; restore from a backup (anju restore)."
OTHER = "Choose another directory."


def digest(directory):
    """Every file and directory below, with the bytes of each file."""
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for path in sorted(directory.rglob("*"))}


def start(name, directory):
    """What a service that does not start says."""
    return subprocess.run([str(BIN / f"anju-{name}"), "--data", str(directory), "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=30)


def start_and_stop(name, directory):
    """The first line of a service that does start."""
    process = subprocess.Popen([str(BIN / f"anju-{name}"), "--data", str(directory), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        return process.stdout.readline()
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def up(data):
    return subprocess.run([str(BIN / "anju"), "up", "--data", str(data), "--port-base", "0"], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, LANG="C.UTF-8"))


class Refusals(unittest.TestCase):
    """A suite that has worked and was stopped; each test has a copy of its directories."""

    @classmethod
    def setUpClass(cls):
        cls.source = tempfile.TemporaryDirectory(prefix="anju-refusals-")
        suite = Suite(cls.source.name)
        token = suite.load(kinds=("catalogue", "regions", "checks", "plan", "report"))
        suite.ok("rank", "迪庆州", "--year", "2017", "--programme", "all", "--indicator", "starts", "--at-least", token)
        for service in suite.services.values():
            service.stop()

    @classmethod
    def tearDownClass(cls):
        cls.source.cleanup()

    def setUp(self):
        self.work = tempfile.TemporaryDirectory(prefix="anju-refusals-")
        self.addCleanup(self.work.cleanup)
        self.data = pathlib.Path(shutil.copytree(self.source.name, os.path.join(self.work.name, "data")))

    def assertRefused(self, name, directory, *words):
        before = digest(directory)
        result = start(name, directory)
        self.assertEqual(DAMAGED, result.returncode, result)
        self.assertEqual("", result.stdout)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertEqual(1, result.stderr.strip().count("\n") + 1, result.stderr)
        self.assertEqual(before, digest(directory), f"anju-{name} over {directory}: {result.stderr}")
        return result.stderr

    def assertWorks(self):
        suite = Suite(self.data)
        try:
            suite.ok("rank", "迪庆州", "--year", "2017", "--programme", "all", "--indicator", "starts", "--fresh-within", "1h")
        finally:
            for service in suite.services.values():
                service.stop()

    def test_every_service_refuses_the_directory_of_every_other(self):
        for owner in NAMES:
            directory = self.data / owner
            for name in NAMES:
                if name == owner:
                    continue
                with self.subTest(name=name, owner=owner):
                    said = self.assertRefused(name, directory, f"anju-{name}: NOT_EMPTY: ", f"{directory}/{'state' if owner == 'aggregator' else 'journal'}",
                                              f"of the service {owner}", OTHER)
                    self.assertIn(f"{name} keeps no journal" if name == "aggregator" else f"not of {name}", said)
        self.assertWorks()

    def test_what_is_left_of_an_owner_is_no_place_for_the_aggregator(self):
        for name in ("plan", "progress", "ranking"):
            shutil.rmtree(self.data / name / "journal")
            self.assertRefused("aggregator", self.data / name, f"{self.data / name}/witness is the witness of another service's journal", OTHER)
        for name in ("plan", "progress"):
            (self.data / name / "witness").unlink()
            self.assertRefused("aggregator", self.data / name, f"{self.data / name}/state is the state beside another service's journal", OTHER)

    def test_a_state_without_its_journal_is_no_new_beginning(self):
        progress = self.data / "progress"
        kept = self.data / "kept"
        kept.mkdir()
        for name in ("journal", "witness"):
            shutil.move(progress / name, kept / name)
        said = self.assertRefused("progress", progress, "anju-progress: DATA_LOSS: ", f"{progress}/state stands at ", f"where {progress}/journal is not there",
                                  "Put the newer journal and witness back, or restore a backup into a new directory; to accept the loss, move the state directory away",
                                  RESTORE)
        self.assertEqual(sorted(path.name for path in progress.iterdir()), ["lock", "state"])

        # The same words come out of `anju up`, which does not try again.
        result = up(self.data)
        self.assertEqual(DAMAGED, result.returncode, result)
        self.assertIn("anju up: DATA_LOSS: anju-progress did not start", result.stderr)
        self.assertIn(said.strip(), result.stderr)

        for name in ("journal", "witness"):
            shutil.move(kept / name, progress / name)
        self.assertWorks()

    def test_an_older_journal_under_a_newer_state_is_no_rollback(self):
        progress = self.data / "progress"
        older = shutil.copytree(progress, self.data / "older")
        suite = Suite(self.data)
        try:
            extra = suite.file("region,programme,indicator,plan_year,as_of,value,unit,kind,explanation,corrects,published\n"
                               "533422,all,starts,2017,2017-07-31,900,套,cumulative,补报,,\n")
            self.assertIn(suite.anju("report", extra, "--source", "late").code, (0, 4))
        finally:
            for service in suite.services.values():
                service.stop()
        for name in ("journal", "witness"):
            newer = progress / name
            (shutil.rmtree if newer.is_dir() else os.unlink)(newer)
            (shutil.copytree if (older / name).is_dir() else shutil.copy2)(older / name, newer)
        self.assertRefused("progress", progress, "anju-progress: DATA_LOSS: ", f"where {progress}/journal never was: it ends at ", "so records are lost.", RESTORE)
        shutil.move(progress / "state", self.data / "state.kept")
        result = start_and_stop("progress", progress)
        self.assertIn("listening ", result)

    def test_damage_and_use_tell_the_way_out(self):
        plan = self.data / "plan"
        log = max((plan / "journal").glob("*.log"), key=lambda path: path.stat().st_size)
        self.assertGreater(log.stat().st_size, 2_000)
        kept = log.read_bytes()
        changed = bytearray(kept)
        changed[1_000] ^= 1
        log.write_bytes(changed)
        said = self.assertRefused("plan", plan, f"anju-plan: DATA_LOSS: {log}: Corruption", RESTORE)
        result = up(self.data)
        self.assertEqual(DAMAGED, result.returncode, result)
        self.assertIn("anju up: DATA_LOSS: anju-plan did not start", result.stderr)
        self.assertIn(said.strip(), result.stderr)
        log.write_bytes(kept)

        process = subprocess.Popen([str(BIN / "anju-plan"), "--data", str(plan), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        try:
            self.assertIn("listening ", process.stdout.readline())
            second = start("plan", plan)
            self.assertEqual(DAMAGED, second.returncode)
            self.assertIn("anju-plan: DIRECTORY_IN_USE: ", second.stderr)
            self.assertIn("Stop that process first.", second.stderr)
            result = up(self.data)
            self.assertIn("anju up: DIRECTORY_IN_USE: anju-plan did not start", result.stderr)
            self.assertIn("Stop that process first.", result.stderr)
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


if __name__ == "__main__":
    unittest.main()
