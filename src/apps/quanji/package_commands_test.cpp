#include "apps/quanji/package_commands.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/crypto.h"
#include "flow/package_signature.h"

// Python keeps what it made until the process ends.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpython3"; }

namespace quanji::apps {
namespace {

struct Ran {
  int exit = -1;
  std::string out, err;
};

class PackageCommandLine : public ::testing::Test {
 protected:
  PackageCommandLine() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji-commands-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    write("project/package.yaml", "quanji: 1\nname: settlement   # the name\nversion: \"1.2.0\"\ntitle: 清算\nentry: [main]\n");
    write("project/flows/main.yaml", "quanji: 1\nflow: main\nsteps: [{return: {}}]\n");
    base::SeededRandom random(7);
    for (const auto* who : {"release", "stranger"}) {
      const auto key = base::PrivateKey::generate(base::KeyKind::ed25519, random);
      write(std::string(who) + ".pem", key.to_pem().reveal());
      ::chmod(at(std::string(who) + ".pem").c_str(), 0600);
      write(std::string(who) + ".pub", key.public_key().to_pem());
    }
  }
  ~PackageCommandLine() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string at(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
    std::ofstream(at(name), std::ios::binary) << content;
  }
  static Ran run(std::vector<std::string> words) {
    Ran ran;
    char *out = nullptr, *err = nullptr;
    std::size_t out_size = 0, err_size = 0;
    std::FILE* out_file = ::open_memstream(&out, &out_size);
    std::FILE* err_file = ::open_memstream(&err, &err_size);
    CLI::App root("test");
    PackageCommands commands(root);
    std::reverse(words.begin(), words.end());
    try {
      root.parse(words);
      ran.exit = commands.run(out_file, err_file).value_or(-1);
    } catch (const CLI::ParseError& stopped) {
      ran.exit = stopped.get_exit_code() == 0 ? 0 : 2;
      std::fputs(root.help("", CLI::AppFormatMode::All).c_str(), out_file);
    }
    std::fclose(out_file);
    std::fclose(err_file);
    ran.out.assign(out, out_size);
    ran.err.assign(err, err_size);
    std::free(out);
    std::free(err);
    return ran;
  }
  Ran pack() const { return run({"package", "pack", at("project"), "--into", folder_}); }
  std::string archive() const { return at("settlement-1.2.0.rpa.zip"); }

 private:
  std::string folder_;
};

TEST_F(PackageCommandLine, PacksSignsVerifiesAndUnpacks) {
  auto ran = pack();
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find("settlement-1.2.0.rpa.zip"), std::string::npos) << ran.out;
  EXPECT_EQ(run({"package", "verify", archive(), "--unsigned"}).exit, 0);
  ran = run({"package", "sign", archive(), "--key", at("release.pem"), "-o", "json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find(R"("keyId":")"), std::string::npos) << ran.out;
  ran = run({"package", "verify", archive(), "--trusted", at("stranger.pub"), "--trusted", at("release.pub"), "-o", "json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find(R"({"name":"settlement","version":"1.2.0","files":3,)"), std::string::npos) << ran.out;
  ran = run({"package", "unpack", "--into", at("here"), "--trusted", at("release.pub"), archive()});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(std::filesystem::exists(at("here/flows/main.yaml")));
}

TEST_F(PackageCommandLine, ARefusalIsOneAndSaysWhy) {
  ASSERT_EQ(pack().exit, 0);
  auto ran = pack();
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("is not overwritten"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"package", "pack", at("project"), "--into", at(""), "--replace"}).exit, 0);
  ran = run({"package", "verify", archive(), "--trusted", at("release.pub")});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("not_signed"), std::string::npos) << ran.err;
  ASSERT_EQ(run({"package", "sign", archive(), "--key", at("stranger.pem")}).exit, 0);
  ran = run({"package", "unpack", archive(), "--into", at("here"), "--trusted", at("release.pub")});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("unknown_key"), std::string::npos) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(at("here")));
  write("project/README.md", "x");
  ran = run({"package", "pack", at("project"), "--into", at("out")});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("wrong_place: README.md"), std::string::npos) << ran.err;
}

TEST_F(PackageCommandLine, WhatCannotBeReadAndWhatWasMeantOtherwiseAreToldApart) {
  ASSERT_EQ(pack().exit, 0);
  EXPECT_EQ(run({"package", "verify", archive()}).exit, 2);
  EXPECT_EQ(run({"package", "verify", archive(), "--unsigned", "--trusted", at("release.pub")}).exit, 2);
  EXPECT_EQ(run({"package", "unpack", archive(), "--unsigned"}).exit, 2);
  EXPECT_EQ(run({"package", "sign", archive()}).exit, 2);
  EXPECT_EQ(run({"package"}).exit, 2);
  EXPECT_EQ(run({"package", "verify", at("nothing"), "--unsigned"}).exit, 4);
  EXPECT_EQ(run({"package", "pack", at("nothing")}).exit, 4);
  EXPECT_EQ(run({"package", "sign", archive(), "--key", at("nothing")}).exit, 4);
  ::chmod(at("release.pem").c_str(), 0644);
  const auto ran = run({"package", "sign", archive(), "--key", at("release.pem")});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("chmod 600"), std::string::npos) << ran.err;
}

