import json
import os
import tempfile
import unittest

from loading import tool

collect_results = tool("collect_results")


class CollectResults(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, path, text):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    def suite(self, *tests):
        rows = "".join(f'<testcase name="{name}" status="{status}" time="1"/>' for name, status, _ in tests)
        self.write("unit/ctest.xml", f"<testsuite>{rows}</testsuite>")
        self.write("ctest.json", json.dumps({"tests": [{"name": name, "command": command} for name, _, command in tests]}))

    def gtest(self, path, *cases):
        self.write(path, "<testsuites><testsuite>" + "".join(cases) + "</testsuite></testsuites>")

    def collect(self):
        return {c["name"]: c for c in collect_results.collect(self.folder.name)}

    def test_single_cases_are_counted_not_programs(self):
        self.suite(("unit_base", "run", ["x/base_tests"]))
        self.gtest("unit/base_tests.xml", '<testcase name="A" classname="Ids" status="run" result="completed" file="a.cpp" line="3"/>',
                   '<testcase name="B" classname="Ids" status="run" result="completed"><failure message="no"/></testcase>')
        cases = self.collect()
        self.assertEqual(cases["Ids.A"]["state"], "passed")
        self.assertEqual(cases["Ids.A"]["line"], 3)
        self.assertEqual(cases["Ids.B"]["state"], "failed")
        self.assertNotIn("unit_base", cases)

    def test_a_test_of_node_with_tests_inside_is_a_case_too(self):
        self.suite(("cli", "run", ["x"]))
        self.write("unit/cli.xml", '<testsuites><testsuite name="all of it"><testcase name="one" classname="test"/></testsuite>'
                   '<testsuite name="torn"><testcase name="two" classname="test"><failure/></testcase></testsuite></testsuites>')
        cases = self.collect()
        self.assertEqual([cases[name]["state"] for name in ("all of it", "one", "torn", "two")], ["passed", "passed", "failed", "failed"])

    def test_a_program_that_died_without_a_report_is_a_failure(self):
        self.suite(("unit_base", "fail", ["x/base_tests"]))
        self.assertEqual(self.collect()["unit_base"]["state"], "failed")

    def test_a_program_that_ended_badly_after_green_cases_is_a_failure(self):
        self.suite(("unit_base", "fail", ["x/base_tests"]))
        self.gtest("unit/base_tests.xml", '<testcase name="A" classname="Ids" status="run" result="completed"/>')
        cases = self.collect()
        self.assertEqual((cases["Ids.A"]["state"], cases["unit_base"]["state"]), ("passed", "failed"))

    def test_a_torn_report_is_a_failure(self):
        self.suite(("unit_base", "run", ["x/base_tests"]))
        self.write("unit/base_tests.xml", "<testsuites><testcase")
        self.assertEqual(self.collect()["unit_base"]["state"], "failed")

    def test_a_test_without_a_report_is_one_case(self):
        self.suite(("contracts_are_committed", "run", ["/bin/sh", "x"]))
        self.assertEqual(self.collect()["contracts_are_committed"]["state"], "passed")

    def test_a_skip_needs_a_reason_that_counts(self):
        self.suite(("unit_base", "run", ["x/base_tests"]))
        skip = '<testcase name="{0}" classname="S" status="run" result="skipped"><skipped message="a_test.cpp:4&#x0A;{1}"/></testcase>'
        self.gtest("unit/base_tests.xml", skip.format("A", "long: 300 cycles"), skip.format("B", "no PostgreSQL here"),
                   '<testcase name="C" classname="S" status="notrun" result="suppressed"/>')
        cases = self.collect()
        self.assertEqual([cases[f"S.{n}"]["state"] for n in "ABC"], ["skipped", "failed", "failed"])
        self.assertEqual(cases["S.A"]["reason"], "long: 300 cycles")

    def test_parameters_and_types_are_the_same_promise(self):
        self.suite(("pg_storage", "run", ["x/storage_tests"]), ("pg_more", "run", ["x/storage_tests", "--gtest_filter=B*"]))
        self.gtest("unit/storage_tests.xml", '<testcase name="Holds/sqlite" value_param="1" classname="Both/Store" status="run" result="completed"/>',
                   '<testcase name="Holds" type_param="int" classname="Typed/0" status="run" result="completed"/>')
        self.gtest("unit/storage_tests_1.xml", '<testcase name="Other" classname="Store" status="run" result="completed"/>')
        self.assertEqual(sorted(self.collect()), ["Store.Holds", "Store.Other", "Typed.Holds"])

    def test_the_checks_of_do_are_cases(self):
        self.write("checks.tsv", "lint\tfailed\t12\n")
        self.assertEqual(self.collect()["lint"]["state"], "failed")


if __name__ == "__main__":
    unittest.main()
