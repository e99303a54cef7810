import os
import tempfile
import unittest

from loading import tool

check_rooms = tool("check_rooms")
LAW = """# comment
base     0 shared   -
domain   1 platform -
wire     1 shared   -
devices  1 robot    -
storage  2 platform domain
net      2 shared   -
services 3 platform domain storage
"""


class CheckRooms(unittest.TestCase):
    def setUp(self):
        self.rooms = check_rooms.read_rooms(LAW)

    def breaks(self, path, text):
        return list(check_rooms.check_file(path, self.rooms[path.split("/")[1]], text, self.rooms))

    def inside(self, room, body):
        return f"namespace quanji::{room} {{\n{body}\n}}\n"

    def test_a_lawful_file_is_silent(self):
        text = '#include "base/result.h"\n#include "domain/ids.h"\n#include <vector>\n' + self.inside("storage", "class Change;")
        self.assertEqual(self.breaks("src/storage/change.h", text), [])

    def test_an_include_upwards_is_noticed(self):
        found = self.breaks("src/domain/a.h", '#include "storage/change.h"\n' + self.inside("domain", "class A {};"))
        self.assertEqual(len(found), 1)
        self.assertIn("src/domain/a.h:1: domain must not see storage", found[0])

    def test_an_include_across_the_wings_is_noticed(self):
        found = self.breaks("src/storage/a.cpp", '\n#  include "devices/screen.h"\n' + self.inside("storage", "void f() {}"))
        self.assertIn("src/storage/a.cpp:2: storage must not see devices", found[0])

    def test_a_room_on_the_same_floor_is_seen_only_by_grant(self):
        self.assertTrue(self.breaks("src/storage/a.cpp", '#include "net/server.h"\n' + self.inside("storage", "void f() {}")))

    def test_an_include_with_angles_of_a_room_is_noticed(self):
        self.assertIn("quotes", self.breaks("src/storage/a.cpp", "#include <domain/ids.h>\n")[0])

    def test_an_include_by_dots_is_noticed(self):
        self.assertIn("never by ..", self.breaks("src/storage/a.cpp", '#include "../net/server.h"\n')[0])

    def test_an_include_in_a_comment_is_no_include(self):
        text = '// #include "storage/a.h"\n/*\n#include "storage/a.h"\n*/\n' + self.inside("domain", "void f() {}")
        self.assertEqual(self.breaks("src/domain/a.cpp", text), [])

    def test_each_library_is_held_to_its_room(self):
        for header, room in {"boost/asio.hpp": "domain", "boost/beast/core.hpp": "storage", "openssl/ssl.h": "base", "sqlite3.h": "services",
                             "libpq-fe.h": "services", "postgresql/libpq-fe.h": "net", "Python.h": "wire", "python3.11/Python.h": "net",
                             "pybind11/embed.h": "storage", "botan/hash.h": "net", "spdlog/spdlog.h": "net"}.items():
            found = self.breaks(f"src/{room}/a.cpp", f"#include <{header}>\n" + self.inside(room, "void f() {}"))
            self.assertEqual(len(found), 1, header)
            self.assertIn("is known only to", found[0])

    def test_a_library_in_its_own_room_is_silent(self):
        for header, room in {"boost/asio.hpp": "net", "sqlite3.h": "storage", "botan/hash.h": "base", "boost/json.hpp": "wire"}.items():
            self.assertEqual(self.breaks(f"src/{room}/a.cpp", f"#include <{header}>\n" + self.inside(room, "void f() {}")), [], header)

    def test_a_foreign_namespace_is_noticed(self):
        found = self.breaks("src/storage/a.h", "namespace quanji::domain {\nstruct Task { int a; };\n}\n" + self.inside("storage", "class A;"))
        self.assertIn("src/storage/a.h:1: namespace quanji::domain in room storage", found[0])

    def test_a_seen_room_may_be_named_but_an_unseen_one_not(self):
        named = "namespace quanji::%s {\nstruct Caller;\nclass B;\n}\n" + self.inside("storage", "class A;")
        self.assertEqual(self.breaks("src/storage/a.h", named % "domain"), [])
        self.assertEqual(len(self.breaks("src/storage/a.h", named % "net")), 1)

    def test_a_header_outside_every_namespace_is_noticed(self):
        self.assertIn("outside namespace", self.breaks("src/storage/a.h", "#pragma once\nclass A {};\n")[0])

    def test_code_outside_every_namespace_is_noticed(self):
        self.assertIn("outside namespace", self.breaks("src/storage/a.cpp", "int answer() {\n  return 42;\n}\n")[0])

    def test_a_nested_namespace_of_the_room_is_lawful(self):
        self.assertEqual(self.breaks("src/storage/a.h", "namespace quanji::storage::sql {\nclass A {};\n}\n"), [])

    def test_a_circle_is_noticed(self):
        rooms = check_rooms.read_rooms("a 1 shared b\nb 1 shared c\nc 1 shared a\n")
        self.assertIn("src/ROOMS: a circle: a → b → c → a", list(check_rooms.check_law(rooms)))

    def test_a_law_that_looks_up_is_noticed(self):
        rooms = check_rooms.read_rooms("a 1 shared b\nb 2 shared -\n")
        self.assertIn("looks up", list(check_rooms.check_law(rooms))[0])

    def test_a_law_that_looks_across_is_noticed(self):
        rooms = check_rooms.read_rooms("b 1 robot -\na 2 platform b\nc 3 shared a\n")
        found = list(check_rooms.check_law(rooms))
        self.assertEqual(len(found), 2)
        self.assertTrue(all("looks across" in sentence for sentence in found))

    def test_an_unknown_room_in_the_law_is_noticed(self):
        self.assertIn("which is no room", list(check_rooms.check_law(check_rooms.read_rooms("a 1 shared nowhere\n")))[0])

    def test_a_line_that_is_no_law_is_refused(self):
        for text in ("a 1\n", "a one shared -\n", "a 1 left -\n", "a 1 shared -\na 1 shared -\n"):
            with self.assertRaises(check_rooms.Broken):
                check_rooms.read_rooms(text)

    def test_the_whole_tree_is_walked(self):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {"src/ROOMS": LAW, "src/domain/deep/a.cpp": '#include "net/a.h"\n' + self.inside("domain", "void f() {}"),
                               "src/cellar/a.h": ""}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                    f.write(text)
            found = list(check_rooms.check_tree(root))
            self.assertEqual(len(found), 2)
            self.assertIn("src/cellar: no such room", found[0])
            self.assertIn("src/domain/deep/a.cpp:1", found[1])


if __name__ == "__main__":
    unittest.main()
