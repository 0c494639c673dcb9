"""Proofs for third parties: the command and an independent checker agree on what holds, and both refuse whatever was changed."""

import json
import random
import re
import subprocess
import unittest

import proof_checker
from support import BIN, DATA, SuiteTest

TEMPLATE = DATA / "diqing_monthly.bulletin.yaml"
CODE = "diqing-monthly"
FORMS = ("text", "html", "csv", "json")
SEED = 20170706


class ProofsTest(SuiteTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.suite.load()
        self.suite.ok("bulletin", "define", TEMPLATE)

    def path(self, name):
        return self.suite.directory / name

    def issue(self, prefix, date="2017-07-05"):
        """Issues one; its files in four forms are PREFIX.FORM. Its number."""
        number = self.suite.ok("bulletin", "issue", CODE, "--as-of", "2017-06-30", "--date", date, "-o", "json", "--out", self.path("issued")).json()["number"]
        for form in FORMS:
            self.suite.ok("bulletin", "show", number, "--form", form, "--out", self.path(f"{prefix}.{form}"))
        return number

    def report(self, value):
        self.suite.report(f"533422,shantytown.urban,starts,2017,2017-06-{value % 28 + 1:02},{value},套,correction,补报,,")

    def prove(self, number, *more):
        out = self.path("proof.json")
        self.suite.ok("bulletin", "prove", number, *more, "--out", out, "-o", "json")
        return out

    def proof(self, *files, lang=None):
        """Without any service: addresses lead nowhere."""
        nowhere = [f"--{name}=127.0.0.1:1" for name in ("plan", "progress", "aggregator", "ranking")]
        return self.suite.anju("proof", *files, "-o", "json", *nowhere, lang=lang)

    def updates(self):
        return self.suite.ok("updates", "-o", "json").json()["updates"]

    def assertRefused(self, result, where):
        self.assertEqual(2, result.code, repr(result))
        self.assertIn(result.errors()[0]["reason"], ("PROOF_FAILED", "TAMPERED"))
        if where:
            self.assertIn(where, result.errors()[0]["value"] + result.errors()[0]["field"])

    def test_an_update_is_proved_and_read(self):
        number = self.issue("b")
        update = next(one for one in self.updates() if one["region"] == "533422" and one["indicator"] == "starts")
        proof = self.prove(number, "--update", update["journal_sequence"])
        for form in FORMS:
            result = self.proof(proof, self.path(f"b.{form}"))
            self.assertExit(0, result)
            said = result.json()
            self.assertTrue(said["proved"])
            self.assertEqual(form == "json", said["bulletin"]["hash_checked"])
            for key in ("region", "programme", "indicator", "plan_year", "as_of", "value", "unit", "kind", "source", "source_sequence", "actor"):
                self.assertEqual(update[key], said["fact"][key], key)
            self.assertEqual("德钦县", said["fact"]["region_name"])
        service, sequence, data, time_us = proof_checker.check(proof.read_bytes(), self.path("b.text").read_bytes())[0]
        self.assertEqual(("progress", int(update["journal_sequence"]), update["recorded_time_us"]), (service, sequence, time_us))
        # What people read, and what is missing with --bare.
        shown = subprocess.run([BIN / "anju", "proof", proof, self.path("b.text")], capture_output=True, text=True, check=True, env={"LANG": "C.UTF-8"}).stdout
        for word in ("德钦县", "开工", update["value"], "✓"):
            self.assertIn(word, shown)
        bare = self.prove(number, "--update", update["journal_sequence"], "--bare")
        fact = self.proof(bare, self.path("b.text")).json()["fact"]
        self.assertEqual(("update", None), (fact["event"], fact.get("region")))
        self.assertTrue(proof_checker.holds(bare.read_bytes(), self.path("b.text").read_bytes()))

    def test_other_records_are_proved(self):
        refused = self.suite.report("533422,shantytown.urban,starts,2017,2017-06-29,-1,套,cumulative,,,")
        self.assertEqual("REFUSED", refused["rows"][0]["verdict"])
        self.suite.ok("review", "reviewed", "533401", "--year", "2017", "--programme", "shantytown.urban", "--indicator", "starts", "--as-of", "2017-06-30", "--office", "迪庆州")
        number = self.issue("b")
        basis = {head["service"]: head["sequence"] for head in proof_checker.printed(self.path("b.text").read_bytes())["heads"]}
        seen = set()
        for service in ("plan", "progress"):
            last = basis[service]
            for sequence in sorted({*range(1, min(last, 12) + 1), *range(max(1, last - 12), last + 1)}):
                proof = self.prove(number, "--update", sequence, "--service", service)
                result = self.proof(proof, self.path("b.html"))
                self.assertExit(0, result)
                seen.add(result.json()["fact"]["event"])
                self.assertTrue(proof_checker.holds(proof.read_bytes(), self.path("b.text").read_bytes()), (service, sequence))
        self.assertLessEqual({"regions", "catalogue", "document", "milestones", "source", "series", "update", "refusal", "review"}, seen)

    def test_the_issue_itself(self):
        number = self.issue("b")
        proof = self.prove(number, "--issued")
        said = self.proof(proof, self.path("b.json")).json()
        self.assertEqual(("issued", number, False), (said["fact"]["event"], said["fact"]["number"], said["head_printed"]))
        self.assertTrue(proof_checker.holds(proof.read_bytes(), self.path("b.text").read_bytes()))
        second = self.issue("c")
        self.assertNotEqual(number, second)
        self.assertRefused(self.proof(proof, self.path("c.json")), "bulletin.number")

    def test_an_older_bulletin_is_the_beginning_of_a_newer_one(self):
        old = self.issue("old")
        for value in range(155, 170):
            self.report(value)
        new = self.issue("new")
        proof = self.prove(new, "--after", old)
        for form in FORMS:
            result = self.proof(proof, self.path(f"new.{form}"), self.path(f"old.{form}"))
            self.assertExit(0, result)
            self.assertEqual(["plan", "progress"], [one["to"]["service"] for one in result.json()["extensions"]])
        texts = self.path("new.text").read_bytes(), self.path("old.text").read_bytes()
        self.assertEqual(2, len(proof_checker.check(proof.read_bytes(), *texts)))
        # Wrong order, one file missing, one bulletin twice.
        self.assertRefused(self.proof(proof, self.path("old.text"), self.path("new.text")), "bulletin.number")
        self.assertRefused(self.proof(proof, self.path("new.text"), self.path("new.text")), "older.number")
        self.assertExit(64, self.proof(proof, self.path("new.text")))
        self.assertFalse(proof_checker.holds(proof.read_bytes(), *reversed(texts)))
        wrong = self.suite.anju("bulletin", "prove", old, "--after", new, "-o", "json")
        self.assertEqual((4, "BAD_VALUE", "after"), (wrong.code, wrong.errors()[0]["reason"], wrong.errors()[0]["field"]), repr(wrong))
        # A proof of a record for the newer bulletin says nothing about the older one.
        last = proof_checker.printed(texts[0])["heads"][1]["sequence"]
        update = self.prove(new, "--update", last)
        self.assertRefused(self.proof(update, self.path("old.text")), "bulletin.number")
        beyond = self.suite.anju("bulletin", "prove", old, "--update", last, "-o", "json")
        self.assertEqual((4, "BAD_VALUE", "update"), (beyond.code, beyond.errors()[0]["reason"], beyond.errors()[0]["field"]), repr(beyond))

    def test_what_cannot_be_asked(self):
        number = self.issue("b")
        for arguments, code in (((), 64), (("--update", 1, "--issued"), 64), (("--update", 1, "--journal", "f" * 32), 3), (("--after", "没有"), 3)):
            result = self.suite.anju("bulletin", "prove", number, *arguments, "-o", "json")
            self.assertExit(code, result)
        self.assertExit(3, self.suite.anju("bulletin", "prove", "没有", "--update", 1))
        proof = self.prove(number, "--update", 3)
        self.assertExit(3, self.proof(self.path("none"), self.path("b.text")))
        self.assertRefused(self.proof(self.path("b.text"), self.path("b.text")), "")
        self.assertRefused(self.proof(proof, proof), "")

    def test_every_changed_byte_is_refused(self):
        """By the checker every byte; by the command, which is a process each time, a sample of them."""
        old = self.issue("old")
        for value in range(155, 160):
            self.report(value)
        number = self.issue("b")
        bulletin, older = self.path("b.text").read_bytes(), self.path("old.text").read_bytes()
        sequence = self.updates()[-1]["journal_sequence"]
        dice = random.Random(SEED)
        for name, more in (("update.json", ("--update", sequence, "--bare")), ("after.json", ("--after", old))):
            proof = self.prove(number, *more).read_bytes()
            files = (bulletin, older) if "--after" in more else (bulletin,)
            self.assertTrue(proof_checker.holds(proof, *files))
            role = proof.find(b'"role"'), proof.find(b'"role"') + 20
            for i in range(len(proof)):
                if role[0] <= i < role[1]:
                    continue  # what an event is in a proof for is the command's to say
                changed = proof[:i] + bytes([proof[i] ^ 1 << dice.randrange(8)]) + proof[i + 1:]
                self.assertFalse(proof_checker.holds(changed, *files), (name, i, proof[max(0, i - 20):i + 20]))
            paths = (self.path("b.text"), self.path("old.text"))[:len(files)]
            for i in dice.sample(range(len(proof)), 120):
                changed = self.path("changed.json")
                changed.write_bytes(proof[:i] + bytes([proof[i] ^ 1 << dice.randrange(8)]) + proof[i + 1:])
                result = self.proof(changed, *paths)
                self.assertTrue(result.code in (2, 4, 64, 70) and result.code == 2 or result.errors()[0]["reason"] in ("SCHEMA_TOO_NEW", "USAGE"), (i, repr(result)))
        # Bytes of the heads and marks on the bulletin.
        proof = self.prove(number, "--update", sequence)
        for form in FORMS:
            whole = self.path(f"b.{form}").read_bytes()
            places = []
            for head in proof_checker.printed(bulletin)["heads"]:
                for word in (head["journal"], head["hash"][:32], head["hash"][32:], head["tree_root"][:32], head["tree_root"][32:], str(head["tree_size"])):
                    at = whole.rfind(word.encode()) if form != "json" else whole.find(word.encode())
                    self.assertGreaterEqual(at, 0, (form, word))
                    places += range(at, at + len(word)) if len(word) == 32 else []
            for i in dice.sample(places, 40):
                changed = self.path(f"changed.{form}")
                changed.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1:])
                self.assertRefused(self.proof(proof, changed), "")

    def test_verify_recomputes_the_roots(self):
        number = self.issue("b")
        steps = self.suite.ok("bulletin", "verify", number, "-o", "json").json()["bulletins"][0]["steps"]
        heads = {head["service"]: head["tree_root"] for head in proof_checker.printed(self.path("b.text").read_bytes())["heads"]}
        self.assertEqual(heads, {step["service"]: step["tree_root"] for step in steps if "tree_root" in step})
        for form in FORMS:
            self.suite.ok("bulletin", "verify", self.path(f"b.{form}"))
        self.assertEqual(0, self.suite.anju("check", self.path("b.csv")).code)

    def test_the_readmes_example_holds(self):
        readme = (DATA.parents[1] / "common" / "proof" / "README.md").read_text(encoding="utf-8")
        section = readme[readme.index("**A proof file"):]
        proof = re.search(r"```json\n(.*?)```", section, re.S)[1].encode()
        file = json.loads(proof)
        bulletin = {"number": file["bulletin"]["number"], "sha256": file["bulletin"]["sha256"], "heads": file["bulletin"]["heads"]}
        real = proof_checker.printed
        proof_checker.printed = lambda text: bulletin
        self.addCleanup(setattr, proof_checker, "printed", real)
        self.assertEqual([("progress", 2)], [event[:2] for event in proof_checker.check(proof, b"")])


