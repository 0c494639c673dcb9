"""`anju demo --national` on a made-up tree and, where the registry answers, on the real one."""

import csv
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from support import BIN, TOP

SCRIPT = TOP / "deploy" / "national"
HEADER = "code,name,parent,level,kind,valid_from,valid_to,aliases,gb_code,order,members,note\n"


def made_up_tree(path):
    """31 provinces of about 11 cities of about 9 counties; two provinces have counties right below them, one city has none."""
    rows = ["100000,全国,,country,administrative,,,中国,,1,,"]
    for p in range(31):
        province = f"{11 + p}0000"
        rows.append(f"{province},第{p + 1}省,100000,province,administrative,,,,{province},{len(rows) + 1},,")
        for c in range(11):
            city = f"{11 + p}{c + 1:02}00"
            if p >= 2:
                rows.append(f"{city},{p + 1}省{c + 1}市,{province},city,administrative,,,,{city},{len(rows) + 1},,")
            for k in range(0 if p == 30 and c == 10 else 8 + (p + c) % 3):
                county = f"{11 + p}{c + 1:02}{k + 1:02}"
                rows.append(f"{county},{p + 1}省{c + 1}市{k + 1}县,{city if p >= 2 else province},county,administrative,,,,{county},{len(rows) + 1},,")
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")


def run(*arguments, timeout=90):
    env = dict(os.environ, LANG="C.UTF-8")
    result = subprocess.run([str(BIN / "anju"), "demo", "--national", *map(str, arguments)], env=env, capture_output=True, timeout=timeout)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


