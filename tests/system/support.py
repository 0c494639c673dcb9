"""Real processes for the system tests: the four services one by one, or all through `anju up`, in a temporary directory."""

import base64
import csv
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ANJU_BIN_DIR", TOP / "build" / "bin"))
DATA = TOP / "deploy" / "data"
START_SECONDS = 20  # limit for a service to come up, never a measurement

NAMES = ("plan", "progress", "aggregator", "ranking")
REPORT_HEADER = "region,programme,indicator,plan_year,as_of,value,unit,kind,explanation,corrects,published"

AMENDMENT_HEADER = "region,programme,indicator,plan_year,value,unit,role\n"
BOUNDARY_HEADER = "date,event,region,into,share,units,name,parent,document,note"
DIQING = "迪庆州安居工程通报2017年6月"


def documents():
    with open(DATA / "documents.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Result:
    """What one run of the command printed and returned."""

    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout.decode("utf-8")
        self.err = completed.stderr.decode("utf-8")

    def json(self):
        return json.loads(self.out)

    def errors(self):
        return json.loads(self.err)["errors"]

    def __repr__(self):
        return f"exit {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"


class Service:
    """One anju-<name> process that can be killed and started again on the same port."""

    def __init__(self, name, directory, upstream, flags=()):
        self.name, self.directory, self.upstream, self.flags = name, directory / name, upstream, list(flags)
        self.address = None
        self.process = None
        self.log = open(directory / f"{name}.log", "ab")

    def start(self):
        listen = self.address or "127.0.0.1:0"
        command = [str(BIN / f"anju-{self.name}"), "--data", str(self.directory), "--listen", listen, *self.flags]
        for name in self.upstream:
            command += [f"--{name}", self.upstream[name].address]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening "):
            self.process.wait(5)
            raise AssertionError(f"anju-{self.name} did not start: {line!r}, exit {self.process.returncode}, see {self.log.name}:\n"
                                 + pathlib.Path(self.log.name).read_text(errors="replace")[-2000:])
        self.address = line.split()[1]
        return self

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(30)
        self.process.stdout.close()

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill(signal.SIGTERM)
        self.log.close()


class Suite:
    """The four services as processes of the test, in a new directory or in one that was restored."""

    def __init__(self, directory=None, flags=()):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="anju-test-"))
        self.services = {}
        for name, upstream in (("plan", ()), ("progress", ("plan",)), ("aggregator", ("plan", "progress")), ("ranking", ("aggregator",))):
            self.services[name] = Service(name, self.directory, {u: self.services[u] for u in upstream}, flags)
        for service in self.services.values():
            service.start()

    def env(self):
        env = dict(os.environ, LANG="C.UTF-8")
        for name, service in self.services.items():
            env[f"ANJU_{name.upper()}"] = service.address
        return env

    def anju(self, *arguments, stdin=None, lang=None, timeout=120):
        env = self.env()
        if lang:
            env["LANG"] = lang
        return Result(subprocess.run([str(BIN / "anju"), *map(str, arguments)], input=stdin, env=env, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, timeout=timeout))

    def ok(self, *arguments, **options):
        result = self.anju(*arguments, **options)
        if result.code != 0:
            raise AssertionError(f"anju {' '.join(map(str, arguments))}: {result!r}")
        return result

    def file(self, text, encoding="utf-8", name="input.csv"):
        path = self.directory / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    def load(self, directory=DATA, kinds=("catalogue", "regions", "checks", "plan", "milestones", "report")):
        """Loads what documents.csv lists; returns the token of the last import or report."""
        token = ""
        for row in documents():
            if row["kind"] not in kinds:
                continue
            result = self.import_document(row, directory)
            if result.code != 0:
                raise AssertionError(f"{row['file']}: {result!r}")
            token = result.json()["basis"]["token"] or token
        return token

    def import_document(self, row, directory=DATA, *more):
        path = pathlib.Path(directory) / row["file"]
        if row["kind"] in ("catalogue", "regions", "checks"):
            return self.anju(row["kind"], "import", path, "-o", "json", *more)
        if row["kind"] == "plan":
            accept = ["--accept-differences"] if row["accept_differences"] == "yes" else []
            return self.anju("plan", "import", path, "--document", row["document"], "--issuer", row["issuer"], "--issued", row["issued"], "-o", "json",
                             *accept, *more)
        if row["kind"] == "milestones":
            return self.anju("milestones", "import", path, "--document", row["document"], "-o", "json", *more)
        return self.anju("report", path, "-o", "json", *more)

    def amend(self, rows, document, amends, effective, *more):
        """`plan amend` with these rows."""
        file = self.file(AMENDMENT_HEADER + "".join(row + "\n" for row in rows), name="amendment.csv")
        return self.anju("plan", "amend", file, "--document", document, "--amends", amends, "--effective", effective, "-o", "json", *more)

    def boundaries(self, *rows, header=BOUNDARY_HEADER):
        file = self.file(header + "\n" + "".join(row + "\n" for row in rows), name="boundaries.csv")
        return self.anju("boundaries", "import", file, "-o", "json")

    def report(self, *rows, source=None):
        """Reports rows and returns what the command said; any row verdict is fine."""
        result = self.anju("report", self.file(report_rows(*rows), name="report.csv"), "-o", "json", *(["--source", source] if source else []))
        if result.code not in (0, 1):
            raise AssertionError(repr(result))
        return result.json()

    def rank(self, *arguments):
        return self.ok("rank", *arguments, "-o", "json").json()

    def cells(self, region, *arguments):
        return self.ok("rollup", region, *arguments, "-o", "json").json()["cells"]

    def cell(self, region, programme, indicator, year, *arguments, layer="city", of=None):
        """The cell of `of` (default: the region asked) in a rollup."""
        cells = self.cells(region, "--year", year, "--programme", programme, "--indicator", indicator, *arguments)
        code = cells[0]["region"] if of is None else None
        for cell in cells:
            if (cell["region"] == code or cell["name"] == of or cell["region"] == of) and cell["layer"] in (layer, ""):
                return cell
        raise AssertionError(f"no cell {of or region} {programme} {indicator} {year} {layer} in {cells}")

    def dump(self, token=""):
        return self.ok("dump", *(["--at-least", token] if token else [])).out

    def close(self):
        for name in reversed(NAMES):
            self.services[name].stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class SuiteTest(unittest.TestCase):
    """A fresh suite for every test."""

    def setUp(self):
        self.suite = Suite()
        self.addCleanup(self.suite.close)

    def assertExit(self, code, result):
        self.assertEqual(code, result.code, repr(result))

    def assertReasons(self, result, expected):
        """Expected: (reason, line, field) of every error, in order. A line of None is not compared."""
        got = [(e["reason"], e["line"], e["field"]) for e in result.errors()]
        self.assertEqual(len(expected), len(got), repr(result))
        for (reason, line, field), error in zip(expected, got):
            self.assertEqual((reason, line if line is not None else error[1], field), error, repr(result))


def report_rows(*rows):
    return REPORT_HEADER + "\n" + "".join(row + "\n" for row in rows)


def token_of(plan, progress=()):
    """A token for positions written journal/sequence: base64url of the serialized types.v1.Basis."""
    def length(number):
        out = b""
        while number > 127:
            out, number = out + bytes([number & 127 | 128]), number >> 7
        return out + bytes([number])

    def position(text):
        journal, sequence = text.split("/")
        return b"\x0a" + length(len(journal)) + journal.encode() + b"\x10" + length(int(sequence))

    message = b"".join(tag + length(len(p)) + p for tag, p in [(b"\x0a", position(plan))] + [(b"\x12", position(p)) for p in progress])
    return base64.urlsafe_b64encode(message).decode().rstrip("=")


def wait_until(condition, seconds=START_SECONDS, what="condition"):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {seconds} s")


def edit_csv(path, change):
    """Rewrites a CSV file row by row; `change` gets a dict and changes it in place, or returns False to leave the row out."""
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        header, rows = reader.fieldnames, list(reader)
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        if change(row) is not False:
            writer.writerow(row)
    pathlib.Path(path).write_text(out.getvalue(), encoding="utf-8")
