#include "apps/quanji/package_commands.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/crypto.h"
#include "flow/package_signature.h"

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
    write("project/package.yaml", "quanji: 1\nname: settlement   # the name\nversion: \"1.2.0\"\nentry: [main]\n");
    write("project/flows/main.yaml", "quanji: 1\nflow: main\nsteps: []\n");
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