TEST_F(PackageCommandLine, ACheckTellsEveryProblemOfPackageAndFlowsWithItsPlace) {
  auto ran = run({"package", "check", at("project"), "--language", "en"});
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.out, "1 flows, 0 errors, 0 warnings\n");
  write("project/package.yaml", "quanji: 1\nname: settlement\nversion: 1.2\ntitle: 清算\nentry: [main, other]\n");
  write("project/flows/main.yaml", "quanji: 1\nflow: main\nsteps:\n  - do: queue.ad_item\n  - do: log.write\n    with: {messag: x}\n");
  ran = run({"package", "check", at("project"), "--language", "en"});
  EXPECT_EQ(ran.exit, 1);
  for (const char* piece :
       {"package.yaml:3:10: error: ", "[bad_version]", "package.yaml:5:", "[unknown_entry]",
        "flows/main.yaml:4:9: error: ", "queue.add_item", "[unknown_activity]", "flows/main.yaml:6:12: error: ", "[unknown_input]"})
    EXPECT_NE(ran.out.find(piece), std::string::npos) << piece << " in\n" << ran.out;
  EXPECT_LT(ran.out.find("package.yaml:5:"), ran.out.find("flows/main.yaml:4:")) << "package.yaml comes first";
  EXPECT_EQ(run({"package", "check", at("project/package.yaml"), "--language", "en"}).out, ran.out) << "by its file, too";
  ran = run({"package", "check", at("project"), "--language", "zh"});
  EXPECT_NE(ran.out.find("1 个流程"), std::string::npos) << ran.out;
  ran = run({"package", "check", at("project"), "-o", "json"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_TRUE(ran.out.starts_with(R"({"ok":false,"flows":1,)")) << ran.out;
  EXPECT_NE(ran.out.find(R"("file":"flows/main.yaml","line":4,"column":9,"severity":"error","code":"unknown_activity")"), std::string::npos)
      << ran.out;
}

TEST_F(PackageCommandLine, TheLanguageIsThatOfTheEnvironmentUnlessItIsSaid) {
  ::setenv("LC_ALL", "en_GB.UTF-8", 1);
  EXPECT_NE(run({"package", "check", at("project")}).out.find("1 flows"), std::string::npos);
  ::setenv("LC_ALL", "zh_CN.UTF-8", 1);
  EXPECT_NE(run({"package", "check", at("project")}).out.find("1 个流程"), std::string::npos);
  ::unsetenv("LC_ALL");
  EXPECT_EQ(run({"package", "check", at("project"), "--language", "fr"}).exit, 2);
}

TEST_F(PackageCommandLine, AnArchiveIsCheckedAsItsFolderIs) {
  write("project/python/reports/daily.py", "def make():\n    return 1\n");
  write("project/flows/main.yaml", "quanji: 1\nflow: main\nsteps:\n  - call: nowhere\n");
  ASSERT_EQ(pack().exit, 0);
  const auto folder = run({"package", "check", at("project")}), packed = run({"package", "check", archive()});
  EXPECT_EQ(packed.exit, 1);
  EXPECT_NE(packed.out.find("[unknown_flow]"), std::string::npos) << packed.out;
  EXPECT_EQ(packed.out, folder.out);
  EXPECT_EQ(run({"package", "check", at("nothing")}).exit, 4);
  EXPECT_EQ(run({"package", "check", at("release.pem")}).exit, 1) << "no archive";
  std::filesystem::create_directory(at("empty"));
  EXPECT_EQ(run({"package", "check", at("empty")}).exit, 4);
}

TEST_F(PackageCommandLine, AWrongPackageFileIsNotPackedAndItsProblemsAreTold) {
  write("project/package.yaml", "quanji: 1\nname: settlement\nversion: next\ntitle: x\nentry: []\n");
  const auto ran = pack();
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("package.yaml:3:10"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("package.yaml:5:"), std::string::npos) << "all of them: " << ran.err;
  EXPECT_FALSE(std::filesystem::exists(archive()));
}

TEST_F(PackageCommandLine, TheHelpTeaches) {
  const auto rules = run({"package", "rules"});
  EXPECT_EQ(rules.exit, 0);
  EXPECT_NE(rules.out.find("| `overlap` |"), std::string::npos);
  const auto help = run({"package", "sign", "--help"});
  EXPECT_EQ(help.exit, 0);
  EXPECT_NE(help.out.find("openssl genpkey"), std::string::npos);
}

}  // namespace
}  // namespace quanji::apps
