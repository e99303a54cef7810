// What tests of the engine and of activities share: a world in memory, time that moves when somebody waits, a run of a piece of YAML.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/files.h"
#include "calendar/shipped.h"
#include "engine/run.h"
#include "flow/parser.h"

namespace quanji::engine {

// One interpreter a process: every test of a program shares it, on the main thread.
inline Python& python_of_tests() {
  static auto started = Python::start({});
  if (!started) throw std::runtime_error(started.error().message().en + started.error().detail());
  return **started;
}

// The outside world as maps.
class MemoryContext final : public RunContext {
 public:
  std::map<std::string, values::Value, std::less<>> assets;
  std::map<std::string, std::string, std::less<>> passwords;  // credential → its password
  std::map<std::string, std::deque<QueueItem>, std::less<>> queues;
  std::map<std::string, std::string, std::less<>> item_ends;  // id → "succeeded", "failed business sign_mismatch" …
  std::map<std::string, values::Map, std::less<>> answers;    // title of the question → its answer
  std::vector<std::string> lines;                             // "info steps/0 text"

  base::Result<values::Value> asset(std::string_view name) override {
    const auto found = assets.find(name);
    if (found == assets.end()) return base::Error(base::Code::not_found);
    return found->second;
  }
  base::Status set_asset(std::string_view name, const values::Value& value, std::string_view) override {
    assets[std::string(name)] = value;
    return {};
  }
  base::Result<CredentialView> credential(std::string_view name) override {
    if (!passwords.contains(name)) return base::Error(base::Code::not_found);
    return CredentialView{std::string(name), 1, {"password"}, {}};
  }
  base::Result<base::Secret> open_secret(const values::SecretRef& secret) override {
    const auto found = passwords.find(secret.credential);
    if (found == passwords.end()) return base::Error(base::Code::not_found);
    return base::Secret(found->second);
  }
  base::Status set_secret(std::string_view name, std::string_view, const values::SecretRef& value, std::string_view) override {
    if (!passwords.contains(name) || !passwords.contains(value.credential)) return base::Error(base::Code::not_found);
    passwords[std::string(name)] = passwords.find(value.credential)->second;
    return {};
  }
  base::Result<std::string> add_item(std::string_view queue, const NewItem& item, std::string_view key) override {
    const std::lock_guard lock(mutex_);
    const auto id = "qit_" + std::string(key);
    queues[std::string(queue)].push_back({id, std::string(queue), item.reference, item.data, 1});
    return id;
  }
  base::Result<std::int64_t> add_items(std::string_view queue, const std::vector<NewItem>& items, std::string_view key) override {
    for (std::size_t i = 0; i < items.size(); ++i) (void)add_item(queue, items[i], std::string(key) + "." + std::to_string(i)).ok();
    return static_cast<std::int64_t>(items.size());
  }
  base::Result<std::int64_t> count_items(std::string_view queue, ItemState state) override {
    const std::lock_guard lock(mutex_);
    return state == ItemState::fresh ? static_cast<std::int64_t>(queues[std::string(queue)].size()) : 0;
  }
  base::Result<std::optional<QueueItem>> take_item(std::string_view queue, std::string_view key) override {
    const std::lock_guard lock(mutex_);
    if (const auto before = taken_.find(key); before != taken_.end()) return std::optional<QueueItem>(before->second);
    auto& waiting = queues[std::string(queue)];
    if (waiting.empty()) return std::optional<QueueItem>();
    auto item = std::move(waiting.front());
    waiting.pop_front();
    taken_.emplace(std::string(key), item);
    return std::optional<QueueItem>(item);
  }
  base::Status finish_item(std::string_view id, const values::Map&) override {
    item_ends[std::string(id)] = "succeeded";
    return {};
  }
  base::Result<ItemState> fail_item(std::string_view id, const ItemFailure& failure) override {
    item_ends[std::string(id)] = "failed " + std::string(flow::word_of(failure.kind)) + " " + failure.code;
    return ItemState::failed;
  }
  base::Status defer_item(std::string_view id, base::Time) override {
    item_ends[std::string(id)] = "deferred";
    return {};
  }
  base::Result<std::optional<Answer>> ask(const Question& question, std::string_view) override {
    const auto found = answers.find(question.title);
    if (found == answers.end()) return std::optional<Answer>();
    return std::optional(Answer{found->second, "tester", {}, QuestionEnd::answered});
  }
  base::Status withdraw_question(std::string_view) override { return {}; }
  base::Result<StoredFile> store_file(std::string_view, const std::string&) override { return base::Error(base::Code::not_supported); }
  base::Result<StoredFile> fetch_file(std::string_view, const std::string&) override { return base::Error(base::Code::not_found); }
  base::Result<std::vector<StoredFile>> list_files(std::string_view) override { return std::vector<StoredFile>(); }
  base::Status delete_file(std::string_view) override { return base::Error(base::Code::not_found); }
  base::Result<std::string> start_task(const NewTask&, std::string_view) override { return base::Error(base::Code::not_supported); }
  base::Result<TaskView> look_at_task(std::string_view) override { return base::Error(base::Code::not_found); }
  base::Status stop_task(std::string_view, StopWay, std::string_view) override { return base::Error(base::Code::not_found); }
  base::Result<const calendar::Calendar*> calendar(std::string_view id) override {
    const auto* found = calendar::shipped_calendar(id);
    if (!found) return base::Error(base::Code::not_found);
    return found;
  }
  void log(LogLevel level, std::string_view step, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines.push_back(std::string(base::word(level)) + " " + std::string(step) + " " + std::string(message));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, QueueItem, std::less<>> taken_;
};

// A journal in memory: a descriptor like the one a robot passes.
class MemoryJournal {
 public:
  explicit MemoryJournal(std::string_view bytes = {}) : fd_(::memfd_create("journal", MFD_CLOEXEC)) {
    if (::write(fd_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("memfd");
    ::fcntl(fd_.get(), F_SETFL, O_APPEND);
  }
  int fd() const { return fd_.get(); }
  std::string bytes() const { return *base::read_whole(fd_.get(), std::size_t{1} << 30); }

 private:
  base::Descriptor fd_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code failed;
    std::filesystem::remove_all(path_, failed);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Reads documents; a mistake in one is the test's.
inline flow::Document document_of(std::string_view yaml, std::string file = "flows/test.yaml") {
  auto reading = flow::read_document(yaml, std::move(file));
  std::string wrong;
  for (const auto& problem : reading.problems)
    if (problem.severity() == flow::Severity::error) wrong += flow::to_line(problem, flow::Language::en) + "\n";
  if (!wrong.empty()) throw std::runtime_error("the test's document is refused:\n" + wrong);
  return std::move(reading.document);
}

// A world in which flows run. Time stands still but for waiting.
struct TestWorld {
  base::ManualClock clock;
  ManualWaiting waiting{clock};
  base::SeededRandom random{1};
  MemoryContext outside;
  TemporaryFolder work, evidence;
  Catalogue catalogue;
  RunObserver* observer = nullptr;
  Debugger* debugger = nullptr;
  ValueStore* store = nullptr;

  // Runs the first of the documents. `journal` may be null.
  wire::Finished run(const Flows& flows, const MemoryJournal* journal = nullptr, values::Variables inputs = {},
                     std::vector<Settled> settled = {}, RunRequest::After after = RunRequest::After::stay, RunControl* control = nullptr,
                     std::optional<std::chrono::microseconds> time = {}) {
    Surroundings around{clock, random, waiting, python_of_tests(), outside, catalogue, work.path(), evidence.path(), {}};
    around.facts.task = "tsk_1";
    around.observer = observer;
    around.debugger = debugger;
    RunRequest request{flows, flows.all().front()->flow.text, "att_1", "digest", std::move(inputs), std::move(settled), time, after};
    RunControl own;
    std::unique_ptr<Journal> opened;
    if (journal) {
      auto journal_opened = Journal::open(journal->fd(), clock, store);
      if (!journal_opened) throw std::runtime_error("journal: " + journal_opened.error().message().en);
      opened = std::move(*journal_opened);
    }
    auto finished = engine::run(request, around, control ? *control : own, opened.get());
    if (!finished) throw std::runtime_error("run: " + finished.error().message().en + " " + finished.error().detail());
    return std::move(*finished);
  }
  wire::Finished run(std::string_view yaml, const MemoryJournal* journal = nullptr, values::Variables inputs = {}) {
    Flows flows;
    flows.add(document_of(yaml));
    return run(flows, journal, std::move(inputs));
  }
};

}  // namespace quanji::engine
