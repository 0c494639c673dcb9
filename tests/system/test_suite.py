"""The suite as a whole: `anju up`, `anju status`, `anju demo`, memory, starting with a long journal, services that are away."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from support import BIN, DATA, NAMES, SuiteTest, report_rows, wait_until


class Up(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="anju-up-")
        self.addCleanup(self.directory.cleanup)
        self.process = subprocess.Popen([str(BIN / "anju"), "up", "--data", self.directory.name, "--port-base", "0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop)
        self.assertEqual("ready", self.process.stdout.readline().decode().strip())
        self.endpoints = json.loads((pathlib.Path(self.directory.name) / "endpoints.json").read_text())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process.stdout.close()

    def anju(self, *arguments):
        env = dict(os.environ, LANG="C.UTF-8", **{f"ANJU_{name.upper()}": self.endpoints[name] for name in NAMES})
        return subprocess.run([str(BIN / "anju"), *map(str, arguments)], env=env, capture_output=True, timeout=60)

    def status(self):
        return {s["name"]: s for s in json.loads(self.anju("status", "-o", "json").stdout)["services"]}

    def test_status_of_four_healthy_services(self):
        status = self.status()
        self.assertEqual(set(NAMES), set(status))
        for service in status.values():
            self.assertTrue(service["healthy"] and service["pid"] > 0 and service["address"], service)

    def test_a_dead_child_is_started_again_on_its_port(self):
        before = self.status()["progress"]
        os.kill(before["pid"], signal.SIGKILL)
        wait_until(lambda: self.status()["progress"]["healthy"] and self.status()["progress"]["pid"] != before["pid"], what="restart")
        self.assertEqual(before["address"], self.status()["progress"]["address"])
        self.assertEqual(0, self.anju("catalogue", "import", DATA / "catalogue.csv").returncode)

    def test_a_second_up_on_the_same_directory_is_refused(self):
        second = subprocess.run([str(BIN / "anju"), "up", "--data", self.directory.name, "--port-base", "0"], capture_output=True, timeout=30)
        self.assertNotEqual(0, second.returncode)
        self.assertIn(b"DIRECTORY_IN_USE", second.stderr)

    def test_it_ends_its_children(self):
        pids = [s["pid"] for s in self.status().values()]
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, self.process.wait(30))
        for pid in pids:
            self.assertFalse(pathlib.Path(f"/proc/{pid}").exists(), pid)


class Demo(unittest.TestCase):
    def test_once_prints_the_tables_and_exits_0(self):
        result = subprocess.run([str(BIN / "anju"), "demo", "--once"], env=dict(os.environ, LANG="C.UTF-8"), capture_output=True, timeout=60)
        text = result.stdout.decode()
        self.assertEqual(0, result.returncode, text + result.stderr.decode())
        for figure in ("62.05", "61.20", "61.02", "61.58", "4.6", "16267.62", "88.14", "95.14", "52.48", "31.06", "37.17", "63.9", "103387", "76454", "10040", "8659",
                       "6811", "5485", "97902", "70969", "179555", "112168", "28976", "38411", "4106", "7766", "19187", "17460", "162.4466", "13640", "12134", "62.71", "2590", "2115", "860", "980"):
            self.assertRegex(text, rf"(?<![\d.]){re.escape(figure)}(?![\d.])")
        for words in ("迪安居通〔2017〕1号", "逐字节一致", "验证通过", "差错在 9 格上", "补报25套", "↑2", "示例数据", "广信区", "假定"):  # the late correction and its reason, and the labelled example
            self.assertIn(words, text)

    def test_damaged_data_fails_plainly(self):
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory, "documents.csv").write_text("file,document,issuer,issued,layer,accept_differences,kind\nabsent.csv,,,,,no,regions\n")
            result = subprocess.run([str(BIN / "anju"), "demo", "--once", "--documents", directory], capture_output=True, timeout=60)
            self.assertEqual(3, result.returncode, result)
            self.assertIn(b"FILE_NOT_FOUND", result.stderr)


class Away(SuiteTest):
    RANK = ("迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")

    def test_ranking_answers_current_tables_without_the_aggregator(self):
        token = self.suite.load()
        table = self.suite.rank(*self.RANK, "--at-least", token)
        self.suite.services["aggregator"].kill()
        alone = self.suite.rank(*self.RANK)
        self.assertEqual(table["rows"], alone["rows"])
        self.assertEqual(table["basis"]["token"], alone["basis"]["token"])
        self.assertGreater(alone["basis"]["recorded_time_us"], 0)
        self.suite.services["ranking"].kill(signal.SIGTERM)
        self.suite.services["ranking"].start()  # also from its own store
        self.assertEqual(table["rows"], self.suite.rank(*self.RANK)["rows"])
        dated = self.suite.anju("rank", *self.RANK, "--as-of", "2017-06-30", "-o", "json", "--deadline-ms", "2000")
        self.assertExit(6, dated)

    def test_progress_decides_while_plan_is_away(self):
        self.suite.load()
        self.suite.services["plan"].kill()
        file = self.suite.file(report_rows("维西县,shantytown.urban,starts,2017,2017-06-30,901,套,correction,核实,,"))
        self.assertEqual(1, self.suite.ok("report", file, "-o", "json").json()["accepted"])

    def test_at_least_fails_within_the_deadline_and_succeeds_after(self):
        self.suite.load()
        self.suite.services["aggregator"].kill()
        file = self.suite.file(report_rows("维西县,shantytown.urban,starts,2017,2017-06-30,902,套,correction,核实,,"))
        token = self.suite.ok("report", file, "-o", "json").json()["basis"]["token"]
        behind = self.suite.anju("rank", *self.RANK, "--at-least", token, "-o", "json", "--deadline-ms", "500")
        self.assertExit(6, behind)
        self.assertEqual("BEHIND", behind.errors()[0]["reason"])
        self.suite.services["aggregator"].start()
        row = next(r for r in self.suite.rank(*self.RANK, "--at-least", token)["rows"] if r["region"] == "533423")
        self.assertEqual("902", row["numerator"])

    def test_plan_import_then_report_passes_one_token(self):
        self.suite.load(kinds=("catalogue",))
        token = self.suite.ok("regions", "import", DATA / "regions.csv", "-o", "json").json()["basis"]["token"]
        said = self.suite.ok("report", DATA / "diqing_2017_06.report.csv", "--plan-at-least", token, "-o", "json").json()
        self.assertEqual(0, said["refused"])


class Size(SuiteTest):
    def test_four_idle_services_stay_small(self):
        self.suite.load()
        total = sum(s.resident_kib() for s in self.suite.services.values())
        print(f"resident {total // 1024} MiB ", end="", flush=True)
        self.assertLess(total, 150 * 1024)


if __name__ == "__main__":
    unittest.main()
