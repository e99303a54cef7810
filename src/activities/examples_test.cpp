// Every activity's examples are flows: the checker passes them, they run in an empty work folder and return what is written beside them.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "activities/http/testing_server.h"
#include "activities/testing.h"
#include "base/fields_json.h"

// Python keeps what it made until the process ends.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpython3\nleak:quanji::engine::tell_facts\nleak:quanji::engine::to_python";
}

namespace quanji::activities {
namespace {

struct OneExample {
  const engine::Activity* activity;
  std::size_t index;
};
std::vector<OneExample> all_examples() {
  std::vector<OneExample> all;
  for (const auto* activity : catalogue())
    for (std::size_t i = 0; i < activity->info.examples.size(); ++i) all.push_back({activity, i});
  return all;
}
std::string name_of(const testing::TestParamInfo<OneExample>& one) {
  std::string name(one.param.activity->info.id);
  std::replace(name.begin(), name.end(), '.', '_');
  return name + "_" + std::to_string(one.param.index + 1);
}

// As other programs read it: {"$decimal":"1.20"} is a number.
boost::json::value plain(std::string_view outputs) {
  std::string text;
  values::Value::from_json(base::parse_json(outputs, values::max_value_json_depth).value()).value().append_plain_json(text);
  return base::parse_json(text, values::max_value_json_depth).value();
}

// A runner works in its work folder: Python in an example opens files by relative paths.
class InFolder {
 public:
  explicit InFolder(const std::string& folder) : before_(std::filesystem::current_path()) { std::filesystem::current_path(folder); }
  ~InFolder() { std::filesystem::current_path(before_); }
  InFolder(const InFolder&) = delete;
  InFolder& operator=(const InFolder&) = delete;

 private:
  std::filesystem::path before_;
};

class Examples : public testing::TestWithParam<OneExample> {};
TEST_P(Examples, RunAndReturnWhatStandsBesideThem) {
  const auto& info = GetParam().activity->info;
  const auto& example = info.examples[GetParam().index];
  ASSERT_NE(example.steps.find(std::string("do: ") + std::string(info.id)), std::string_view::npos) << "shows another activity";
  ActivityWorld world(ActivityWorld::Time::real);
  const InFolder inside(world.work.path());
  if (ActivityWorld::wants_server(example.steps)) world.server = http::TestServer::shared().address();
  const auto finished = world.run_steps(example.steps, example.returns.empty() ? "{}" : example.returns);
  ASSERT_EQ(finished.outcome, wire::Outcome::success)
      << (finished.error ? finished.error->step + " " + finished.error->code + ": " + finished.error->message : "");
  if (!example.returns.empty()) {
    EXPECT_EQ(plain(finished.outputs.text), base::parse_json(example.returns).value()) << finished.outputs.text;
  }
}
INSTANTIATE_TEST_SUITE_P(Activity, Examples, testing::ValuesIn(all_examples()), name_of);

TEST(Catalogue, EveryActivityHasATitleASentenceAnExampleAndItsGroup) {
  ASSERT_FALSE(catalogue().empty());
  for (const auto* activity : catalogue()) {
    const auto& info = activity->info;
    EXPECT_FALSE(info.title.zh.empty() || info.title.en.empty()) << info.id;
    EXPECT_FALSE(info.sentence.zh.empty() || info.sentence.en.empty()) << info.id;
    EXPECT_FALSE(info.examples.empty()) << info.id;
    EXPECT_TRUE(described().find(info.id)) << info.id;
    for (const auto* list : {&activity->input.fields(), &activity->output.fields()})
      for (const auto& field : list->all())
        EXPECT_FALSE(field.sentence.zh.empty() || field.sentence.en.empty()) << info.id << " " << field.name;
  }
}

}  // namespace
}  // namespace quanji::activities
