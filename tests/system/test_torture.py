"""The short form of tests/torture: some dozen deaths of every kind, and each protection taken away once, to show that its absence is noticed.

ANJU_SEED=N repeats a run; the long forms are tests/torture/run by itself.
"""

import os
import pathlib
import random
import re
import subprocess
import unittest

RUN = pathlib.Path(__file__).resolve().parents[1] / "torture" / "run"
SEED = int(os.environ.get("ANJU_SEED", random.randrange(1 << 30)))


def torture(*arguments):
    """(exit code, everything printed, the counts of the last line)."""
    bin_dir = os.environ.get("ANJU_BIN_DIR")
    environment = dict(os.environ)
    if bin_dir:
        environment.setdefault("ANJU_BUILD_DIR", str(pathlib.Path(bin_dir).resolve().parent))
    done = subprocess.run([str(RUN), "--seed", str(SEED), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
                          env=environment)
    words = [word.split("=") for word in done.stdout.strip().splitlines()[-1].split()]
    return done.returncode, done.stdout, {word[0]: int(word[1]) for word in words if len(word) == 2 and word[1].isdigit()}


class Torture(unittest.TestCase):
    def survives(self, *arguments):
        code, said, counts = torture(*arguments)
        self.assertEqual(0, code, said)
        self.assertEqual((0, 0), (counts["lost"], counts["doubled"]), said)
        print(said.strip().splitlines()[-1], end=" ", flush=True)
        return counts, said

    def fails(self, words, *arguments):
        """With a protection missing; the judge says what is wrong, in one of these words."""
        code, said, counts = torture("--discard", *arguments)
        self.assertEqual(1, code, said)
        self.assertGreater(sum(counts.get(word, 0) for word in words), 0, said)
        self.assertEqual(0, counts.get("broken", 0), said)
        self.assertIn("again: tests/torture/run", said)

    def test_nothing_is_lost_or_doubled_by_kills(self):
        counts, said = self.survives("--kills", 64, "--round", 32, "--only", "kill,place,term,stop,all,feed")
        self.assertGreaterEqual(counts["kills"], 60, said)
        self.assertGreater(counts["acked"], 0, said)

    def test_nothing_is_lost_or_doubled_by_power_failures(self):
        counts, said = self.survives("--power", 6, "--only", "power")
        if "does not let us mount" in said:
            self.skipTest("this machine does not let us mount images")
        self.assertGreaterEqual(counts["power"], 5, said)

    def test_damage_is_refused_or_harmless(self):
        counts, said = self.survives("--flips", 40, "--only", "flip")
        self.assertEqual(counts["flips"], counts["refused"] + counts["found"] + counts["harmless"], said)

    def test_failing_disks_end_the_process_and_nothing_else(self):
        self.survives("--io", 8, "--full", 1, "--only", "io,full")

    def test_an_older_copy_is_noticed(self):
        self.survives("--rollbacks", 1, "--only", "rollback")

    def test_every_place_to_die_at_is_one_of_the_code(self):
        top = RUN.parents[2]
        named = {place for path in [*top.glob("common/**/*.cc"), *top.glob("services/**/*.cc"), *top.glob("services/**/*.h")]
                 for place in re.findall(r'faults::Reach\("([a-z_.]+)"\)', path.read_text(encoding="utf-8"))}
        said = subprocess.run([str(RUN), "--places"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        self.assertEqual(sorted(named), said)

    def test_without_the_memory_of_what_was_sent_items_are_doubled(self):
        self.fails(["doubled", "wrong"], "--kills", 20, "--only", "kill", "--disable", "dedupe")

    def test_without_the_witness_an_older_journal_is_taken_up(self):
        self.fails(["silent"], "--rollbacks", 1, "--only", "rollback", "--disable", "witness")

    def test_without_the_position_check_a_disturbed_feed_is_believed(self):
        self.fails(["wrong", "feed", "silent", "doubled", "lost", "died"], "--kills", 60, "--only", "kill,feed", "--disturb", 0.5, "--disable", "position_check")

    def test_without_syncs_a_power_failure_loses_what_was_acknowledged(self):
        code, said, _ = torture("--power", 1, "--only", "power")
        if "does not let us mount" in said:
            self.skipTest("this machine does not let us mount images")
        self.fails(["lost", "vanished", "silent", "wrong", "died"], "--power", 10, "--only", "power", "--disable", "sync")


if __name__ == "__main__":
    unittest.main()
