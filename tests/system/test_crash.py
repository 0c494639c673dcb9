"""kill -9 of real processes under load: every acknowledged figure is there once, and resending gives the original verdicts.

The seed is printed; ANJU_SEED=N repeats it. ANJU_KILLS sets the kills of each service (20).
"""

import os
import random
import shutil
import signal
import subprocess
import threading
import time
import unittest

from support import BIN, DATA, SuiteTest, report_rows, wait_until

KILLS = int(os.environ.get("ANJU_KILLS", "20"))
COUNTIES = ("香格里拉市", "德钦县", "维西县", "迪庆开发区", "迪庆州本级")
PROGRAMMES = ("shantytown.urban", "public_rental", "old_estate")


class Clerk(threading.Thread):
    """Reports file after file from its own sources until told to stop; remembers what was acknowledged and what it sent."""

    def __init__(self, suite, number, seed):
        super().__init__(daemon=True)
        self.suite, self.number, self.random = suite, number, random.Random(seed * 100 + number)
        self.done = threading.Event()
        self.sent = []  # (source, path, verdicts by line)
        self.failures = []

    def rows(self, count):
        for _ in range(count):
            county, programme = self.random.choice(COUNTIES), self.random.choice(PROGRAMMES)
            day = f"2017-{self.random.randint(1, 6):02}-{self.random.randint(1, 28):02}"
            if self.random.random() < 0.1:  # refused: before the plan year
                yield f"{county},{programme},starts,2017,2016-{day[5:]},1,套,,,,"
            else:
                yield f"{county},{programme},starts,2017,{day},{self.random.randint(1, 5)},套,increment,,,"

    def run(self):
        turn = 0
        while not self.done.is_set():
            turn += 1
            source = f"clerk{self.number}.{turn}"
            path = self.suite.file(report_rows(*self.rows(self.random.randint(1, 400))), name=f"{source}.csv")
            try:
                result = self.suite.anju("report", path, "--source", source, "-o", "json", "--deadline-ms", "20000")
            except subprocess.TimeoutExpired as expired:
                self.failures.append(repr(expired))
                return
            if result.code in (0, 1):
                self.sent.append((source, path, [(r["line"], r["verdict"], r["reason"]) for r in result.json()["rows"]]))
            elif result.code == 6:
                self.sent.append((source, path, None))  # outcome unknown: it is sent again at the end
            else:
                self.failures.append(repr(result))
                return


class Kills(SuiteTest):
    def setUp(self):
        super().setUp()
        self.suite.load(kinds=("catalogue", "regions", "plan"))
        self.seed = int(os.environ.get("ANJU_SEED", random.randrange(1 << 30)))
        print(f"seed {self.seed} ", end="", flush=True)
        self.random = random.Random(self.seed)

    def kill_under_load(self, name):
        clerks = [Clerk(self.suite, number, self.seed) for number in range(3)]
        for clerk in clerks:
            clerk.start()
        service = self.suite.services[name]
        for _ in range(KILLS):
            time.sleep(self.random.uniform(0.02, 0.25))
            service.kill(signal.SIGKILL)
            service.start()
        for clerk in clerks:
            clerk.done.set()
        for clerk in clerks:
            clerk.join(120)
            self.assertFalse(clerk.is_alive(), "a clerk hangs")
            self.assertEqual([], clerk.failures)
        return [sent for clerk in clerks for sent in clerk.sent]

    def check(self, sent):
        """Resends everything, then compares what is recorded, item by item, with what was acknowledged and with the rollup."""
        token, acknowledged = "", 0
        for source, path, verdicts in sent:
            again = self.suite.anju("report", path, "--source", source, "-o", "json")
            self.assertIn(again.code, (0, 1), repr(again))
            token = again.json()["basis"]["token"]
            if verdicts is None:
                continue
            acknowledged += len(verdicts)
            repeated = {r["line"]: (r["verdict"], r["reason"]) for r in again.json()["rows"]}
            for line, verdict, reason in verdicts:
                expected = "UNCHANGED" if verdict == "ACCEPTED" else verdict  # accepted then, so nothing changes now
                self.assertEqual((expected, reason), repeated[line], f"{source}:{line} was {verdict}")
        recorded = self.suite.ok("updates", "--limit", "1000000", "--refusals", "-o", "json").json()["updates"]
        places = [(u["source"], int(u["source_sequence"])) for u in recorded]
        self.assertEqual(len(places), len(set(places)), "an item is recorded twice")
        expected = {(source, line + 1) for source, path, _ in sent for line in range(len(path.read_text(encoding="utf-8").splitlines()) - 1)}
        self.assertEqual(expected, set(places), "what is recorded is not what was sent")
        totals = {}
        for update in recorded:
            if not update["reason"]:
                totals[update["programme"]] = totals.get(update["programme"], 0) + int(update["value"])
        for programme, total in totals.items():
            cell = self.suite.cell("迪庆州", programme, "starts", "2017", "--at-least", token)
            self.assertEqual(str(total), cell["actual"], programme)
        print(f"kills={KILLS} files={len(sent)} acknowledged={acknowledged} recorded={len(recorded)} lost=0 doubled=0 ", end="", flush=True)
        return token

    def kills_of(self, name):
        sent = self.kill_under_load(name)
        self.assertTrue(sent)
        token = self.check(sent)
        dump = self.suite.dump(token)
        # Derived state thrown away and rebuilt is the same, byte by byte.
        aggregator = self.suite.services["aggregator"]
        aggregator.kill(signal.SIGTERM)
        shutil.rmtree(aggregator.directory)
        aggregator.start()
        self.assertEqual(dump, self.suite.dump(token))

    def test_kill_progress(self):
        self.kills_of("progress")

    def test_kill_plan(self):
        self.kills_of("plan")

    def test_kill_aggregator(self):
        self.kills_of("aggregator")

    def test_kill_ranking(self):
        self.kills_of("ranking")


