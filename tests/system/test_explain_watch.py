"""Why a figure and a place are what they are; movement, distance and milestones; watching a league table while services are killed.

The seed is printed; ANJU_SEED=N repeats it.
"""

import json
import os
import random
import signal
import subprocess
import time
import unittest

from support import BIN, DIQING, SuiteTest

STARTS = ("--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts")
JUNE = ("--as-of", "2017-06-30")


class Loaded(SuiteTest):
    def setUp(self):
        super().setUp()
        self.before = self.suite.load()

    def correct(self, value, county="维西县", explanation="补报"):
        said = self.suite.report(f"{county},shantytown.urban,starts,2017,2017-06-30,{value},套,correction,{explanation},,")
        self.assertEqual(1, said["accepted"], said)
        return said["basis"]["token"]


class Explain(Loaded):
    def explain(self, region, *more):
        return self.suite.ok("explain", region, *STARTS, *more, "-o", "json").json()

    def test_a_late_correction_is_named_with_actor_time_source_and_explanation(self):
        token = self.correct(925, explanation="补报25套")
        answer = self.explain("维西县", *JUNE, "--at-least", token)
        self.assertEqual("own", answer["rule"])
        self.assertEqual(["925"], [c["actual"] for c in answer["cell"]])
        [contribution] = answer["contributions"]
        self.assertEqual(("533423", "925", "925", False), tuple(contribution[k] for k in ("region", "amount", "counted", "declared")))
        [update] = contribution["updates"]
        self.assertEqual(("correction", "925", "补报25套", "1"), tuple(update[k] for k in ("kind", "value", "explanation", "source_sequence")))
        self.assertTrue(update["actor"] and update["source"].startswith("sha256:") and update["recorded_time_us"] > 0)
        [target] = answer["targets"]
        self.assertEqual(("city", "1475", "own"), tuple(target[k] for k in ("layer", "target", "rule")))
        self.assertEqual([(DIQING, True)], [(r["document"], r["in_force"]) for r in target["revisions"]])
        before = self.explain("维西县", *JUNE, "--at", self.before)
        self.assertEqual("900", before["contributions"][0]["updates"][0]["value"])

    def test_the_series_of_a_whole_add_up_and_its_declared_whole_stands_beside(self):
        answer = self.explain("迪庆州", *JUNE)
        self.assertEqual(("children", 3), (answer["rule"], answer["parts_summed"]))
        counted = [c for c in answer["contributions"] if not c["declared"]]
        self.assertEqual(2294, sum(int(c["counted"]) for c in counted))
        self.assertEqual(["2294"], [c["amount"] for c in answer["contributions"] if c["declared"]])
        self.assertEqual({"533401", "533422", "533423"}, {p["region"] for p in answer["parts"]})
        for output in ("table", "csv"):
            self.assertIn("1241", self.suite.ok("explain", "迪庆州", *STARTS, "-o", output).out)

    def test_revisions_and_boundary_changes_on_the_way(self):
        self.assertExit(0, self.suite.amend(["维西县,shantytown.urban,starts,2017,1500,套,target"], "迪庆州调整〔2017〕1号", DIQING, "2017-09-01"))
        token = self.suite.boundaries("2020-01-01,merge,德钦县,维西县,,,,,测试〔2020〕1号,").json()["basis"]["token"]
        answer = self.explain("维西县", "--as-of", "2020-06-30", "--at-least", token)
        self.assertEqual("1053", answer["cell"][0]["actual"])
        way = {c["region"]: [(b["date"], b["event"], b["into"], b["document"]) for b in c["boundaries"]] for c in answer["contributions"]}
        self.assertEqual({"533423": [], "533422": [("2020-01-01", "merge", "533423", "测试〔2020〕1号")]}, way)
        [target] = answer["targets"]
        self.assertEqual(("1750", "250"), (target["target"], target["moved"]))
        self.assertEqual([("1475", False), ("1500", True)], [(r["target"], r["in_force"]) for r in target["revisions"]])

    def test_why_this_place(self):
        answer = self.explain("德钦县", *JUNE, "--rank")
        words = {r["word"]: r for r in answer["rank"]["reasons"]}
        self.assertEqual(1, words["BETTER"]["count"])
        self.assertIn("KEY", words)
        text = self.suite.ok("explain", "德钦县", *STARTS, *JUNE, "--rank").out
        self.assertIn("为什么是这个位次", text)
        self.assertIn("第 2 位", text)


