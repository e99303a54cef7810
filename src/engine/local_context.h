// The outside world as a folder, for `quanji flow run --context DIR` and for tests of flows:
//
//   assets.toml         name = value; a decimal as {decimal = "1.20"}, a date as a TOML date; a value that is a credential's secret:
//                       {secret = "name"}. What flows set stands in assets.jsonl and wins.
//   credentials.toml    0600. [name] with keys; `username`, `host`, `port`, `url` and what stands under [name.plain] are plain, the
//                       rest secret. What flows set stands in credentials.jsonl (0600) and wins.
//   queues/NAME.jsonl   what happened to the queue, one event a line; a person adds items by
//                       {"add":"","data":{…},"reference":"…"}
//   queues/NAME.toml    unique_references = true, tries = 3
//   answers.jsonl       {"title":"…" or "form":"…" or "key":"…","values":{…}}; each answers once
//   questions.jsonl     what was asked and waits, for the person who answers
//   files/              stored files by their name
//   tasks.jsonl         flows that were asked to start; {"task":id,"state":"succeeded","outputs":{…}} by who ran them
//
// Every change is a line appended under a lock: several runs may share a folder. Nothing in it is a secret but the credentials.
// Reads foreign bytes: fuzz/local_context.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "engine/bare_context.h"

namespace quanji::engine {

class LocalContext final : public BareContext {
 public:
  // `run` names whose items are whose: the same on every resume of a run. Refuses a credentials file others may read.
  static base::Result<std::unique_ptr<LocalContext>> open(std::string folder, std::string run, base::Clock& clock, base::Random& random);

  base::Result<values::Value> asset(std::string_view name) override;
  base::Status set_asset(std::string_view name, const values::Value& value, std::string_view key) override;
  base::Result<CredentialView> credential(std::string_view name) override;
  base::Result<base::Secret> open_secret(const values::SecretRef& secret) override;
  base::Status set_secret(std::string_view name, std::string_view field, const values::SecretRef& value, std::string_view key) override;
  base::Result<std::string> add_item(std::string_view queue, const NewItem& item, std::string_view key) override;
  base::Result<std::int64_t> add_items(std::string_view queue, const std::vector<NewItem>& items, std::string_view key) override;
  base::Result<std::int64_t> count_items(std::string_view queue, ItemState state) override;
  base::Result<std::optional<QueueItem>> take_item(std::string_view queue, std::string_view key) override;
  base::Status finish_item(std::string_view id, const values::Map& output) override;
  base::Result<ItemState> fail_item(std::string_view id, const ItemFailure& failure) override;
  base::Status defer_item(std::string_view id, base::Time until) override;
  base::Result<std::optional<Answer>> ask(const Question& question, std::string_view key) override;
  base::Status withdraw_question(std::string_view key) override;
  base::Result<StoredFile> store_file(std::string_view name, const std::string& from) override;
  base::Result<StoredFile> fetch_file(std::string_view name, const std::string& to) override;
  base::Result<std::vector<StoredFile>> list_files(std::string_view prefix) override;
  base::Status delete_file(std::string_view name) override;
  base::Result<std::string> start_task(const NewTask& task, std::string_view key) override;
  base::Result<TaskView> look_at_task(std::string_view id) override;
  base::Status stop_task(std::string_view id, StopWay way, std::string_view reason) override;

  // ---- a queue's file, told by its lines ----
  struct Item {
    QueueItem item;
    ItemState state = ItemState::fresh;
    std::int64_t priority = 0;
    std::optional<base::Time> not_before, deadline;
    std::string add_key, run;
  };
  struct Queue {
    std::vector<Item> items;                                // in the order they were added
    std::map<std::string, std::string, std::less<>> taken;  // key → id
    Item* find(std::string_view id);
  };
  // Of the file's text; a line that makes no sense is a failure that names it.
  static base::Result<Queue> read_queue(std::string_view text, std::string_view name);

 private:
  LocalContext(std::string folder, std::string run, base::Clock& clock, base::Random& random)
      : BareContext(clock), folder_(std::move(folder)), run_(std::move(run)), clock_(clock), ids_(clock, random) {}
  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  base::Result<std::string> path_of_queue(std::string_view queue) const;
  base::Result<std::string> path_of_file(std::string_view name) const;
  // The queue an item belongs to: its id says it.
  base::Result<std::string> queue_of(std::string_view id) const;
  // The lines that add an item, appended together, or a name_taken.
  base::Result<std::vector<std::string>> append_items(std::string_view queue, const std::vector<NewItem>& items, std::string_view key);
  // What flows set of a credential's secrets, in their order.
  base::Result<std::vector<boost::json::object>> set_secrets(std::string_view credential) const;
  base::Status end_item(std::string_view id, ItemState state, const ItemFailure* failure, const values::Map* output, ItemState& became);
  std::string id(std::string_view prefix) { return base::id_text(prefix, ids_.next()); }

  const std::string folder_, run_;
  base::Clock& clock_;
  base::UlidSource ids_;
};

}  // namespace quanji::engine
