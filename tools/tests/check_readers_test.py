import os
import tempfile
import unittest

from loading import tool

check_readers = tool("check_readers")
HEADER = "// A thing.\n%s#pragma once\nnamespace quanji::net {\n%s\n}  // namespace quanji::net\n"
READER = "base::Result<Thing> parse_thing(std::string_view text);"
TARGET = '#include "net/thing.h"\nint f() { return parse_thing(text); }\n'
MARK = "// Reads foreign bytes: fuzz/thing.cpp\n"


class CheckReaders(unittest.TestCase):
    def missing(self, mark, body, targets=None):
        return list(check_readers.check_header("net/thing.h", HEADER % (mark, body), {"fuzz/thing.cpp": TARGET} if targets is None else targets))

    def test_a_reader_with_its_target_is_silent(self):
        self.assertEqual(self.missing(MARK, READER), [])

    def test_a_header_without_readers_needs_nothing(self):
        self.assertEqual(self.missing("", "void write_thing(const Thing& thing);\nResult<int> level_from_text(std::string_view text);"), [])

    def test_a_reader_without_a_mark_is_named(self):
        found = self.missing("", READER)
        self.assertEqual(len(found), 1)
        self.assertIn("src/net/thing.h: parse_thing", found[0])

    def test_every_shape_of_a_reader_is_seen(self):
        for reader in ("Status feed(std::string_view bytes);", "static Result<T> from_bytes(std::span<const std::uint8_t> bytes);",
                       "static Result<T> parse(std::string_view text) {", "Result<T> read_document(const boost::json::value& json);",
                       "Result<T> variables_from_json(const boost::json::value& json);", "Result<T> read_part(\n    std::string_view a, int b);",
                       "Result<Bytes> signature_from_der(std::span<const std::uint8_t> der);", "static std::optional<Ip> parse(std::string_view t);"):
            self.assertEqual(len(self.missing("", reader)), 1, reader)

    def test_a_private_member_or_a_comment_is_no_reader(self):
        self.assertEqual(self.missing("", f"class A {{\n private:\n  {READER}\n}};\n// {READER}"), [])

    def test_a_public_member_behind_a_private_one_of_another_class_is_seen(self):
        self.assertEqual(len(self.missing("", f"class A {{\n private:\n  int a_;\n}};\nclass B {{\n public:\n  {READER}\n}};")), 1)

    def test_a_mark_that_leads_nowhere_is_noticed(self):
        self.assertIn("there is no fuzz/thing.cpp", self.missing(MARK, READER, {})[0])

    def test_a_target_that_does_not_include_the_header_is_noticed(self):
        self.assertIn("does not include it", self.missing(MARK, READER, {"fuzz/thing.cpp": "parse_thing(text)"})[0])

    def test_a_new_reader_beside_a_fuzzed_one_is_noticed(self):
        found = self.missing(MARK, READER + "\nResult<Other> parse_other(std::string_view text);")
        self.assertEqual(found, ["src/net/thing.h: parse_other is called in none of fuzz/thing.cpp"])

    def test_a_reader_may_stand_in_any_of_the_targets_named(self):
        other = '#include "net/thing.h"\nparse_other(text);'
        found = self.missing("// Reads foreign bytes: fuzz/thing.cpp, fuzz/other.cpp\n", READER + "\nResult<Other> parse_other(std::string_view text);",
                             {"fuzz/thing.cpp": TARGET, "fuzz/other.cpp": other})
        self.assertEqual(found, [])

    def test_what_reads_its_own_bytes_says_why_and_not_both(self):
        own = "// Reads its own bytes only: the program wrote them.\n"
        self.assertEqual(self.missing(own, READER), [])
        self.assertEqual(len(self.missing(own + MARK, READER)), 1)

    def test_the_whole_tree_is_walked_and_corpora_are_small_and_there(self):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {"src/net/deep/thing.h": HEADER % ("", READER), "fuzz/a.cpp": "", "fuzz/b.cpp": "", "fuzz/corpus/b/big": "x" * 4097}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                    f.write(text)
            found = list(check_readers.check_tree(root))
            self.assertEqual(len(found), 3)
            self.assertIn("fuzz/corpus/a:", found[0])
            self.assertIn("fuzz/corpus/b/big:", found[1])
            self.assertIn("src/net/deep/thing.h", found[2])


if __name__ == "__main__":
    unittest.main()
