#include "engine/local_context.h"

#include <sys/stat.h>

#include "engine/context_conformance.h"

namespace quanji::engine {
namespace {

void write(const std::string& path, std::string_view text, unsigned mode = 0644) {
  std::ofstream(path, std::ios::app) << text;
  ::chmod(path.c_str(), mode);
}

class LocalWorld final : public ContextWorld {
 public:
  LocalWorld() {
    write(folder_.path() + "/assets.toml", "limit = 500\nrate = {decimal = \"1.20\"}\nlogin = {secret = \"counter_db\"}\n");
    write(folder_.path() + "/credentials.toml",
          "[counter_db]\nusername = \"ops\"\npassword = \"open-sesame-1\"\nnext_password = \"open-sesame-2\"\n", 0600);
    std::filesystem::create_directory(folder_.path() + "/queues");
    write(folder_.path() + "/queues/in.toml", "tries = 3\n");
    write(folder_.path() + "/queues/unique.toml", "unique_references = true\n");
    mine_ = opened("run_1");
    other_ = opened("run_2");
  }
  RunContext& context() override { return *mine_; }
  RunContext& other_run() override { return *other_; }
  base::ManualClock& clock() override { return clock_; }
  void answer(const std::string& title, const values::Map& values) override {
    write(folder_.path() + "/answers.jsonl",
          values::Value::of(values::Map{{"title", values::Value::of(title)}, {"values", values::Value::of(values)}}).json());
  }
  void end_task(const std::string& id, const values::Map& outputs) override {
    write(folder_.path() + "/tasks.jsonl", values::Value::of(values::Map{{"task", values::Value::of(id)},
                                                                         {"state", values::Value::of(std::string("succeeded"))},
                                                                         {"outputs", values::Value::of(outputs)}})
                                                   .json() +
                                               "\n");
  }
  std::unique_ptr<LocalContext> opened(const std::string& run) {
    auto made = LocalContext::open(folder_.path(), run, clock_, random_);
    if (!made) throw std::runtime_error(made.error().message().en);
    return std::move(*made);
  }
  const std::string& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  base::ManualClock clock_;
  base::SeededRandom random_{7};
  std::unique_ptr<LocalContext> mine_, other_;
};

INSTANTIATE_TEST_SUITE_P(Local, ContextConformance, testing::Values(ContextForm{"local", [] { return std::make_unique<LocalWorld>(); }}));

TEST(LocalContext, RefusesCredentialsOthersMayRead) {
  TemporaryFolder folder;
  write(folder.path() + "/credentials.toml", "", 0644);
  base::ManualClock clock;
  base::SeededRandom random(1);
  auto made = LocalContext::open(folder.path(), "run_1", clock, random);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().en.find("chmod 600"), std::string::npos);
}
TEST(LocalContext, APersonAddsItemsAsLinesOfText) {
  LocalWorld world;
  write(world.folder() + "/queues/in.jsonl",
        "{\"add\":\"\",\"data\":{\"n\":1},\"reference\":\"first\"}\n\n{\"add\":\"\",\"data\":{\"n\":2}}");
  auto one = world.context().take_item("in", "a");
  ASSERT_TRUE(one && *one) << one.error().message().en;
  EXPECT_EQ((*one)->reference, "first");
  auto two = world.context().take_item("in", "b");
  ASSERT_TRUE(two && *two);
  EXPECT_TRUE(world.context().finish_item((*two)->id, {}).ok()) << "although the person's last line had no end";
}
TEST(LocalContext, ALineThatMakesNoSenseIsNamed) {
  LocalWorld world;
  write(world.folder() + "/queues/in.jsonl", "{\"add\":\"\",\"data\":{}}\nnot json\n");
  auto item = world.context().take_item("in", "a");
  ASSERT_FALSE(item);
  EXPECT_NE(item.error().message().en.find("queues/in.jsonl:2"), std::string::npos) << item.error().message().en;
  for (const char* line : {"{\"take\":\"none\"}", "{\"what\":1}", "{\"add\":\"\",\"data\":5}", "{\"end\":\"in.1\",\"state\":\"gone\"}"})
    EXPECT_FALSE(LocalContext::read_queue(std::string("{\"add\":\"\"}\n") + line, "in").ok()) << line;
}

}  // namespace
}  // namespace quanji::engine
