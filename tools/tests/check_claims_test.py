import json
import os
import tempfile
import unittest

from loading import tool

check_claims = tool("check_claims")
HEAD = "# x\n\n| sentence | proof | figure | seen | state |\n|---|---|---|---|---|\n"
SOURCE = """#include <gtest/gtest.h>
TEST(Ids, RoundTrip) {
  EXPECT_EQ(a, b);
}
TEST(Ids, SaysNothing) {
  // EXPECT_EQ(a, b);
  run("EXPECT_EQ(a, b)");
}
TEST(Ids, SaysTrue) { EXPECT_TRUE(true); }
TEST(Ids, Borrows) { if (x) { expect_same(a, b); } }
"""


def case(name, line, state="passed", reason="", kind="gtest", file="src/base/ids_test.cpp"):
    return {"suite": "unit", "program": "base_tests", "name": name, "kind": kind, "state": state, "reason": reason, "file": file, "line": line,
            "seconds": 0}


class CheckClaims(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.cases = [case("Ids.RoundTrip", 2), case("Ids.SaysNothing", 5), case("Ids.SaysTrue", 9), case("Ids.Borrows", 10)]
        self.write("src/base/ids_test.cpp", SOURCE)

    def write(self, path, text):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    def wrong(self, row, complete=()):
        self.write("docs/acceptance/x.md", HEAD + row + "\n")
        self.write("results/cases.json", json.dumps(self.cases))
        return check_claims.check(self.folder.name, os.path.join(self.folder.name, "results"), list(complete))[0]

    def test_a_true_claim_is_silent(self):
        self.assertEqual(self.wrong("| ids come back | `Ids.RoundTrip` | – | – | done |"), [])

    def test_a_row_not_done_claims_nothing(self):
        self.assertEqual(self.wrong("| ids come back | – | – | – | not |"), [])

    def test_a_test_that_did_not_run_is_noticed(self):
        self.assertIn("not in the last test run", self.wrong("| a | `Ids.Vanished` | – | – | done |")[0])

    def test_a_failed_test_is_noticed_in_a_partial_row_too(self):
        self.cases[0]["state"] = "failed"
        self.assertIn("failed", self.wrong("| a | `Ids.RoundTrip` | – | – | partial |")[0])

    def test_a_test_that_asserts_nothing_is_noticed(self):
        for name in ("SaysNothing", "SaysTrue"):
            self.assertIn("asserts nothing", self.wrong(f"| a | `Ids.{name}` | – | – | done |")[0])

    def test_a_test_that_asserts_by_a_named_function_holds(self):
        self.assertEqual(self.wrong("| a | `Ids.Borrows` | – | – | done |"), [])

    def test_a_skipped_test_is_noticed_unless_long_or_without_data(self):
        for reason, holds in (("machine: no namespaces", False), ("long: 300 cycles", True), ("data: not there", True)):
            self.cases[0].update(state="skipped", reason=reason)
            self.assertEqual(self.wrong("| a | `Ids.RoundTrip` | – | – | done |") == [], holds, reason)

    def test_one_bad_proof_of_two_is_noticed(self):
        self.assertEqual(len(self.wrong("| a | `Ids.RoundTrip`; `Ids.Vanished` | – | – | done |")), 1)

    def test_a_whole_suite_holds_only_if_each_case_does(self):
        self.assertIn("asserts nothing (Ids.Says", self.wrong("| a | `Ids.*` | – | – | done |")[0])

    def test_a_done_row_with_nothing_behind_it_is_noticed(self):
        self.assertIn("neither proof nor anything seen", self.wrong("| a | – | – | – | done |")[0])
        self.assertEqual(self.wrong("| a | – | – | looked at | done |"), [])

    def test_an_unknown_state_and_a_torn_row_are_noticed(self):
        self.assertIn("is none of", self.wrong("| a | – | – | – | maybe |")[0])
        self.assertIn("columns", self.wrong("| a | – | done |")[0])

    def test_a_bar_inside_a_sentence_is_no_column(self):
        self.assertEqual(self.wrong("| `-o table\\|json` | `Ids.RoundTrip` | – | – | done |"), [])

    def test_bench_rows_and_files_are_looked_for(self):
        self.assertTrue(self.wrong("| a | `bench:p13_idle` | – | – | done |"))
        self.write("bench/results/x.jsonl", '{"row": "p13_idle", "ours": 1}\n')
        self.assertEqual(self.wrong("| a | `bench:p13_idle`; `file:bench/results/x.jsonl` | – | – | done |"), [])
        self.assertTrue(self.wrong("| a | `file:docs/nothing.md` | – | – | done |"))

    def test_checks_of_do_are_found_by_name(self):
        self.cases.append(case("lint", 0, kind="cmd", file=""))
        self.assertEqual(self.wrong("| a | `cmd:lint` | – | – | done |"), [])
        self.assertTrue(self.wrong("| a | `cmd:nothing` | – | – | done |"))

    def test_a_node_test_is_found_in_its_file(self):
        self.cases += [case("signs as the vector says", 0, kind="node", file=""), case("says nothing", 0, kind="node", file="")]
        self.write("tests/sign.test.mjs", "test('signs as the vector says', () => {\n  assert.equal(1, a);\n});\ntest('says nothing', () => {});\n")
        self.assertEqual(self.wrong("| a | `node:signs as the vector says` | – | – | done |"), [])
        self.assertIn("asserts nothing", self.wrong("| a | `node:says nothing` | – | – | done |")[0])

    def test_a_name_with_a_place_for_a_value_is_found(self):
        self.cases += [case("nothing is lost (sqlite)", 0, kind="node", file="")]
        self.write("tests/kill.test.mjs", "for (const database of databases)\n  test(`nothing is lost (${database})`, () => {\n    assert.ok(a);\n  });\n")
        self.assertEqual(self.wrong("| a | `node:nothing is lost (sqlite)` | – | – | done |"), [])

    def test_options_before_the_function_of_a_node_test_are_not_its_body(self):
        self.cases += [case("draws a page", 0, kind="node", file=""), case("waits", 0, kind="node", file="")]
        self.write("tests/page.test.mjs", "test('draws a page', { timeout: 1 }, () =>\n  open({}, async (p) => {\n    assert.ok(p);\n  }));\n"
                                          "test('waits', { timeout: 1 }, () => wait({}));\ntest('other', () => { assert.ok(1); });\n")
        self.assertEqual(self.wrong("| a | `node:draws a page` | – | – | done |"), [])
        self.assertIn("asserts nothing", self.wrong("| a | `node:waits` | – | – | done |")[0])

    def test_a_python_test_is_read_to_its_end(self):
        self.write("tools/tests/a_test.py", "class A:\n    def test_a(self):\n        run()\n\n    def test_b(self):\n        self.assertTrue(x)\n")
        self.cases += [case("A.test_a", 2, kind="python", file="tools/tests/a_test.py"), case("A.test_b", 5, kind="python", file="tools/tests/a_test.py")]
        self.assertIn("asserts nothing", self.wrong("| a | `A.test_a` | – | – | done |")[0])
        self.assertEqual(self.wrong("| a | `A.test_b` | – | – | done |"), [])

    def test_a_proof_in_no_known_form_is_noticed(self):
        self.assertIn("a form no proof has", self.wrong("| a | see the tests | – | – | done |")[0])

    def test_a_handle_to_be_complete_may_have_no_open_row(self):
        self.assertIn("is 'not'", self.wrong("| a | – | – | – | not |", complete=["x"])[0])
        self.assertIn("y.md is missing", self.wrong("| a | `Ids.RoundTrip` | – | – | done |", complete=["y"])[0])

    def test_no_results_at_all_is_noticed(self):
        self.assertIn("run ./do test first", check_claims.check(self.folder.name, "nowhere", [])[0][0])


if __name__ == "__main__":
    unittest.main()