class Distance(Loaded):
    def test_neighbours_movement_and_the_year(self):
        token = self.suite.report("香格里拉市,shantytown.urban,starts,2017,2017-05-31,1000,套,,,,", "维西县,shantytown.urban,starts,2017,2017-05-31,400,套,,,,",
                                  "德钦县,shantytown.urban,starts,2017,2017-05-31,130,套,,,,")["basis"]["token"]
        standing = self.suite.ok("standing", "德钦县", *STARTS, *JUNE, "--at-least", token, "-o", "json").json()
        row = standing["row"]
        self.assertEqual((2, 3, "61.20", 1, "52.00", "9.20", -1), tuple([row["rank"], standing["ranked"], row["value"]] + [row[k] for k in
                         ("previous_rank", "previous_value", "value_change", "rank_change")]))
        self.assertEqual("2017-05-31", standing["since"])
        # 156/250 = 62.40 is the first above 62.05; 152/250 = 60.80 the first below 900/1475 = 61.02.
        self.assertEqual(("533401", "3", "533423", "-1"), (standing["above"]["region"], standing["above"]["gap"], standing["below"]["region"], standing["below"]["gap"]))
        months = {p["as_of"]: p["rank"] for p in standing["year"]}
        self.assertEqual((1, 2), (months["2017-05-31"], months["2017-06-30"]))
        self.assertEqual((1, 2), (standing["best_rank"], standing["worst_rank"]))
        for output in ("table", "csv"):
            self.assertIn("61.20", self.suite.ok("standing", "德钦县", *STARTS, *JUNE, "-o", output).out)

    def test_milestones(self):
        status = self.suite.ok("milestones", "status", "迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", *JUNE, "-o", "json").json()["milestones"]
        mine = {(m["by"], m["strength"]): m for m in status if m["region"] == "533400"}
        june = mine[("2017-06-30", "must")]
        self.assertEqual(("2235", "2294", "59", 0, "met"), tuple(june[k] for k in ("required", "actual", "difference", "days_left", "state")))
        october = mine[("2017-10-31", "must")]
        # 3725 − 2294 = 1431 units in 123 days from 1 July.
        self.assertEqual(("3725", "-1431", 123, "12", "ahead"), tuple(october[k] for k in ("required", "difference", "days_left", "daily_pace", "state")))
        late = self.suite.ok("milestones", "status", "迪庆州", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "--as-of", "2017-11-30", "-o", "json").json()
        self.assertEqual("missed", next(m for m in late["milestones"] if m["region"] == "533400" and m["by"] == "2017-10-31")["state"])
        for output in ("table", "csv"):
            self.assertIn("2235", self.suite.ok("milestones", "status", "迪庆州", "--year", "2017", *JUNE, "-o", output).out)

    def test_gaps_are_listed_and_ranked(self):
        token = self.suite.report("迪庆州,shantytown.urban,starts,2017,2017-07-31,2400,套,,,,", "迪庆州,all,completions,2017,2017-07-31,180,套,,,,")["basis"]["token"]
        gaps = self.suite.ok("gaps", "迪庆州", "--year", "2017", "--at-least", token, "-o", "json").json()["cells"]
        self.assertEqual([("starts", "106"), ("completions", "8")], [(c["indicator"], c["gap"]) for c in gaps if c["gap"] not in (None, "0") and c["layer"] != "provincial"])
        self.assertTrue(self.suite.ok("gaps", "邯郸市", "-o", "json").json()["cells"])  # printed totals that do not fit
        table = self.suite.rank("云南省", *STARTS, "--by", "gap")
        self.assertEqual([("533400", "106")], [(r["region"], r["key"]) for r in table["rows"]])