class Once(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="anju-national-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.regions = self.directory / "regions.csv"

    def check(self, text):
        """31 ranked provinces that sum to the total; returns their names."""
        rows = re.findall(r"^ *(\d+)  (\S+) +(\d+) +(\d+) +(\d+\.\d\d) +(\S+) +(-?\d+\.\d\d) +(\d+) +(\d+) +(\d{4}-\d\d-\d\d)$", text, re.MULTILINE)
        self.assertEqual(31, len(rows), text)
        total = re.search(r"^ *(?:合计|total) +(\d+) +(\d+) +(\d+\.\d\d) +(-?\d+\.\d\d) +(\d+) +(\d+) ", text, re.MULTILINE)
        for column, of_total in ((2, 1), (3, 2), (7, 5)):
            self.assertEqual(int(total.group(of_total)), sum(int(row[column]) for row in rows), text)
        rates = [int(row[3]) / int(row[2]) for row in rows]
        self.assertEqual(sorted(rates, reverse=True), rates)
        self.assertEqual(1, int(rows[0][0]))
        self.assertTrue(any(row[5].startswith("↑") for row in rows) and any(row[5].startswith("↓") for row in rows), text)
        self.assertEqual({"2024-06-30"}, {row[9] for row in rows})
        sent = int(re.search(r"报送 (\d+) 条", text).group(1))
        return [row[1] for row in rows], sent

    def test_a_made_up_country(self):
        made_up_tree(self.regions)
        started = time.monotonic()
        code, out, err = run("--once", "--regions", self.regions)
        print(f"{time.monotonic() - started:.1f} s", flush=True)
        self.assertEqual(0, code, out + err)
        names, sent = self.check(out)
        self.assertEqual({f"第{p + 1}省" for p in range(31)}, set(names))
        self.assertGreater(sent, 50_000)
        self.assertIn("应报 31，本月已报 31", out)
        self.assertRegex(out, r"守恒：\d+ 项指标都是 31 省之和 = 全国汇总 = 所报之和")
        self.assertIn("示例数据", out)
        self.assertNotIn("\033", out)
        # Made up by a seed: the same again, but for times.
        again = run("--once", "--regions", self.regions, "--lang", "en")
        self.assertEqual(0, again[0], again)
        self.assertIn("conserved: for all", again[1])
        self.assertEqual(31, len(self.figures(out)))
        self.assertEqual(self.figures(out), self.figures(again[1]))

    @staticmethod
    def figures(text):
        return re.findall(r"^ *\d+  (\S+) +(\d+) +(\d+) +(\d+\.\d\d) ", text, re.MULTILINE)

    def test_the_demonstration_script(self):
        """Nothing to install or build any more, and nothing to fetch."""
        made_up_tree(self.regions)
        env = dict(os.environ, LANG="C.UTF-8", ANJU_BUILD_DIR=str(BIN.parent))
        result = subprocess.run([TOP / "deploy" / "demo", "--national", "--once", "--regions", self.regions], env=env, cwd="/", capture_output=True, timeout=120)
        self.assertEqual(0, result.returncode, result.stdout.decode() + result.stderr.decode())
        self.assertIn("守恒", result.stdout.decode())

    def test_the_real_country(self):
        env = dict(os.environ, ANJU_BUILD_DIR=str(self.directory))
        fetched = subprocess.run([SCRIPT], env=env, capture_output=True, timeout=400)
        if fetched.returncode == 6:
            self.assertIn("deploy/national", fetched.stderr.decode())
            self.skipTest("the npm registry does not answer")
        self.assertEqual(0, fetched.returncode, fetched.stderr.decode())
        regions = self.directory / "national" / "regions.csv"
        with open(regions, encoding="utf-8") as file:
            levels = [(row["level"], row["kind"]) for row in csv.DictReader(file)]
        self.assertEqual((1, 31, 333), tuple(levels.count((level, "administrative")) for level in ("country", "province", "city")))
        self.assertEqual(2_846, levels.count(("county", "administrative")))
        # Again: nothing is fetched, also without a network.
        again = subprocess.run([SCRIPT], env=dict(env, npm_config_registry="http://127.0.0.1:1"), capture_output=True, timeout=60)
        self.assertEqual(0, again.returncode, again.stderr.decode())
        started = time.monotonic()
        code, out, err = run("--once", "--regions", regions)
        print(f"{time.monotonic() - started:.1f} s", flush=True)
        self.assertEqual(0, code, out + err)
        names, _ = self.check(out)
        self.assertTrue({"北京市", "河北省", "云南省", "新疆维吾尔自治区"} <= set(names), names)
        self.assertIn("守恒", out)

    def test_bad_input(self):
        code, _, err = run("--once", "--regions", self.directory / "absent.csv")
        self.assertEqual(3, code, err)
        self.assertIn("FILE_NOT_FOUND", err)
        self.assertIn("./deploy/national", err)
        self.regions.write_text(HEADER + "130000,河北省,,province,administrative,,,,130000,,,\n", encoding="utf-8")
        code, out, err = run("--once", "--regions", self.regions)
        self.assertEqual(4, code, out + err)
        self.assertIn("BAD_VALUE", err)
        for wrong in (("--rate", "0"), ("--rate", "1000001"), ("--rate", "x"), ("--documents", ".")):
            self.assertEqual(64, run("--once", *wrong)[0], wrong)
        alone = subprocess.run([str(BIN / "anju"), "demo", "--once", "--rate", "5"], capture_output=True, timeout=60)
        self.assertEqual(64, alone.returncode, alone)


class Live(unittest.TestCase):
    """The form without --once ends within 5 s, with 0, and gives the terminal back."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="anju-national-")
        self.addCleanup(directory.cleanup)
        self.regions = pathlib.Path(directory.name) / "regions.csv"
        made_up_tree(self.regions)
        self.temporary = pathlib.Path(directory.name) / "tmp"
        self.temporary.mkdir()
        self.command = [str(BIN / "anju"), "demo", "--national", "--rate", "20000", "--regions", str(self.regions)]
        self.env = dict(os.environ, LANG="C.UTF-8", TERM="xterm", TMPDIR=str(self.temporary))

    def test_on_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(self.command[0], self.command, self.env)
        self.addCleanup(os.close, terminal)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 90, 0, 0))
        out = bytearray()

        def read_until(condition, seconds, what):
            deadline = time.monotonic() + seconds
            while not condition():
                self.assertLess(time.monotonic(), deadline, what + ":\n" + out.decode(errors="replace")[-3000:])
                if select.select([terminal], [], [], 0.1)[0]:
                    try:
                        data = os.read(terminal, 65536)
                    except OSError:
                        return  # the other side is closed
                    if not data:
                        return
                    out.extend(data)

        try:
            read_until(lambda: out.count(b"\033[H") >= 6, 60, "no table was drawn again and again")
            os.write(terminal, b"\x03")
            asked = time.monotonic()
            done = []

            def ended():
                if not done:
                    got, status = os.waitpid(pid, os.WNOHANG)
                    done.extend([status] if got else [])
                return bool(done)

            read_until(ended, 5, "it did not end")
            while not ended():
                self.assertLess(time.monotonic() - asked, 5)
                time.sleep(0.02)
        except AssertionError:
            os.kill(pid, signal.SIGKILL)
            raise
        self.assertEqual(0, os.waitstatus_to_exitcode(done[0]), out.decode(errors="replace")[-2000:])
        text = out.decode()
        self.assertLess(text.index("\033[?1049h"), text.index("\033[?25l"))
        self.assertLess(text.rindex("\033[?25l"), text.rindex("\033[?25h"))
        self.assertLess(text.rindex("\033[H"), text.rindex("\033[?1049l"))
        counts = [int(count) for count in re.findall(r"报送 (\d+) 条", text)]
        self.assertGreater(counts[-1], counts[0], counts)
        self.assertIn("条/秒", text)
        self.assertIn("合计", text.partition("\033[?1049l")[2])  # the last table stays
        self.assertEqual([], list(self.temporary.iterdir()))

    def test_a_terminal_that_goes_away_leaves_nothing(self):
        """SIGHUP is an end like any other, unless the user had it ignored."""
        for prefix, signals, code in (((), (signal.SIGHUP,), 0), (("nohup",), (signal.SIGHUP, signal.SIGTERM), 0)):
            # The tests themselves may run under nohup: then everything they start would ignore SIGHUP.
            process = subprocess.Popen([*prefix, *self.command], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                       preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
            try:
                for line in process.stdout:
                    if "合计" in line.decode():
                        break
                for number in signals:
                    self.assertIsNone(process.poll())
                    process.send_signal(number)
                    time.sleep(1)  # in which it must not end, where it has another signal to come
                process.communicate(timeout=10)
            except BaseException:
                process.kill()
                process.communicate()
                raise
            self.assertEqual(code, process.returncode, prefix)
            self.assertEqual([], list(self.temporary.iterdir()), prefix)

    def test_a_reader_that_has_enough(self):
        process = subprocess.Popen(self.command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(0, process.wait(timeout=40))
        self.assertEqual([], list(self.temporary.iterdir()))

    def test_into_a_file(self):
        process = subprocess.Popen(self.command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out = ""
            for line in process.stdout:
                out += line.decode()
                if "合计" in out and "\n\n" in out.split("合计")[-1]:
                    break
            process.send_signal(signal.SIGTERM)
            rest, err = process.communicate(timeout=5)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        self.assertEqual(0, process.returncode, out + rest.decode() + err.decode())
        self.assertNotIn("\033", out)
        self.assertEqual([], list(self.temporary.iterdir()))


if __name__ == "__main__":
    unittest.main()
