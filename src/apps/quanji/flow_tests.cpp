#include "apps/quanji/flow_tests.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "activities/catalogue.h"
#include "apps/quanji/local_run_watch.h"
#include "base/fields_json.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/bare_context.h"
#include "engine/run.h"
#include "flow/literals.h"
#include "flow/test_file.h"
#include "values/field_values.h"

namespace quanji::apps {
namespace {

namespace fs = std::filesystem;
using engine::Outcome;
using values::Map;
using values::Value;

class TestFakes final : public engine::Fakes {
 public:
  explicit TestFakes(const flow::FlowTest& test) : test_(test), left_(test.fakes.size()) {
    for (std::size_t i = 0; i < left_.size(); ++i) left_[i] = test.fakes[i].times.value_or(INT64_MAX);
  }
  std::optional<Outcome<Map>> answer(const flow::Step& step, const engine::Activity& activity, const Map&) override {
    const std::lock_guard lock(mutex_);
    ++calls[std::string(activity.info.id)];
    for (std::size_t i = 0; i < left_.size(); ++i) {
      const auto& fake = test_.fakes[i];
      const bool fits = fake.step.empty() ? fake.activity == activity.info.id : fake.step == step.id;
      if (!fits || left_[i] == 0) continue;
      --left_[i];
      if (fake.fails) {
        const base::Text message(fake.fails->message, fake.fails->message);
        return Outcome<Map>(fake.fails->kind == flow::ErrorKind::business ? engine::business_failure(fake.fails->code, message)
                                                                          : engine::system_failure(fake.fails->code, message));
      }
      return outputs(activity, *fake.gives);
    }
    // A test touches nothing outside.
    for (const auto word : activity.info.capabilities)
      if (word != "files")
        return Outcome<Map>(
            engine::system_failure("not_faked", {fmt::format("{} 会接触外部，测试里要给它一个替身", activity.info.id),
                                                 fmt::format("{} reaches outside: a test has to give a fake for it", activity.info.id)}));
    return std::nullopt;
  }
  std::map<std::string, std::int64_t, std::less<>> calls;

