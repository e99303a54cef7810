#include "apps/quanji/audit_verify.h"

#include <fstream>
#include <sstream>

#include "services/audit_seals.h"
#include "services/audit_testing.h"
#include "tests/postgres.h"

namespace quanji::apps {
namespace {

using services::Change;
using services::testing::Bench;

struct Ran {
  int exit = 0;
  std::string out, err;
};
Ran run(int (*program)(std::span<const std::string>, std::FILE*, std::FILE*), const std::vector<std::string>& args) {
  Ran ran;
  char *out = nullptr, *err = nullptr;
  std::size_t out_size = 0, err_size = 0;
  std::FILE* out_file = ::open_memstream(&out, &out_size);
  std::FILE* err_file = ::open_memstream(&err, &err_size);
  ran.exit = program(args, out_file, err_file);
  std::fclose(out_file);
  std::fclose(err_file);
  ran.out.assign(out, out_size);
  ran.err.assign(err, err_size);
  std::free(out);
  std::free(err);
  return ran;
}

// A platform that has written, sealed and gone; its keys stand in a folder.
void write_log(Bench& bench, int rows) {
  std::ofstream(bench.folder.path() + "/keyring.json") << bench.keyring->document();
  ASSERT_TRUE(bench
                  .change([&](Change& c) -> base::Status {
                    for (int i = 0; i < rows; ++i) QUANJI_DO(services::testing::write_sample(c, i));
                    return {};
                  })
                  .ok());
  services::AuditSealer::Settings settings;
  settings.folders = {bench.folder.path() + "/checkpoints"};
  settings.caller = services::testing::clock_caller();
  services::AuditSealer sealer(*bench.store, settings);
  ASSERT_TRUE(bench
                  .change([&](Change& c) -> base::Status {
                    QUANJI_TRY([[maybe_unused]] const auto outcome, services::seal_audit(c, base::Ulid{{1}}));
                    return {};
                  })
                  .ok());
  ASSERT_TRUE(sealer.deliver().ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.change([&](Change& c) { return services::testing::write_sample(c, rows + i); }).ok());
}

void whole_round(Bench& bench, const std::string& url) {
  const auto keys = bench.folder.path(), exported = bench.folder.path() + "/audit.ndjson",
             checkpoints = bench.folder.path() + "/checkpoints";
  auto ran = run(&verify_audit, {"--database", url, "--keys", keys, "--checkpoint", checkpoints});
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("203 行"), std::string::npos) << ran.out;
  ran = run(&export_audit, {"--database", url, exported});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  ran = run(&verify_audit, {"--export", exported, "--keys", keys, "--json"});
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find(R"("rows":203,)"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find(R"("checkpoints":1,)"), std::string::npos) << ran.out;

  // One character of one row, in the file and in the database.
  std::ifstream in(exported);
  std::ostringstream text;
  text << in.rdbuf();
  auto changed = text.str();
  const auto at = changed.find("usr_77");
  changed[at + 4] = '8';
  std::ofstream(exported) << changed;
  ran = run(&verify_audit, {"--export=" + exported, "--keys=" + keys});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("changed 行 row 78"), std::string::npos) << ran.out;
  static const storage::Query tamper{
      "t_tamper", {"update audit set reason = 'x' where seq = 42", {}}, {"update audit set reason = 'x' where seq = 42", {}}};
  static const storage::Query remove{"t_remove", {"delete from audit where seq = 43", {}}, {"delete from audit where seq = 43", {}}};
  bench.sql(tamper);
  bench.sql(remove);
  ran = run(&verify_audit, {"--database", url, "--keys", keys});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("changed 行 row 42"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("missing 行 row 43"), std::string::npos) << ran.out;
}

TEST(AuditVerify, ChecksADatabaseAndAnExportWithoutAPlatform) {
  Bench bench;
  write_log(bench, 200);
  whole_round(bench, "sqlite:" + bench.database());
  // Also when the platform is gone and its lock with it.
  bench.store.reset();
  EXPECT_EQ(run(&verify_audit, {"--database", "sqlite:" + bench.database(), "--keys", bench.folder.path()}).exit, 1);
}
TEST(AuditVerifyOnPostgres, ChecksADatabaseAndAnExportWithoutAPlatform) {
  tests::FreshDatabase database;
  Bench bench(base::Suite::gm, database.url());
  ASSERT_TRUE(bench.store);
  write_log(bench, 200);
  whole_round(bench, database.url());
}

TEST(AuditVerify, SaysHowItIsUsedAndWhatItCannotRead) {
  EXPECT_EQ(run(&verify_audit, {}).exit, 2);
  EXPECT_EQ(run(&verify_audit, {"--database", "sqlite:/x"}).exit, 2);
  EXPECT_EQ(run(&verify_audit, {"--keys"}).exit, 2);
  EXPECT_EQ(run(&verify_audit, {"--help"}).exit, 0);
  services::testing::TemporaryFolder folder;
  auto ran = run(&verify_audit, {"--database", "sqlite:" + folder.path() + "/none.db", "--keys", folder.path()});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_FALSE(ran.err.empty());
  ran = run(&export_audit, {"--database", "sqlite:" + folder.path() + "/none.db", folder.path() + "/out"});
  EXPECT_EQ(ran.exit, 4);
}

TEST(AuditVerify, ADatabaseOfAnotherPlatformIsNotMistakenForThisOne) {
  Bench bench;
  write_log(bench, 5);
  services::testing::TemporaryFolder other;
  base::SeededRandom random(77);
  const auto keyring = services::testing::test_keyring(other.path(), base::Suite::intl, random);
  std::ofstream(other.path() + "/keyring.json") << keyring->document();
  EXPECT_EQ(run(&verify_audit, {"--database", "sqlite:" + bench.database(), "--keys", other.path()}).exit, 1);
}

}  // namespace
}  // namespace quanji::apps
