import unittest

from loading import tool

check_words = tool("check_words")


class CheckWords(unittest.TestCase):
    def fatal(self, path, text):
        return [sentence for sentence, fatal in check_words.check_text(path, text) if fatal]

    def test_a_plain_file_is_silent(self):
        self.assertEqual(self.fatal("src/net/server.cpp", "namespace quanji::net {\nclass Server {};\n}\n"), [])

    def test_a_long_file_is_noticed_and_a_longish_one_is_told(self):
        self.assertEqual(len(self.fatal("src/net/a.cpp", "\n" * 801)), 1)
        self.assertEqual(self.fatal("src/net/a.cpp", "\n" * 401), [])
        self.assertEqual(len(list(check_words.check_text("src/net/a.cpp", "\n" * 401))), 1)

    def test_empty_type_names_are_noticed(self):
        for name in ("TaskManager", "HelperThing", "StringUtils", "ServerImpl", "CommonStuff", "RequestHandler"):
            self.assertEqual(len(self.fatal("src/net/a.h", f"class {name} {{}};\n")), 1, name)

    def test_empty_file_names_are_noticed(self):
        for name in ("task_manager.cpp", "util.h", "common.h", "string_utils.py", "helpers.ts"):
            self.assertEqual(len(self.fatal(f"src/net/{name}", "\n")), 1, name)

    def test_a_library_s_own_name_may_be_used(self):
        self.assertEqual(self.fatal("src/net/a.cpp", "auto h = pool.CommonPool();\n"), [])

    def test_clocks_and_sleeps_belong_to_base(self):
        for call in ("std::this_thread::sleep_for(x);", "std::chrono::system_clock::now();", "steady_clock::now()", "usleep(3);", "time(nullptr);"):
            self.assertEqual(len(self.fatal("src/robot/a.cpp", call)), 1, call)
            self.assertEqual(self.fatal("src/base/clock.cpp", call), [], call)

    def test_a_clock_in_a_comment_is_no_clock(self):
        self.assertEqual(self.fatal("src/robot/a.cpp", "// never system_clock::now()\nconst char* a = \"sleep_for\";\n"), [])

    def test_chance_belongs_to_base(self):
        self.assertEqual(len(self.fatal("src/robot/a.cpp", "std::random_device d;")), 1)

    def test_the_path_of_one_machine_is_noticed_everywhere(self):
        for path in ("docs/a.md", "tools/a.sh", "src/net/a.cpp"):
            self.assertEqual(len(self.fatal(path, "see /ho" + "me/someone/quanji\n")), 1, path)
        self.assertEqual(self.fatal("docs/a.md", "$HOME/work/x build/work/file https://host/home/page\n"), [])

    def test_unfinished_work_is_noticed(self):
        self.assertEqual(len(self.fatal("src/net/a.cpp", "// TO" + "DO later\n")), 1)

    def test_generated_files_may_be_long(self):
        self.assertEqual(self.fatal("console/src/api/types.ts", "\n" * 900), [])


if __name__ == "__main__":
    unittest.main()
