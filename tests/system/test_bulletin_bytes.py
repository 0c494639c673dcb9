"""What an issued bulletin says is the same in every version of the code: the content of record, byte by byte.

An old bulletin is composed again whenever it is verified, so a change here breaks the proof of everything issued before. When the template itself is
edited, the record is renewed on purpose: ANJU_RENEW_RECORD=1 python3 -m unittest tests/system/test_bulletin_bytes.py (with ANJU_BIN_DIR), and the diff read.
"""

import json
import os
import pathlib
import unittest

from test_bulletin import BulletinTest

RECORD = pathlib.Path(__file__).resolve().parents[1] / "data" / "diqing_2017_06.bulletin.json"


class ContentOfRecord(BulletinTest):
    def test_is_composed_byte_by_byte(self):
        content = self.content(self.issue()["number"])
        # Journals have an identity of their own in every store; everything else is fixed by the documents.
        self.assertEqual([("plan", 32, 64), ("progress", 32, 64)], [(head["service"], len(head["journal"]), len(head["hash"])) for head in content["basis"]])
        for head in content["basis"]:
            head["journal"] = head["hash"] = "0"
            # The roots of their trees came later than this record and are as much their own: a basis without them gives a content without them.
            self.assertEqual((64, True), (len(head.pop("tree_root")), 0 < head.pop("tree_size") <= head["sequence"]))
        self.assertTrue(content["basis_token"])
        content["basis_token"] = ""
        said = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        if os.environ.get("ANJU_RENEW_RECORD"):
            RECORD.write_text(said, encoding="utf-8")
        self.assertMultiLineEqual(RECORD.read_text(encoding="utf-8"), said)


if __name__ == "__main__":
    unittest.main()
