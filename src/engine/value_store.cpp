#include "engine/value_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fields_json.h"
#include "base/files.h"
#include "values/table.h"

namespace quanji::engine {

using base::Code;
using base::Descriptor;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using values::Type;
using values::Value;

namespace {

// Only what can be large is worth a look.
bool may_be_large(const Value& value, std::size_t most) {
  switch (value.type()) {
    case Type::text:
      return value.text().size() > most / 2;
    case Type::bytes:
      return value.bytes().size() > most / 2;
    case Type::list:
    case Type::map:
    case Type::table:
      return true;
    default:
      return false;
  }
}
const void* address(const Value& value) {
  switch (value.type()) {
    case Type::text:
      return &value.text();
    case Type::bytes:
      return &value.bytes();
    case Type::list:
      return &value.list();
    case Type::map:
      return &value.map();
    case Type::table:
      return &value.table();
    default:
      return nullptr;
  }
}
Error disk_refused(std::string_view act, const std::string& path) {
  return Error(Code::store_unavailable, Text("磁盘拒绝保存较大的变量，请检查空间", "the disk refused a large variable: look at its space"),
               base::system_detail(act, path));
}
std::string reference(std::string_view digest) { return fmt::format("{{\"$stored\":\"{}\"}}", digest); }

}  // namespace

Status ValueStore::append(const Value& value, std::string& out, std::size_t most) {
  if (!may_be_large(value, most)) {
    value.append_json(out);
    return {};
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [kept, digest] : recent_)
    if (kept.type() == value.type() && address(kept) == address(value)) {
      out += reference(digest);
      return {};
    }
  const auto before = out.size();
  value.append_json(out);
  if (out.size() - before <= most) return {};
  const auto json = std::string_view(out).substr(before);
  const auto digest = base::hex(base::sha256(json));
  const auto path = folder_ + "/" + digest;
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) {
    const auto draft = path + ".new";
    Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return disk_refused("open", draft);
    for (std::string_view rest = json; !rest.empty();) {
      const auto n = ::write(file.get(), rest.data(), rest.size());
      if (n < 0) return disk_refused("write", draft);
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    if (std::rename(draft.c_str(), path.c_str()) != 0) return disk_refused("rename", draft);
    unsynced_.push_back(path);
  }
  out.resize(before);
  out += reference(digest);
  if (recent_.size() >= 4) recent_.erase(recent_.begin());
  recent_.emplace_back(value, digest);
  return {};
}
Result<Value> ValueStore::read(std::string_view digest) const {
  const auto path = folder_ + "/" + std::string(digest);
  const auto unreadable = [&](std::string_view why) {
    return Error(Code::store_unavailable,
                 Text("运行日志引用的变量文件无法读出，不能继续执行",
                      "a file of variables the journal refers to cannot be read: the run cannot go on"),
                 fmt::format("{}: {}", path, why));
  };
  if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdef") != std::string_view::npos) return unreadable("no digest");
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return unreadable("missing");
  auto bytes = base::read_whole(file.get(), std::size_t{4} << 30);
  if (!bytes) return unreadable(bytes.error().detail());
  if (base::hex(base::sha256(*bytes)) != digest) return unreadable("its content has changed");
  auto json = base::parse_json(*bytes, values::max_value_json_depth);
  if (!json) return unreadable("not JSON");
  return Value::from_json(*json);
}
Status ValueStore::sync() {
  const std::lock_guard lock(mutex_);
  if (unsynced_.empty()) return {};
  for (const auto& path : unsynced_) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || ::fdatasync(file.get()) != 0) return disk_refused("sync", path);
  }
  unsynced_.clear();
  return base::sync_folder(folder_);
}

Status append_value(ValueStore* store, const Value& value, std::string& out, std::size_t most) {
  if (store) return store->append(value, out, most);
  value.append_json(out);
  return {};
}
Result<Value> read_value(const ValueStore* store, const boost::json::value& json) {
  if (const auto* object = json.if_object(); object && object->size() == 1)
    if (const auto* stored = object->if_contains("$stored"); stored && stored->is_string()) {
      if (!store) return Error(Code::store_unavailable, "the journal refers to stored values and there is no store");
      return store->read(std::string_view(stored->get_string()));
    }
  return Value::from_json(json);
}

}  // namespace quanji::engine
