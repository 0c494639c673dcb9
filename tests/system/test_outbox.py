"""`anju report --outbox`: the client killed at any moment, the service away or restored older; every row counts once."""

import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from support import BIN, SuiteTest, report_rows

KILLS = int(os.environ.get("ANJU_OUTBOX_KILLS", "12"))


class Outbox(SuiteTest):
    def setUp(self):
        super().setUp()
        self.suite.load(kinds=("catalogue", "regions", "plan"))
        self.outbox = self.suite.directory / "outbox"

    def rows(self, count, value=1, day="2017-03-01"):
        return report_rows(*[f"德钦县,public_rental,allotment_entries,2017,{day},{value},套,increment,,," for _ in range(count)])

    def send(self, *arguments):
        return self.suite.anju(*arguments, "--outbox", self.outbox, "-o", "json")

    def total(self, token):
        return self.suite.cell("迪庆州", "public_rental", "allotment_entries", "2017", "--at-least", token)["actual"]

    def test_files_of_one_source_follow_each_other(self):
        """Without an outbox the second file would be a conflict: its rows begin with number 1 again."""
        first, second = self.suite.file(self.rows(3), name="first.csv"), self.suite.file(self.rows(2, 10), name="second.csv")
        for path, accepted in ((first, 3), (second, 2), (first, 0), (second, 0)):
            result = self.send("report", path, "--source", "clerk")
            self.assertExit(0, result)
            self.assertEqual(accepted, result.json()["accepted"], repr(result))
        self.assertEqual("23", self.total(result.json()["basis"]["token"]))
        listed = self.send("outbox", "list").json()["outboxes"]
        self.assertEqual([("clerk", 0, ["first.csv", "second.csv"])],
                         [(o["source"], o["waiting"], [os.path.basename(f["file"]) for f in o["files"]]) for o in listed])

    def test_a_bad_network(self):
        path = self.suite.file(self.rows(5), name="away.csv")
        progress = self.suite.services["progress"]
        progress.kill()
        result = self.send("report", path, "--source", "clerk")
        self.assertExit(6, result)
        self.assertEqual(5, self.send("outbox", "list").json()["outboxes"][0]["waiting"])
        self.assertExit(6, self.send("outbox", "send"))
        path.unlink()  # the clerk goes home with the file
        progress.start()
        sent = self.send("outbox", "send")
        self.assertExit(0, sent)
        one = sent.json()["outboxes"][0]
        self.assertEqual((5, 0), (one["accepted"], one["waiting"]), repr(sent))
        self.assertEqual("5", self.total(one["basis"]["token"]))

    def test_refused_rows_are_told_with_file_and_line(self):
        path = self.suite.file(report_rows("德钦县,public_rental,allotment_entries,2017,2017-03-01,1,套,increment,,,",
                                           "德钦县,public_rental,allotment_entries,2017,2016-03-01,1,套,increment,,,"), name="early.csv")
        self.suite.services["progress"].kill()
        self.assertExit(6, self.send("report", path, "--source", "clerk"))
        self.suite.services["progress"].start()
        sent = self.send("outbox", "send")
        self.assertExit(1, sent)
        one = sent.json()["outboxes"][0]
        self.assertEqual((1, 1, 0), (one["accepted"], one["refused"], one["waiting"]))
        self.assertEqual([(str(path), 3, "BEFORE_PLAN_YEAR")], [(r["file"], r["line"], r["reason"]) for r in one["rows"]])

    def test_the_outbox_numbers_rows_itself(self):
        path = self.suite.file("region,programme,indicator,plan_year,as_of,value,unit,sequence\n德钦县,public_rental,allotment_entries,2017,2017-03-01,1,套,1\n")
        result = self.send("report", path, "--source", "clerk")
        self.assertExit(4, result)
        self.assertReasons(result, [("BAD_VALUE", 2, "sequence")])

    def test_a_damaged_outbox_is_refused_by_name(self):
        self.assertExit(0, self.send("report", self.suite.file(self.rows(2)), "--source", "clerk"))
        batch = next((self.outbox / "clerk.outbox").glob("*.batch"))
        data = bytearray(batch.read_bytes())
        data[len(data) // 2] ^= 4
        batch.write_bytes(data)
        result = self.send("report", self.suite.file(self.rows(2, 3)), "--source", "clerk")
        self.assertExit(70, result)
        self.assertEqual((str(batch), "DATA_LOSS"), (result.errors()[0]["value"], result.errors()[0]["reason"]))

    def test_killed_at_any_moment_and_run_again(self):
        """kill -9 of the client while it stores, sends or waits, the service killed too now and then; then everything once more."""
        seed = int(os.environ.get("ANJU_SEED", random.randrange(1 << 30)))
        print(f"seed {seed} ", end="", flush=True)
        rng = random.Random(seed)
        progress, sent = self.suite.services["progress"], 0
        files = [self.suite.file(self.rows(rng.randint(500, 3000), i + 1), name=f"day{i}.csv") for i in range(KILLS)]
        for i, path in enumerate(files):
            client = subprocess.Popen([str(BIN / "anju"), "report", str(path), "--source", "clerk", "--outbox", str(self.outbox)], env=self.suite.env(),
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0, 0.15))
            if i % 4 == 3:
                progress.kill(signal.SIGKILL)
                progress.start()
            client.kill()
            client.wait()
        expected = 0
        for i, path in enumerate(files):
            result = self.send("report", path, "--source", "clerk")
            self.assertExit(0, result)
            expected += (i + 1) * (len(path.read_text(encoding="utf-8").splitlines()) - 1)
        self.assertEqual(str(expected), self.total(result.json()["basis"]["token"]))
        recorded = self.suite.ok("updates", "--source", "clerk", "--limit", "1000000", "-o", "json").json()["updates"]
        numbers = [int(u["source_sequence"]) for u in recorded]
        self.assertEqual(list(range(1, len(numbers) + 1)), sorted(numbers))

    def test_a_service_put_back_to_an_older_state_gets_what_it_lost(self):
        """The data directory is replaced by a copy of yesterday; what the outbox has is sent again, once."""
        progress, aggregator = self.suite.services["progress"], self.suite.services["aggregator"]
        self.assertExit(0, self.send("report", self.suite.file(self.rows(10), name="a.csv"), "--source", "clerk"))
        progress.kill(signal.SIGTERM)
        old = self.suite.directory / "yesterday"
        shutil.copytree(progress.directory, old)
        progress.start()
        self.assertExit(0, self.send("report", self.suite.file(self.rows(5, 100), name="b.csv"), "--source", "clerk"))
        progress.kill(signal.SIGTERM)
        shutil.rmtree(progress.directory)
        shutil.copytree(old, progress.directory)
        progress.start()
        result = self.suite.anju("report", self.suite.file(self.rows(1, 1000), name="c.csv"), "--source", "clerk", "--outbox", self.outbox)
        self.assertExit(0, result)
        self.assertIn("15", result.err)
        result = self.send("report", self.suite.directory / "c.csv", "--source", "clerk")
        aggregator.kill(signal.SIGTERM)  # it holds what was lost; a fresh one is asked here, the old one is the business of other tests
        shutil.rmtree(aggregator.directory)
        aggregator.start()
        self.assertEqual("1510", self.total(result.json()["basis"]["token"]))


if __name__ == "__main__":
    unittest.main()