class Plan(SuiteTest):
    def test_kill_plan_between_imports(self):
        """Documents acknowledged before a kill are there after it; the others are there whole or not at all."""
        self.suite.load(kinds=("catalogue", "regions"))
        acknowledged, plan, number = [], self.suite.services["plan"], 0
        rng = random.Random(int(os.environ.get("ANJU_SEED", "7")))
        for _ in range(KILLS):
            killer = threading.Timer(rng.uniform(0.0, 0.3), plan.kill)
            killer.start()
            while killer.is_alive():
                number += 1
                rows = "".join(f"德钦县,shantytown.urban,starts,{2100 + number % 90},{number + 1},套,表{i}\n" for i in range(rng.randint(1, 200)))
                path = self.suite.file("region,programme,indicator,plan_year,value,unit,place\n" + rows)
                result = self.suite.anju("plan", "import", path, "--document", f"第{number}号", "--issuer", "迪庆州", "--issued", "unknown", "-o", "json",
                                         "--deadline-ms", "3000")
                if result.code == 0:
                    acknowledged.append((f"第{number}号", len(rows.splitlines())))
            killer.join()
            plan.start()
        stored = {d["document"]: int(d["rows"]) for d in self.suite.ok("plan", "list", "-o", "json").json()["documents"]}
        for document, rows in acknowledged:
            self.assertEqual(rows, stored.get(document), document)


class State(SuiteTest):
    def test_state_deleted_comes_back_with_the_same_answers(self):
        token = self.suite.load()
        rank = ("迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")
        dump, table = self.suite.dump(token), self.suite.rank(*rank)
        documents, updates = self.suite.ok("plan", "list", "-o", "json").out, self.suite.ok("updates", "-o", "json").out
        for service in self.suite.services.values():
            service.kill()
        for service in self.suite.services.values():
            shutil.rmtree(service.directory / "state")
            service.start()
        self.assertEqual(dump, self.suite.dump(token))
        self.assertEqual(documents, self.suite.ok("plan", "list", "-o", "json").out)
        self.assertEqual(updates, self.suite.ok("updates", "-o", "json").out)
        again = self.suite.rank(*rank, "--at-least", token)
        self.assertEqual(table["rows"], again["rows"])
        said = self.suite.ok("report", DATA / "diqing_2017_06.report.csv", "-o", "json").json()
        self.assertEqual(0, said["accepted"])

    def test_a_truncated_stream_leaves_whole_items(self):
        """The client is killed in the middle of sending; what was recorded is a prefix, and the same file again completes it."""
        self.suite.load(kinds=("catalogue", "regions"))
        rows = [f"德钦县,public_rental,allotment_entries,2017,2017-06-{1 + i % 28:02},1,套,increment,,," for i in range(20_000)]
        path = self.suite.file(report_rows(*rows))
        client = subprocess.Popen([str(BIN / "anju"), "report", str(path), "--source", "big"], env=self.suite.env(), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        recorded = lambda: len(self.suite.ok("updates", "--source", "big", "--limit", "100000", "-o", "json").json()["updates"])
        wait_until(lambda: self.suite.ok("updates", "--limit", "1", "-o", "json").json()["updates"], what="first update")
        client.kill()
        client.wait()
        said = self.suite.ok("report", path, "--source", "big", "-o", "json").json()
        self.assertEqual(20_000, said["accepted"] + said["unchanged"])
        self.assertEqual(20_000, recorded())
        cell = self.suite.cell("迪庆州", "public_rental", "allotment_entries", "2017", "--at-least", said["basis"]["token"])
        self.assertEqual("20000", cell["actual"])


if __name__ == "__main__":
    unittest.main()
