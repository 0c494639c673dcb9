"""A disk that fills up: recording stops before it is full, reads go on, it heals by itself; and a disk that is full at once loses nothing.

Needs leave to mount a small tmpfs; without it the tests are skipped and say so.
"""

import errno
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from support import BIN, DATA, NAMES, Suite, report_rows, wait_until

SIZE_MIB, RESERVE_MIB = 384, 64
REGION_HEADER = "code,name,parent,level,kind,valid_from,valid_to,aliases,gb_code,order,members,note"
COUNTY, PROGRAMME = "香格里拉市", "shantytown.urban"


class DiskFull(unittest.TestCase):
    def setUp(self):
        outside = tempfile.TemporaryDirectory(prefix="anju-full-")
        self.addCleanup(outside.cleanup)
        self.outside = pathlib.Path(outside.name)  # where the clerks' files are
        self.mount = self.outside / "disk"
        self.mount.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(self.mount)], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", str(self.mount)], check=True))
        (self.mount / "suite").mkdir()
        self.suite = Suite(self.mount / "suite", flags=["--reserve-mib", str(RESERVE_MIB)])
        self.addCleanup(self.suite.close)
        self.suite.load()

    def fill(self, leave_mib):
        """Takes all the space but so much, with one file."""
        with open(self.mount / "filler", "wb") as filler:
            while True:
                room = os.statvfs(self.mount)
                size = room.f_bavail * room.f_frsize - (leave_mib << 20)
                if size <= 0:
                    return
                try:
                    os.posix_fallocate(filler.fileno(), os.fstat(filler.fileno()).st_size, size)
                except OSError as full:  # others write meanwhile
                    if full.errno != errno.ENOSPC:
                        raise

    def make_room(self):
        os.remove(self.mount / "filler")

    def file(self, name, *rows):
        path = self.outside / name
        path.write_text(report_rows(*rows), encoding="utf-8")
        return path

    def report(self, name, *rows, lang="en"):
        return self.suite.anju("report", self.file(name, *rows), "--source", name, "-o", "json", "--deadline-ms", "10000", lang=lang)

    def starts(self):
        return int(self.suite.cell(COUNTY, PROGRAMME, "starts", 2017)["actual"])

    def row(self, value):
        return f"{COUNTY},{PROGRAMME},starts,2017,2017-06-30,{value},套,increment,,,"

    def test_recording_stops_before_the_disk_is_full_and_goes_on_when_there_is_room(self):
        before = self.starts()
        table = self.suite.rank("迪庆州", "--year", 2017, "--programme", PROGRAMME, "--indicator", "starts")["rows"]
        self.assertEqual(0, self.report("first", self.row(3)).code)
        wait_until(lambda: self.starts() == before + 3, what="the first report")
        positions = self.positions()

        self.fill(RESERVE_MIB // 2)
        # It is looked at a few times a second: what comes in between is recorded, the reserve is there for it.
        wait_until(lambda: all("reserve" in service.get("problem", "") for service in self.suite.anju("status", "-o", "json").json()["services"]
                               if service["name"] in ("plan", "progress", "ranking")), seconds=10, what="the notice of a full disk")
        refused = self.report("second", self.row(4))
        self.assertEqual("DISK_FULL", refused.errors()[0]["reason"], repr(refused))
        self.assertIn("MiB", refused.errors()[0]["message"])
        imported = self.suite.anju("catalogue", "import", DATA / "catalogue.csv", "-o", "json", lang="en")
        self.assertEqual(6, imported.code, repr(imported))
        self.assertEqual("DISK_FULL", imported.errors()[0]["reason"], repr(imported))

        status = self.suite.anju("status", "-o", "json")
        self.assertEqual(6, status.code, "somebody has to look at it")
        for service in status.json()["services"]:
            if service["name"] in ("plan", "progress", "ranking"):
                self.assertFalse(service["healthy"], service)
                self.assertIn(f"less than the reserve of {RESERVE_MIB} MiB", service["problem"])

        # Reads, lists and rehearsals go on.
        self.assertEqual(before + 3, self.starts())
        self.assertEqual(len(table), len(self.suite.rank("迪庆州", "--year", 2017, "--programme", PROGRAMME, "--indicator", "starts")["rows"]))
        self.suite.ok("updates", "--source", "first", "-o", "json")
        self.suite.ok("catalogue", "import", DATA / "catalogue.csv", "--dry-run", "-o", "json")
        rehearsed = self.suite.anju("report", self.file("third", self.row(5)), "--source", "third", "--dry-run", "-o", "json")
        self.assertIn(rehearsed.code, (0, 2), repr(rehearsed))
        # Caches that wait for room do not stop anybody, also not in stopping and starting again.
        time.sleep(1)
        for name in NAMES:
            self.suite.services[name].kill(15)
            self.assertEqual(0, self.suite.services[name].process.returncode, name)
        for name in NAMES:
            self.suite.services[name].start()
        wait_until(lambda: self.suite.anju("rollup", COUNTY, "--year", 2017, "-o", "json").code == 0 and self.starts() == before + 3, what="reads after the restart")
        self.assertEqual(positions, self.positions(), "nothing was recorded meanwhile")
        self.assertEqual(6, self.report("second", self.row(4)).code)

        self.make_room()
        wait_until(lambda: self.report("second", self.row(4)).code == 0, seconds=10, what="recording again")
        self.assertEqual(0, self.report("second", self.row(4)).code, "the same file again changes nothing")
        wait_until(lambda: self.starts() == before + 7, what="both reports, each once")

    def positions(self):
        services = self.suite.anju("status", "-o", "json").json()["services"]
        return {s["name"]: s["position"] for s in services if s["name"] in ("plan", "progress")}

    def test_a_disk_that_is_full_at_once_loses_nothing(self):
        before = self.starts()
        done = threading.Event()
        outcomes = {}  # name → True when it was acknowledged

        def clerk(number):
            turn = 0
            while not done.is_set():
                turn += 1
                name = f"clerk{number}.{turn}"
                result = self.report(name, *[self.row(1)] * 40)
                outcomes[name] = result.code == 0
                if result.code not in (0, 6):
                    outcomes[name + " failed"] = repr(result)
                    return
                if result.code == 6:
                    time.sleep(0.1)

        self.addCleanup(done.set)
        clerks = [threading.Thread(target=clerk, args=(number,), daemon=True) for number in range(3)]
        for thread in clerks:
            thread.start()
        ends = []
        for _ in range(3):
            time.sleep(1)
            self.fill(0)
            until = time.monotonic() + 2
            while time.monotonic() < until:
                ends += [service.process.returncode for service in self.suite.services.values() if service.process.poll() is not None]
                time.sleep(0.1)
            self.make_room()
            for service in self.suite.services.values():
                if service.process.poll() is not None:
                    service.process.stdout.close()
                    service.start()
        time.sleep(1)
        done.set()
        for thread in clerks:
            thread.join(60)
        self.assertEqual({}, {name: text for name, text in outcomes.items() if isinstance(text, str)})
        self.assertEqual(set(), set(ends) - {74}, "a process ends for the disk or lives")
        acknowledged = sum(outcomes.values())
        self.assertGreater(acknowledged, 3)
        # What was not acknowledged may be there or not; sent again it is there once.
        for name, was_acknowledged in sorted(outcomes.items()):
            if not was_acknowledged:
                self.assertEqual(0, self.report(name, *[self.row(1)] * 40).code, name)
        wait_until(lambda: self.starts() == before + 40 * len(outcomes), what=f"{len(outcomes)} files of 40, each row once")
        print(f"disk full at once: {acknowledged} files acknowledged, {len(outcomes) - acknowledged} sent again, ends {ends[:8]}")


class DiskFails(unittest.TestCase):
    """The real program and a sync that fails, by strace."""

    def test_a_failed_sync_ends_the_process_with_one_line_and_the_next_one_goes_on(self):
        if shutil.which("strace") is None:
            self.skipTest("there is no strace here")
        with tempfile.TemporaryDirectory(prefix="anju-eio-") as directory:
            command = [str(BIN / "anju-plan"), "--data", directory, "--listen", "127.0.0.1:0"]
            refusing = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=24+"]  # each thread counts its own
            plan = subprocess.Popen(refusing + command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            line = plan.stdout.readline().decode()
            self.assertTrue(line.startswith("listening "), line)
            env = dict(os.environ, ANJU_PLAN=line.split()[1], LANG="C.UTF-8")
            acknowledged = []
            for number in range(21, 90):
                region = f"{REGION_HEADER}\n{number}0000,测试{number}省,,province,administrative,1981,,,,,,\n"
                result = subprocess.run([str(BIN / "anju"), "regions", "import", "-", "--deadline-ms", "5000"], input=region.encode(), env=env, capture_output=True)
                if result.returncode != 0:
                    self.assertEqual(6, result.returncode, result)  # not known
                    break
                acknowledged.append(f"{number}0000")
            out, err = plan.communicate(timeout=60)
            said = [line for line in err.decode().splitlines() if "Input/output error" in line]
            self.assertEqual(74, plan.returncode, err)
            self.assertEqual(1, len(said), err)
            self.assertIn(directory, said[0])
            again = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            line = again.stdout.readline().decode()
            self.assertTrue(line.startswith("listening "), line)
            listed = subprocess.run([str(BIN / "anju"), "regions", "list", "-o", "csv"], env=dict(env, ANJU_PLAN=line.split()[1]), capture_output=True)
            for code in acknowledged:
                self.assertIn(code, listed.stdout.decode(), "acknowledged and lost")
            self.assertGreater(len(acknowledged), 0)
            again.terminate()
            again.communicate(timeout=30)
            self.assertEqual(0, again.returncode)


if __name__ == "__main__":
    unittest.main()
