#include "services/idempotency.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/fields_json.h"
#include "domain/caller.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;

namespace {

// Takes out what is marked; true when something was.
bool strip(const base::FieldList& list, boost::json::value& value);
bool strip(const base::ValueOps& ops, boost::json::value& value) {
  if (ops.kind == base::Kind::object && ops.object) return strip(ops.object(), value);
  if (ops.kind != base::Kind::list || !value.is_array()) return false;
  bool found = false;
  for (auto& element : value.get_array()) found = strip(*ops.inner, element) || found;
  return found;
}
bool strip(const base::FieldList& list, boost::json::value& value) {
  auto* object = value.if_object();
  if (!object) return false;
  bool found = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& field = list.all()[i];
    const auto member = object->find(list.json_name(i));
    if (member == object->end()) continue;
    if (field.limits.flags & base::secret_once) {
      object->erase(member);
      found = true;
    } else {
      const auto* ops = field.ops->optional ? field.ops->inner : field.ops;
      found = strip(*ops, member->value()) || found;
    }
  }
  return found;
}

// Whether anything of the type is marked: most answers hold no secret and need not be read again.
bool marks_secrets(const base::FieldList& list, int depth = 0) {
  constexpr int deepest = 16;  // deeper than the encoder goes: a type that holds itself ends here
  return std::ranges::any_of(list.all(), [&](const base::Field& field) {
    if (field.limits.flags & base::secret_once) return true;
    const auto* ops = field.ops;
    while (ops && (ops->optional || ops->kind == base::Kind::list)) ops = ops->inner;
    return ops && ops->kind == base::Kind::object && ops->object && (depth >= deepest || marks_secrets(ops->object(), depth + 1));
  });
}

struct Stripped {
  std::string text;
  bool held_secret = false;
};
Result<Stripped> stripped(const base::FieldList& list, std::string_view encoded) {
  if (!marks_secrets(list)) return Stripped{std::string(encoded), false};
  QUANJI_TRY(auto value, base::parse_json(encoded));
  Stripped out;
  out.held_secret = strip(list, value);
  out.text = out.held_secret ? boost::json::serialize(value) : std::string(encoded);
  return out;
}

bool too_old(const View& view, base::Time at) { return view.now().since(at) >= kept_for; }

}  // namespace

Result<std::string> without_secrets(const base::FieldList& list, std::string_view encoded) {
  QUANJI_TRY(auto out, stripped(list, encoded));
  return std::move(out.text);
}

std::string idempotency_client(const View& view) {
  const auto& caller = view.caller();
  switch (caller.kind) {
    case domain::CallerKind::user:
      return caller.user.text();
    case domain::CallerKind::client:
      // Two persons behind one portal are two clients here: one must not be given the other's answer.
      return caller.user.empty() ? caller.client.text() : caller.client.text() + "/" + caller.user.text();
    case domain::CallerKind::robot:
      return caller.robot.text();
    default:
      return "-";
  }
}

Status check_idempotency_key(std::string_view key) {
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!key.empty() && key.size() <= idempotency_key_limit && printable) return {};
  return base::Error(base::Code::invalid_field)
      .with_field("Idempotency-Key",
                  {"须为 1 到 128 个可见 ASCII 字符，不含空格。", "Must be 1 to 128 visible ASCII characters without spaces."});
}

Result<std::optional<Kept>> find_idempotent(Change& change, std::string_view client, std::string_view operation, std::string_view key,
                                            const base::Digest& body) {
  QUANJI_TRY(const auto found, change.row(sql::idempotency_find, {{"client", client}, {"operation", operation}, {"idempotency_key", key}}));
  if (!found) return std::optional<Kept>{};
  if (too_old(change, found->time("at"))) {
    QUANJI_TRY([[maybe_unused]] const auto removed,
               change.run(sql::idempotency_delete, {{"client", client}, {"operation", operation}, {"idempotency_key", key}}));
    return std::optional<Kept>{};
  }
  if (!std::ranges::equal(found->bytes("body"), body)) return base::Error(base::Code::idempotency_conflict);
  Kept kept;
  kept.encoded = found->text("answer");
  kept.id = found->text("thing");
  kept.revision = found->integer("revision");
  kept.status = found->integer("status");
  kept.without_secrets = found->truth("without_secrets");
  return std::optional<Kept>(std::move(kept));
}

Status keep_idempotent(Change& change, std::string_view client, std::string_view operation, std::string_view key, const base::Digest& body,
                       const Kept& kept, const base::FieldList& answer) {
  Stripped what;
  if (!kept.encoded.empty()) {
    QUANJI_TRY(what, stripped(answer, kept.encoded));
  }
  if (what.text.size() > kept_answer_limit) {
    if (kept.id.empty())
      return base::Error(base::Code::bug,
                         "an answer over 16 KiB without an id cannot be kept for its idempotency key: " + std::string(operation));
    what.text.clear();
  }
  QUANJI_TRY(const auto written, change.run(sql::idempotency_insert, {{"client", client},
                                                                      {"operation", operation},
                                                                      {"idempotency_key", key},
                                                                      {"body", storage::Bytes(body)},
                                                                      {"answer", what.text},
                                                                      {"thing", kept.id},
                                                                      {"revision", kept.revision},
                                                                      {"status", kept.status},
                                                                      {"without_secrets", what.held_secret || kept.without_secrets},
                                                                      {"at", change.now()}}));
  // find_idempotent came first in this change, so somebody else's row can only be seen here by an isolation weaker than serializable.
  if (written != 1) return base::Error(base::Code::idempotency_conflict, "the key was kept by another change meanwhile");
  return {};
}

Result<std::int64_t> sweep_idempotent(Change& change, std::int64_t limit) {
  return change.run(sql::idempotency_sweep, {{"before", change.now().plus(-kept_for)}, {"limit", limit}});
}

}  // namespace quanji::services