class ForkTest(SuiteTest):
    """A restore starts a new journal with the same blocks: proofs reach across."""

    def test_proofs_across_a_restore(self):
        if "restore" not in self.suite.anju("--help").out:
            self.skipTest("this build has no restore")
        self.suite.load()
        self.suite.ok("bulletin", "define", TEMPLATE)
        issue = lambda: self.suite.ok("bulletin", "issue", CODE, "--as-of", "2017-06-30", "--date", "2017-07-05", "-o", "json", "--out", self.suite.directory / "issued").json()["number"]
        show = lambda number, name: self.suite.ok("bulletin", "show", number, "--form", "text", "--out", self.suite.directory / name)
        old = issue()
        show(old, "old.text")
        backup = self.suite.directory / "backup"
        self.suite.ok("backup", "--to", backup)
        for service in self.suite.services.values():
            service.stop()
        restored = self.suite.directory / "restored"
        self.suite.ok("restore", backup, "--data", restored)
        for name, service in self.suite.services.items():
            service.directory = restored / name
            service.log = open(self.suite.directory / f"{name}.log", "ab")
            service.start()
        for value in range(155, 160):
            self.suite.report(f"533422,shantytown.urban,starts,2017,2017-06-{value % 28 + 1:02},{value},套,correction,补报,,")
        new = issue()
        show(new, "new.text")
        texts = [(self.suite.directory / name).read_bytes() for name in ("new.text", "old.text")]
        journals = [proof_checker.printed(text)["heads"][1]["journal"] for text in texts]
        self.assertNotEqual(*journals)
        proof = self.suite.directory / "proof.json"
        self.suite.ok("bulletin", "prove", new, "--after", old, "--out", proof)
        self.suite.ok("proof", proof, self.suite.directory / "new.text", self.suite.directory / "old.text")
        self.assertEqual({"plan", "progress"}, {pair[1]["service"] for pair in proof_checker.check(proof.read_bytes(), *texts)})
        # Both verify in full: the old one's heads stand in the journals that continue theirs.
        self.suite.ok("bulletin", "verify", old, new)
        # A record from before the fork, against bulletins from before and after it.
        for number, name in ((old, "old.text"), (new, "new.text")):
            update = self.suite.ok("updates", "-o", "json").json()["updates"][0]["journal_sequence"]
            self.suite.ok("bulletin", "prove", number, "--update", update, "--out", proof)
            self.suite.ok("proof", proof, self.suite.directory / name)
            self.assertTrue(proof_checker.holds(proof.read_bytes(), (self.suite.directory / name).read_bytes()))


if __name__ == "__main__":
    unittest.main()