 private:
  // One output: the value itself, as `save` keeps it; several: by name.
  static std::optional<Outcome<Map>> outputs(const engine::Activity& activity, const Value& gives) {
    const auto& fields = activity.output.fields();
    Map map;
    if (fields.size() == 1) {
      map.emplace_back(std::string(fields.all()[0].name), literal(fields.all()[0], gives));
      return Outcome<Map>(std::move(map));
    }
    for (const auto& field : fields.all()) {
      Value value;
      if (gives.is(values::Type::map))
        for (const auto& [name, one] : gives.map())
          if (name == field.name) value = literal(field, one);
      map.emplace_back(std::string(field.name), std::move(value));
    }
    return Outcome<Map>(std::move(map));
  }
  // A list of maps where a table comes, a text where a date comes.
  static Value literal(const base::Field& field, const Value& value) {
    auto fitting = flow::literal_as(value, flow::type_word(values::type_word(*field.ops)));
    return fitting ? *fitting : value;
  }
  const flow::FlowTest& test_;
  std::mutex mutex_;
  std::vector<std::int64_t> left_;
};
class LogKeeper final : public engine::RunObserver {
 public:
  void logged(std::string_view, base::Time, engine::LogLevel, std::string_view message) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};
// Says nothing aloud: the test tells what counts.
class QuietContext final : public engine::BareContext {
 public:
  using BareContext::BareContext;
  void log(engine::LogLevel, std::string_view, std::string_view) override {}
};

std::string plain(const Value& value) {
  std::string text;
  value.append_plain_json(text);
  return text;
}

// What does not hold, a line each; empty: the test passes.
std::vector<std::string> run_test(const flow::FlowTest& test, const engine::Flows& flows, engine::Python& python, const std::string& work,
                                  bool english) {
  std::vector<std::string> wrong;
  const auto say = [&](std::string zh, std::string en) { wrong.push_back(english ? std::move(en) : std::move(zh)); };
  if (!flows.find(test.flow)) {
    say(fmt::format("没有流程“{}”", test.flow), fmt::format("there is no flow \"{}\"", test.flow));
    return wrong;
  }
  base::SystemClock clock;
  base::SeededRandom random(1);
  engine::SystemWaiting waiting(clock);
  QuietContext outside(clock);
  TestFakes fakes(test);
  LogKeeper log;
  engine::Surroundings around{clock, random, waiting, python, outside, activities::catalogue(), work, work, {}};
  around.facts = {"tsk_test", "att_test", test.flow, "", "", ""};
  around.observer = &log;
  around.fakes = &fakes;
  const engine::RunRequest request{flows, test.flow, "att_test", "", test.inputs, {}, {}};
  engine::RunControl control;
  const auto finished = [&] {
    const SignalWatch watch(control, python, stderr);
    return engine::run(request, around, control, nullptr);
  }();
  if (!finished) {
    say(finished.error().message().zh, finished.error().message().en);
    return wrong;
  }
  const auto& expected = test.expected;
  const auto code = finished->error ? finished->error->code : "";
  const auto came =
      std::string(base::word(finished->outcome)) +
      (finished->error ? fmt::format("（{}：{}，{}）", code, place_of(flows, finished->error->step), finished->error->message) : "");
  if (!expected.outcome.empty() && expected.outcome != base::word(finished->outcome))
    say(fmt::format("结果应为 {}，实为 {}", expected.outcome, came),
        fmt::format("the outcome should be {}, it is {}", expected.outcome, came));
  else if (expected.error && *expected.error != code)
    say(fmt::format("错误应为 {}，实为 {}", *expected.error, came), fmt::format("the error should be {}, it is {}", *expected.error, came));
  if (expected.outputs) {
    const auto json = base::parse_json(finished->outputs.text.empty() ? "{}" : finished->outputs.text, values::max_value_json_depth);
    const auto outputs = json ? Value::from_json(*json) : base::Result<Value>(Value());
    for (const auto& [name, value] : *expected.outputs) {
      const Value* found = nullptr;
      if (outputs && outputs->is(values::Type::map))
        for (const auto& [other, one] : outputs->map())
          if (other == name) found = &one;
      // As people write it: a table is a list of its rows, 1.20 is 1.20.
      if (!found || plain(*found) != plain(value))
        say(fmt::format("输出 {} 应为 {}，实为 {}", name, plain(value), found ? plain(*found) : "（没有）"),
            fmt::format("the output {} should be {}, it is {}", name, plain(value), found ? plain(*found) : "(none)"));
    }
  }
  for (const auto& text : expected.log)
    if (std::none_of(log.lines.begin(), log.lines.end(), [&](const auto& line) { return line.find(text) != std::string::npos; }))
      say(fmt::format("日志里没有“{}”（共 {} 行）", text, log.lines.size()),
          fmt::format("no line of the log holds \"{}\" ({} lines)", text, log.lines.size()));
  for (const auto& [activity, times] : expected.calls) {
    const auto found = fakes.calls.find(activity);
    const auto real = found == fakes.calls.end() ? 0 : found->second;
    if (real != times)
      say(fmt::format("{} 应执行 {} 次，实为 {} 次", activity, times, real),
          fmt::format("{} should run {} times, it ran {}", activity, times, real));
  }
  return wrong;
}

}  // namespace

int test_package(const FlowSources& sources, engine::Python& python, const std::string& only, flow::Language language, std::FILE* out) {
  const bool english = language == flow::Language::en;
  auto checked = check_flows(sources, python);
  bool good = true;
  for (const auto& problem : checked.problems)
    if (problem.severity() == flow::Severity::error) std::fprintf(out, "%s\n", flow::to_line(problem, language).c_str());
  if (!checked.ok()) return 1;
  engine::Flows flows;
  for (auto& document : checked.flows) flows.add(std::move(document));
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(fs::path(sources.folder) / "tests", failed))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string scratch = (fs::temp_directory_path() / "quanji-tests-XXXXXX").string();
  if (!::mkdtemp(scratch.data())) return 1;
  std::size_t run = 0, passed = 0;
  for (const auto& path : files) {
    const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto text = base::read_whole(file.get(), std::size_t{2} << 20);
    const auto name = (fs::path("tests") / path.filename()).string();
    const auto reading = flow::read_flow_test(text ? *text : "", name);
    if (!only.empty() && name.find(only) == std::string::npos && reading.test.title.find(only) == std::string::npos) continue;
    ++run;
    std::vector<std::string> wrong;
    for (const auto& problem : reading.problems)
      if (problem.severity() == flow::Severity::error) wrong.push_back(flow::to_line(problem, language));
    if (wrong.empty()) {
      const auto work = fmt::format("{}/{}", scratch, run);
      fs::create_directory(work, failed);
      wrong = run_test(reading.test, flows, python, work, english);
    }
    passed += wrong.empty() ? 1 : 0;
    std::fprintf(out, "%s %s  %s\n", wrong.empty() ? "✓" : "✗", name.c_str(), reading.test.title.c_str());
    for (const auto& line : wrong) std::fprintf(out, "    %s\n", line.c_str());
    good = good && wrong.empty();
  }
  fs::remove_all(scratch, failed);
  if (run == 0)
    std::fprintf(out, "%s\n", english ? "there are no tests (tests/*.yaml)" : "没有测试（tests/*.yaml）");
  else
    std::fprintf(out, "%s\n",
                 (english ? fmt::format("{} of {} tests passed", passed, run) : fmt::format("{} 个测试，通过 {} 个", run, passed)).c_str());
  return good && run > 0 ? 0 : 1;
}

}  // namespace quanji::apps
