"""Journals put back from a backup under services that keep what they had: before the fork they go on, beyond it they start over, and old names hold."""

import pathlib
import shutil
import signal

from support import NAMES, SuiteTest, report_rows, wait_until

JOURNALS = ("plan", "progress", "ranking")
TOTAL = ("迪庆州", "shantytown.urban", "starts", "2017")
ROW = "{},shantytown.urban,starts,2017,2017-03-{:02},{},套,increment,,,"
RANK = ("rank", "迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "-o", "json")


class LineageTest(SuiteTest):
    def setUp(self):
        super().setUp()
        self.suite.load(kinds=("catalogue", "regions", "plan"))
        self.round = 0

    def stop(self):
        for name in reversed(NAMES):
            self.suite.services[name].kill(signal.SIGTERM)

    def start(self):
        for name in NAMES:
            self.suite.services[name].start()

    def backup(self, name="backup"):
        directory = self.suite.directory / name
        self.assertExit(0, self.suite.anju("backup", "--to", directory, "-o", "json"))
        return directory

    def put_back(self, backup, *names):
        """Restores these services' journals into their places; what others have derived stays, and so do the ports."""
        self.round += 1
        self.stop()
        data = self.suite.directory / f"restored{self.round}"
        services = [word for name in names for word in ("--service", name)]
        self.assertExit(0, self.suite.anju("restore", backup, "--data", data, *services, "-o", "json"))
        for name in names:
            place = self.suite.directory / name
            if name == "ranking":  # its copy of the aggregator's cells is derived, and stays too
                for kept in ("cells",):
                    shutil.move(place / kept, data / name / kept)
            shutil.rmtree(place)
            shutil.move(data / name, place)
        self.start()

    def send(self, source, count, first=1, code=0):
        """Reports `count` increments of 1 as one source; the answer."""
        path = self.suite.file(report_rows(*[ROW.format("德钦县", 1 + i % 28, 1) for i in range(first - 1, first - 1 + count)]), name=f"{source}.csv")
        result = self.suite.anju("report", path, "--source", source, "-o", "json")
        self.assertExit(code, result)
        return result.json()

    def token(self, answer):
        return answer["basis"]["token"]

    def actual(self, token, *more):
        return self.suite.cell(*TOTAL, *(("--at-least", token) if token else ()), *more)["actual"]

    def following(self, service):
        status = self.suite.anju("status", "-o", "json").json()  # exit 6 while something is wrong
        return next(entry for entry in status["services"] if entry["name"] == service)

    def rebuilt(self):
        return (self.suite.directory / "aggregator.log").read_text(errors="replace").count("derived again")

    def test_followers_before_the_fork_go_on_and_old_names_answer_the_same_bytes(self):
        old = self.token(self.send("clerk", 5))
        questions = [RANK + ("--at", old), ("rollup", "迪庆州", "--year", "2017", "--at", old, "-o", "json"),
                     ("explain", "迪庆州", "--year", "2017", "--programme", TOTAL[1], "--indicator", TOTAL[2], "--at", old, "-o", "json")]
        said = [self.suite.ok(*question).out for question in questions]
        dump = self.suite.dump(old)
        backup = self.backup()
        self.put_back(backup, *JOURNALS)
        for question, before in zip(questions, said):
            self.assertEqual(before, self.suite.ok(*question).out, question)
        self.assertEqual(dump, self.suite.dump(old))
        # The same source goes on: what it sent is known, what is new counts.
        result = self.send("clerk", 8)
        self.assertEqual((3, 5), (result["accepted"], result["unchanged"]))
        self.assertEqual("8", self.actual(self.token(result)))
        for question, before in zip(questions, said):
            self.assertEqual(before, self.suite.ok(*question).out, question)
        self.suite.ok(*RANK, "--at-least", old)
        self.assertEqual(0, self.rebuilt(), "nothing had to be derived again")

    def test_followers_beyond_the_fork_start_over_by_themselves(self):
        old = self.token(self.send("clerk", 5))
        dump = self.suite.dump(old)
        backup = self.backup()
        lost = self.token(self.send("clerk", 9))
        self.suite.ok(*RANK, "--at-least", lost)  # the ranking's cells are beyond it too
        self.put_back(backup, *JOURNALS)
        wait_until(lambda: self.suite.anju("rollup", "迪庆州", "--year", "2017", "--at", lost, "-o", "json").code == 70, what="the aggregator learns of the restore")
        for command in (RANK + ("--at", lost), RANK + ("--at-least", lost), ("rollup", "迪庆州", "--year", "2017", "--at-least", lost, "-o", "json")):
            def refused():
                result = self.suite.anju(*command)
                return result.code == 70 and result.errors()[0]["reason"] == "ROLLED_BACK"
            wait_until(refused, what=f"{command} is told that its basis is lost")
        self.assertEqual(dump, self.suite.dump(old))
        self.assertEqual("5", self.actual(old))
        wait_until(lambda: self.suite.rank(*RANK[1:-2])["total"]["numerator"] == "5", what="the ranking shows what is there")
        self.assertEqual(1, self.rebuilt())
        # What was lost is sent again by its source and counts once.
        result = self.send("clerk", 9)
        self.assertEqual((4, 5), (result["accepted"], result["unchanged"]))
        self.assertEqual("9", self.actual(self.token(result)))
        self.assertEqual((0, 9), (lambda again: (again["accepted"], again["unchanged"]))(self.send("clerk", 9)))

    def test_two_restores_in_a_row(self):
        tokens, said = [], []
        for count in (2, 4, 6):
            tokens.append(self.token(self.send("clerk", count)))
            said.append(self.suite.ok(*RANK, "--at", tokens[-1]).out)
            backup = self.backup(f"backup{count}")
            self.send("clerk", count + 1)  # lost each time
            self.put_back(backup, *JOURNALS)
        again = self.backup("again")
        self.put_back(again, *JOURNALS)  # with nothing recorded in between
        for token, before in zip(tokens, said):
            wait_until(lambda: self.suite.anju(*RANK, "--at", token).code == 0, what="the past is back")
            self.assertEqual(before, self.suite.ok(*RANK, "--at", token).out)
        result = self.send("clerk", 7)
        self.assertEqual((1, 6), (result["accepted"], result["unchanged"]))
        self.assertEqual("7", self.actual(self.token(result)))
        journals = {s["name"]: s["ancestors"] for s in self.suite.ok("backup", "--to", again, "-o", "json").json() and
                    self.suite.ok("backup", "list", again, "-o", "json").json()["services"]}
        self.assertEqual(4, journals["progress"])

    def test_plan_alone_older_than_what_figures_were_decided_under(self):
        self.send("clerk", 2)
        backup = self.backup()
        extra = self.suite.file("region,programme,indicator,plan_year,value,unit\n德钦县,shantytown.urban,starts,2018,10,套\n", name="extra.csv")
        self.suite.ok("plan", "import", extra, "--document", "文", "--issuer", "迪庆州", "--issued", "2017-12-01")
        # Decided under the new document.
        late = self.token(self.send("late", 3))
        self.assertEqual("5", self.actual(late))
        self.put_back(backup, "plan")
        wait_until(lambda: "restored from the same backup" in self.following("progress")["problem"], what="progress says what to do")
        refused = self.suite.anju("report", self.suite.file(report_rows(ROW.format("德钦县", 9, 1)), name="r.csv"), "--source", "more", "-o", "json")
        self.assertExit(6, refused)
        self.assertEqual("NOT_READY", refused.errors()[0]["reason"])
        self.put_back(backup, "progress")
        result = self.send("late", 3)
        self.assertEqual(3, result["accepted"])
        self.assertEqual("5", self.actual(self.token(result)))

    def test_plan_alone_older_than_what_was_only_cached(self):
        self.send("clerk", 2)
        backup = self.backup()
        extra = self.suite.file("region,programme,indicator,plan_year,value,unit\n德钦县,shantytown.urban,starts,2018,10,套\n", name="extra.csv")
        token = self.suite.ok("plan", "import", extra, "--document", "文", "--issuer", "迪庆州", "--issued", "2017-12-01", "-o", "json").json()["basis"]["token"]
        self.suite.ok("rollup", "迪庆州", "--at-least", token)
        self.put_back(backup, "plan")
        wait_until(lambda: self.suite.anju("report", self.suite.file(report_rows(ROW.format("德钦县", 9, 1)), name="r.csv"), "--source", "more", "-o", "json").code == 0,
                   what="progress takes plan's journal again and goes on")
        again = self.suite.ok("plan", "import", extra, "--document", "文", "--issuer", "迪庆州", "--issued", "2017-12-01", "-o", "json").json()
        self.assertEqual("3", self.actual(again["basis"]["token"]))
        # The new import has the sequence of the lost one, and another name.
        lost = self.suite.anju("rollup", "迪庆州", "--at-least", token, "-o", "json")
        self.assertExit(70, lost)
        self.assertEqual("ROLLED_BACK", lost.errors()[0]["reason"])
