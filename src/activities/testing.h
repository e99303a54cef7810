// What tests of activities share: the whole catalogue in a world with real files and real time, or time that moves when somebody waits.
#pragma once
#include <boost/json.hpp>
#include <fstream>
#include <regex>

#include "activities/catalogue.h"
#include "base/fields_json.h"
#include "engine/local_context.h"
#include "engine/testing.h"
#include "flow/checker.h"

namespace quanji::activities {

// The outputs of a run that succeeded; else how it ended: "not_found business", "timed_out system".
inline std::string told(const wire::Finished& finished) {
  if (!finished.error) return finished.outputs.text;
  return finished.error->code + (finished.outcome == wire::Outcome::business_failure ? " business" : " system");
}

// A work folder, an evidence folder and a local context: assets `limit` (500), `rate` (decimal 1.20), `login` (the secret of counter_db);
// credential `counter_db` (username ops, password open-sesame-1, next_password open-sesame-2); queues `in` (three tries) and `unique`
// (references are unique). Keys to compute with, each an asset NAME_key and a credential NAME: mac, sm4, aes, sm2, ed25519, totp.
class ActivityWorld {
 public:
  enum class Time : std::uint8_t { moves_when_waited, real };
  explicit ActivityWorld(Time time = Time::moves_when_waited) : time_(time) {
    write("assets.toml", "limit = 500\nrate = {decimal = \"1.20\"}\nlogin = {secret = \"counter_db\"}\n");
    write("credentials.toml", "[counter_db]\nusername = \"ops\"\npassword = \"open-sesame-1\"\nnext_password = \"open-sesame-2\"\n");
    for (const auto& [name, key] : keys) {
      write("assets.toml", std::string(name) + "_key = {secret = \"" + name + "\"}\n");
      write("credentials.toml", std::string("[") + name + "]\nkey = \"" + key + "\"\n");
    }
    std::filesystem::permissions(context_folder.path() + "/credentials.toml",
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::filesystem::create_directory(context_folder.path() + "/queues");
    write("queues/in.toml", "tries = 3\n");
    write("queues/unique.toml", "unique_references = true\n");
    std::filesystem::create_directory(context_folder.path() + "/files");
    write("files/template.txt", "模板\n");
    write("answers.jsonl", R"({"title":"补录交收","by":"zhang.san","values":{"settle_date":"2026-11-20","amount":{"$decimal":"12.50"}}})"
                           "\n"
                           R"({"title":"差异确认","by":"li.si","values":{"confirmed":true,"note":"已核对"}})"
                           "\n");
    auto opened = engine::LocalContext::open(context_folder.path(), "run_1", clock(), random);
    if (!opened) throw std::runtime_error(opened.error().message().en);
    outside = std::move(*opened);
  }
  // HMAC of RFC 4231 case 2, a zero key for AES, RFC 8032 test 2, RFC 6238; SM2 and SM4 of nobody.
  static constexpr std::pair<const char*, const char*> keys[] = {
      {"mac", "Jefe"},
      {"sm4", "0123456789abcdeffedcba9876543210"},
      {"aes", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
      {"sm2", "5f6eed3e1792b1ac312f6e2e3d222d40ec9da1677ad3471774543c9bc0f2f7a9"},
      {"ed25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"},
      {"totp", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"}};
  engine::TemporaryFolder work, evidence, context_folder;
  base::SeededRandom random{1};
  base::ManualClock manual_clock;
  std::unique_ptr<engine::LocalContext> outside;
  std::string server;                     // "http://127.0.0.1:…" of a test's server
  engine::RunContext* instead = nullptr;  // of `outside`, when a test has its own
  engine::RunControl control;
  std::optional<base::Date> business_date;

  base::Clock& clock() { return time_ == Time::real ? static_cast<base::Clock&>(system_clock_) : manual_clock; }
  // A file of the context, or more of one.
  void write(const std::string& name, std::string_view text) { std::ofstream(context_folder.path() + "/" + name, std::ios::app) << text; }
  std::string file(const std::string& name) const { return work.path() + "/" + name; }

  // Checks with the whole catalogue and runs; what the checker refuses is the test's fault.
  wire::Finished run(std::string_view yaml, values::Variables inputs = {}, const engine::MemoryJournal* journal = nullptr) {
    return run(yaml, std::move(inputs), control, journal);
  }
  // `its`: for another thread that stops it. With a journal the run goes on where that says.
  wire::Finished run(std::string_view yaml, values::Variables inputs, engine::RunControl& its,
                     const engine::MemoryJournal* journal = nullptr) {
    const flow::Catalogue& known = described();
    flow::Surroundings checked;
    checked.activities = &known;
    auto reading = flow::check_source(yaml, "flows/test.yaml", checked);
    std::string wrong;
    for (const auto& problem : reading.problems)
      if (problem.severity() == flow::Severity::error) wrong += flow::to_line(problem, flow::Language::en) + "\n";
    if (!wrong.empty()) throw std::runtime_error("refused:\n" + wrong);
    engine::Flows flows;
    flows.add(std::move(reading.document));
    engine::Surroundings around{
        clock(),     random,          waiting(), engine::python_of_tests(), instead ? *instead : *outside, catalogue(),
        work.path(), evidence.path(), {}};
    around.facts.task = "tsk_1";
    around.facts.business_date = business_date;
    const engine::RunRequest request{flows, flows.all().front()->flow.text, "att_1", "digest", std::move(inputs), {}, {}};
    std::unique_ptr<engine::Journal> opened;
    if (journal) opened = std::move(engine::Journal::open(journal->fd(), clock(), nullptr)).value();
    auto finished = engine::run(request, around, its, opened.get());
    if (!finished) throw std::runtime_error("run: " + finished.error().message().en + " " + finished.error().detail());
    return std::move(*finished);
  }
  // Steps as they stand in an example (from column 1), under a head that declares everything the world has.
  // `returns`: the JSON object they end with; its names are the outputs.
  // Steps that say `server` have it as an input: the member of that name.
  wire::Finished run_steps(std::string_view steps, std::string_view returns = "{}") {
    values::Variables inputs;
    if (wants_server(steps)) inputs.emplace("server", values::Value::of(server));
    return run(document_around(steps, returns), std::move(inputs));
  }
  static bool wants_server(std::string_view steps) { return steps.find("server") != std::string_view::npos; }
  // The names that the last step, `- return: {a: …, b: …}`, gives, as run_steps wants them; for tests that compare what came.
  static std::string returned_by(const std::string& steps) {
    const auto at = steps.rfind("- return: {");
    std::string json = "{";
    if (at != std::string::npos) {
      static const std::regex name("[{,] ?([a-z_]+): ");
      const auto line = steps.substr(at, steps.find('\n', at) - at);
      for (std::sregex_iterator found(line.begin(), line.end(), name), end; found != end; ++found)
        json += (json.size() > 1 ? ",\"" : "\"") + (*found)[1].str() + "\":null";
    }
    return json + "}";
  }
  static std::string document_around(std::string_view steps, std::string_view returns) {
    std::string yaml =
        "quanji: 1\nflow: example\ntitle: 例\nneeds:\n  assets: [limit, rate, login, mac_key, sm4_key, aes_key, sm2_key, ed25519_key, "
        "totp_key]\n  credentials: [counter_db]\n  queues: [in, unique]\n"
        "  capabilities: [files, network, process]\n";
    if (wants_server(steps)) yaml += "inputs:\n  server: {type: text}\n";
    const auto outputs = base::parse_json(returns, values::max_value_json_depth).value().as_object();
    if (!outputs.empty()) yaml += "outputs:\n";
    for (const auto& output : outputs) yaml += "  " + std::string(output.key()) + ": {type: any}\n";
    yaml += "steps:\n";
    for (std::size_t at = 0; at < steps.size();) {
      const auto end = std::min(steps.find('\n', at), steps.size());
      if (end > at) yaml += "  ";
      yaml += std::string(steps.substr(at, end - at)) + "\n";
      at = end + 1;
    }
    return yaml;
  }

 private:
  engine::Waiting& waiting() { return time_ == Time::real ? static_cast<engine::Waiting&>(system_waiting_) : manual_waiting_; }
  Time time_;
  base::SystemClock system_clock_;
  engine::ManualWaiting manual_waiting_{manual_clock};
  engine::SystemWaiting system_waiting_{system_clock_};
};

}  // namespace quanji::activities
