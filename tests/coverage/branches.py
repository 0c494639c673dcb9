"""Counts the branches that llvm-cov exports, a line for each file, area and the whole; ends with 1 when too few were taken.

A branch is one outcome of one condition. Conditions inside a macro count where the macro is used, each use for itself; those of a template count
once, taken when any instantiation took them. Three rules, the same for every file, leave out what no run can take or nobody wrote; how many each left
out is printed:
  - CHECK and CHECK_OK, both sides: the failing one ends the process, and with it the counting
  - the hidden default of a switch without a default label: the compiler warns of an enumerator that has no case (-Wswitch)
  - comparisons that the compiler generates (= default)
"""

import argparse
import collections
import json
import re
import sys

CHECKS = re.compile(r"\bCHECK(_OK)?$")
RULES = {
    "check": "of CHECK and CHECK_OK",
    "switch": "of hidden defaults of switches",
    "default": "of comparisons that the compiler generates",
}


class Source:
    """The text of one file, asked by the regions that llvm-cov names."""

    def __init__(self, path):
        self.lines = open(path, encoding="utf-8").read().split("\n")

    def text(self, region):
        first, left, last, right = region[:4]
        if first == last:
            return self.lines[first - 1].encode()[left - 1:right - 1].decode(errors="replace")
        return " ".join([self.lines[first - 1].encode()[left - 1:].decode(errors="replace"), *self.lines[first:last - 1],
                         self.lines[last - 1].encode()[:right - 1].decode(errors="replace")])

    def is_constant(self, branch):
        """What the compiler decided itself is exported as never taken on either side."""
        text = self.text(branch)
        return text in ("true", "false") or "if constexpr" in self.lines[branch[0] - 1]


    def rule_for(self, branch):
        """The rule that leaves out a condition outside of macros, if any does."""
        line = self.lines[branch[0] - 1]
        if "= default;" in line:
            return "default"
        if line[:branch[1] - 1].endswith("switch ("):
            return "switch"
        return None


def branches_of(file):
    """(key, taken true, taken false, the rule that leaves it out) of each condition of an exported file."""
    source = Source(file["filename"])
    for branch in file["branches"]:
        if not source.is_constant(branch):
            yield tuple(branch[:4]), branch[4], branch[5], source.rule_for(branch)
    for expansion in file["expansions"]:
        region = expansion["source_region"]
        macro = source.text(region)
        # The same place of the macro may hold several conditions: what was written into it.
        at_place = collections.Counter()
        for branch in expansion["branches"]:
            place = (branch[8], *branch[:4])
            at_place[place] += 1
            yield (*region[:4], *place, at_place[place]), branch[4], branch[5], "check" if CHECKS.search(macro) else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uncovered", action="store_true", help="list what nothing took")
    parser.add_argument("--bar", type=float, required=True)
    parser.add_argument("--top", required=True)
    parser.add_argument("export")
    parser.add_argument("files", nargs="+", metavar="AREA:FILE")
    options = parser.parse_args()

    with open(options.export, encoding="utf-8") as stream:
        exported = {file["filename"]: file for file in json.load(stream)["data"][0]["files"]}
    areas = collections.OrderedDict()
    left_out = collections.Counter()
    missing = []
    for name in options.files:
        area, path = name.split(":", 1)
        file = exported.get(f"{options.top}/{path}")
        if file is None:
            if path.endswith(".cc"):
                missing.append(path)
            continue
        taken = collections.defaultdict(lambda: [0, 0])
        kept_out = {}
        for key, on_true, on_false, rule in branches_of(file):
            if rule:
                kept_out[key] = rule
                continue
            taken[key][0] += on_true
            taken[key][1] += on_false
        left_out.update({rule: 2 * count for rule, count in collections.Counter(kept_out.values()).items()})
        if not taken:
            continue
        covered = sum((count > 0) for both in taken.values() for count in both)
        counts = areas.setdefault(area, [0, 0])
        counts[0] += covered
        counts[1] += 2 * len(taken)
        print(f"{area:9} {path:52} {covered:5}/{2 * len(taken):5} {50 * covered / len(taken):7.2f} %")
        if options.uncovered:
            source = Source(file["filename"])
            for key in sorted(taken):
                sides = [side for side, count in zip(("true", "false"), taken[key]) if count == 0]
                if sides:
                    print(f"          {path}:{key[0]}: never {' nor '.join(sides)}: {source.text(key[:4])[:60]} | {source.lines[key[0] - 1].strip()[:150]}")
    for area, (covered, count) in areas.items():
        print(f"{area:9} {covered}/{count}: {100 * covered / count:.2f} %")
    covered, count = (sum(column) for column in zip(*areas.values()))
    share = 100 * covered / count
    if missing:
        print("no test runs anything of " + ", ".join(missing))
    print("left out: " + ", ".join(f"{left_out[rule]} {words}" for rule, words in RULES.items()))
    met = share >= options.bar and not missing
    print(f"branches {covered}/{count}: {share:.2f} %, bar {options.bar:g} %: {'met' if met else 'short'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
