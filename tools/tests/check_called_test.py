"""tools/check_called: an operation that no test called with success fails the run and is named."""
import json
import os
import tempfile
import unittest

from loading import tool

check_called = tool("check_called")


class CheckCalled(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("contracts/openapi.json", json.dumps({"paths": {"/a": {"get": {}, "post": {}}, "/a/{id}": {"get": {}}}}))

    def write(self, path, text):
        whole = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)

    def problems(self):
        return check_called.check(self.folder.name, os.path.join(self.folder.name, "results"))[0]

    def test_every_operation_called_is_no_problem(self):
        self.write("results/api/called.txt", "GET /a\nPOST /a\n")
        self.write("results/unit/called.txt", "GET /a/{id}\n")
        self.assertEqual(self.problems(), [])

    def test_what_no_test_called_is_named(self):
        self.write("results/api/called.txt", "GET /a\nGET /a/{id}\n")
        self.assertEqual(len(self.problems()), 1)
        self.assertIn("POST /a", self.problems()[0])

    def test_what_chance_or_the_matrix_called_does_not_count(self):
        self.write("results/api/called.txt", "GET /a\nGET /a/{id}\n")
        for suite in ("requests", "permissions"):
            self.write(f"results/{suite}/called.txt", "POST /a\n")
        self.assertEqual(len(self.problems()), 1)

    def test_an_exception_needs_a_reason_and_goes_when_it_is_not_needed(self):
        self.write("results/api/called.txt", "GET /a\nGET /a/{id}\n")
        self.write("tests/called/not_yet.tsv", "call\treason\nPOST /a\tcannot be made yet\n")
        self.assertEqual(self.problems(), [])
        self.write("tests/called/not_yet.tsv", "call\treason\nPOST /a\n")
        self.assertEqual(len(self.problems()), 2)
        self.write("tests/called/not_yet.tsv", "call\treason\nPOST /a\tx\nGET /a\tx\nGET /gone\tx\n")
        self.assertEqual(len(self.problems()), 2)

    def test_a_run_that_wrote_nothing_is_a_problem(self):
        self.assertIn("run ./do test first", self.problems()[0])


if __name__ == "__main__":
    unittest.main()