class Watching(Loaded):
    def watch(self, *more, region="迪庆州", start=None):
        return subprocess.Popen([str(BIN / "anju"), "watch", region, *STARTS, "--from", start or self.before, "-o", "json", *map(str, more)], env=self.suite.env(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def lines(self, process, seconds=60):
        out, err = process.communicate(timeout=seconds)
        self.assertEqual(0, process.returncode, err.decode())
        *steps, end = [json.loads(line) for line in out.decode().splitlines()]
        self.assertEqual((True, len(steps)), (end["end"], end["transitions"]))
        return steps, end["token"]

    def change(self, step, region):
        return next(c for c in step["changes"] if c["region"] == region)

    def test_every_change_once_with_from_to_and_cause(self):
        watch = self.watch("--count", 2)
        self.correct(925, explanation="补报25套")
        self.suite.report("维西县,all,completions,2017,2017-06-30,1,套,,,,")  # another table's
        self.correct(800, explanation="重复统计")
        steps, token = self.lines(watch)
        self.assertEqual([("36/59", "37/59"), ("37/59", "32/59")], [tuple(self.change(s, "533423")[side]["key"] for side in ("from", "to")) for s in steps])
        self.assertEqual([(3, 1), (1, 3)], [(self.change(s, "533423")["from"]["rank"], self.change(s, "533423")["to"]["rank"]) for s in steps])
        self.assertEqual(["补报25套", "重复统计"], [s["cause"]["update"]["explanation"] for s in steps])
        again, _ = self.lines(self.watch("--for", "2s", start=steps[0]["token"]))
        self.assertEqual(steps[1:], again)
        none, _ = self.lines(self.watch("--for", "1500ms", start=token))
        self.assertEqual([], none)

    def test_a_standing_and_borders(self):
        watches = {name: self.watch("--for", "6s", *flags) for name, flags in
                   {"standing": ("--standing", "德钦县"), "top": ("--top", 1), "bottom": ("--bottom", 1), "threshold": ("--threshold", "62.5"), "milestones": ("--milestones",)}.items()}
        self.correct(925)  # 62.71: over the threshold, first; 德钦县 from 2 to 3
        self.correct(1241 + 9, county="香格里拉市")  # 62.50 exactly: at the threshold counts as reached
        got = {name: self.lines(process)[0] for name, process in watches.items()}
        self.assertEqual([(2, 3)], [(c["from"]["rank"], c["to"]["rank"]) for s in got["standing"] for c in s["changes"]])
        inside = lambda name: [[(c["region"], c["to"]["inside"]) for c in s["changes"]] for s in got[name]]
        self.assertEqual([[("533423", True), ("533401", False)]], inside("top"))
        self.assertEqual([[("533422", True), ("533423", False)]], [sorted(step) for step in inside("bottom")])
        self.assertEqual([[("533423", True)], [("533401", True)]], inside("threshold"))
        self.assertEqual([], got["milestones"])  # the only milestones are of the prefecture itself

    def test_bad_questions(self):
        for flags, code in ((("--standing", "无名县"), 3), (("--threshold", "many"), 4), (("--for", "5"), 4), (("--top", "1", "--bottom", "1"), 64), (("--from", "nonsense!"), 4)):
            result = self.suite.anju("watch", "迪庆州", *STARTS, *flags, *(() if "--for" in flags else ("--for", "1s")), "-o", "json")
            self.assertExit(code, result)

    def test_kills_lose_nothing_and_double_nothing(self):
        """kill -9 of aggregator and ranking in turn during a watch: every transition once, in order, each going on where the last ended."""
        seed = int(os.environ.get("ANJU_SEED", random.randrange(1 << 30)))
        print(f"seed {seed} ", end="", flush=True)
        rng = random.Random(seed)
        count, values, value = 40, [900], 900
        for _ in range(count):
            value = rng.choice([v for v in range(700, 1400) if v != value])
            values.append(value)
        watch = self.watch("--standing", "维西县", "--count", count)
        for number, value in enumerate(values[1:]):
            self.correct(value, explanation=f"第{number}次")  # another file each time
            if number % 4 == 1:
                service = self.suite.services[rng.choice(["aggregator", "ranking"])]
                service.kill(signal.SIGKILL)
                time.sleep(rng.uniform(0, 0.3))
                service.start()
        steps, token = self.lines(watch, 120)
        sequences = [s["cause"]["sequence"] for s in steps]
        self.assertEqual(sorted(set(sequences)), sequences, "a transition twice or out of order")
        self.assertEqual(values[1:], [int(s["cause"]["update"]["value"]) for s in steps])
        printed = [f"{(v * 10000 + 737) // 1475 / 100:.2f}" for v in values]
        self.assertEqual(printed[:-1], [self.change(s, "533423")["from"]["value"] for s in steps])
        self.assertEqual(printed[1:], [self.change(s, "533423")["to"]["value"] for s in steps])
        # What was seen live is what a watch of the past sees.
        again, _ = self.lines(self.watch("--standing", "维西县", "--count", count), 60)
        self.assertEqual(steps, again)
        current = next(r for r in self.suite.rank("迪庆州", *STARTS, "--at-least", token)["rows"] if r["region"] == "533423")
        self.assertEqual(str(values[-1]), current["numerator"])

    def test_it_ends_in_order_and_prints_the_token(self):
        process = subprocess.Popen([str(BIN / "anju"), "watch", "迪庆州", *STARTS, "--from", self.before], env=self.suite.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.correct(925, explanation="补报25套")
        line = process.stdout.readline().decode()
        self.assertIn("维西", line)
        self.assertIn("3→1", line)
        self.assertIn("补报25套", line)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        self.assertEqual(0, process.returncode)
        self.assertEqual([], self.lines(self.watch("--for", "1s", start=out.decode().strip().splitlines()[-1]))[0])


if __name__ == "__main__":
    unittest.main()
