#include "services/audit.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "base/encodings.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;

// ---- keys ----

namespace {
// Prepared keys are one thread's at a time: borrowed, or cloned when all are out.
class KeyShelf {
 public:
  explicit KeyShelf(base::MacKey first) : first_(std::move(first)) {}
  template <class F>
  auto with(F&& use) {
    auto key = take();
    auto out = use(key);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(key));
    return out;
  }
  std::string_view algorithm() const { return first_.algorithm(); }

 private:
  base::MacKey take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return first_.clone();
    auto key = std::move(idle_.back());
    idle_.pop_back();
    return key;
  }
  const base::MacKey first_;
  std::mutex mutex_;
  std::vector<base::MacKey> idle_;  // guarded by mutex_
};

constexpr std::string_view row_purpose = "audit.row", seal_purpose = "audit.seal", checkpoint_purpose = "audit.checkpoint";
std::string_view purpose_word(AuditKeys::Purpose purpose) { return purpose == AuditKeys::Purpose::row ? row_purpose : seal_purpose; }
}  // namespace

struct AuditKeys::State {
  std::shared_ptr<const base::Keyring> keyring;
  base::Mac mac{};
  mutable std::mutex mutex;
  std::map<std::string, std::unique_ptr<KeyShelf>, std::less<>> shelves;  // guarded by mutex; "purpose/key id"; entries never go

  mutable std::map<std::string, std::unique_ptr<base::PrivateKey>, std::less<>> checkpoint_keys;  // guarded by mutex; entries never go

  // Null when the keyring does not know the id.
  KeyShelf* shelf(Purpose purpose, std::string_view key_id) {
    std::string name(purpose_word(purpose));
    name += '/';
    name += key_id;
    const std::lock_guard lock(mutex);
    const auto found = shelves.find(name);
    if (found != shelves.end()) return found->second.get();
    if (shelves.size() > 64) return nullptr;  // ids come from rows: no more than a keyring could have
    auto key = keyring->mac_key(purpose_word(purpose), key_id);
    if (!key) return nullptr;
    return shelves.emplace(name, std::make_unique<KeyShelf>(key->prepare())).first->second.get();
  }
};

Result<std::shared_ptr<AuditKeys>> AuditKeys::from(std::shared_ptr<const base::Keyring> keyring) {
  std::shared_ptr<AuditKeys> made(new AuditKeys);
  made->state_ = std::make_unique<State>();
  const auto current = keyring->mac_key(row_purpose);
  made->key_id_ = current.id;
  made->state_->mac = current.mac;
  made->state_->keyring = std::move(keyring);
  if (!made->checkpoint_key()) return base::Error(base::Code::bug, "no key for checkpoints could be derived");
  return made;
}
AuditKeys::~AuditKeys() = default;

std::string_view AuditKeys::algorithm() const { return base::to_text(state_->mac); }
base::Hash AuditKeys::hash() const { return domain::hash_of(state_->mac); }

const base::PrivateKey* AuditKeys::checkpoint_key(std::string_view key_id) const {
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->checkpoint_keys.find(key_id); found != state_->checkpoint_keys.end()) return found->second.get();
  auto master = state_->keyring->mac_key(checkpoint_purpose, key_id);
  if (!master) return nullptr;
  const auto kind = master->mac == base::Mac::hmac_sm3 ? base::KeyKind::sm2 : base::KeyKind::ed25519;
  // The scalar of an SM2 key must be below the order of its curve; the digest of a seed that is not takes its place.
  auto seed = std::move(master->key);
  for (int i = 0; i < 3; ++i) {
    if (auto key = base::PrivateKey::from_raw(kind, seed))
      return state_->checkpoint_keys.emplace(key_id, std::make_unique<base::PrivateKey>(std::move(key).value())).first->second.get();
    seed = base::Secret(base::sha256(seed.reveal_bytes()));
  }
  return nullptr;
}

base::Digest AuditKeys::sign(Purpose purpose, std::span<const std::uint8_t> message) const {
  return state_->shelf(purpose, key_id_)->with([&](base::MacKey& key) { return key.sign(message); });
}
bool AuditKeys::verify(Purpose purpose, std::string_view algorithm, std::string_view key_id, std::span<const std::uint8_t> message,
                       std::span<const std::uint8_t> mac) const {
  auto* shelf = state_->shelf(purpose, key_id);
  if (!shelf || shelf->algorithm() != algorithm) return false;
  return shelf->with([&](base::MacKey& key) { return key.verify(message, mac); });
}

namespace {
std::mutex keys_mutex;
// Guarded by keys_mutex. Never destroyed: keys wipe themselves in Botan's locked pool, which is gone before this file's statics would be.
std::shared_ptr<AuditKeys>& keys_in_use() {
  static auto& keys = *new std::shared_ptr<AuditKeys>;
  return keys;
}
}  // namespace
void use_audit_keys(std::shared_ptr<AuditKeys> keys) {
  const std::lock_guard lock(keys_mutex);
  keys_in_use() = std::move(keys);
}
std::shared_ptr<AuditKeys> audit_keys() {
  const std::lock_guard lock(keys_mutex);
  return keys_in_use();
}

// ---- writing ----

namespace {

std::string_view kind_word(domain::CallerKind kind) {
  static constexpr std::string_view words[] = {"nobody", "user", "client", "robot", "clock", "setup"};
  return words[static_cast<std::size_t>(kind)];
}
std::string_view channel_word(domain::Channel channel) {
  static constexpr std::string_view words[] = {"session", "bearer", "signature", "certificate", "internal"};
  return words[static_cast<std::size_t>(channel)];
}
std::string actor_of(const domain::Caller& caller) {
  switch (caller.kind) {
    case domain::CallerKind::user:
      return caller.user.text();
    case domain::CallerKind::client:
      return caller.client.text();
    case domain::CallerKind::robot:
      return caller.robot.text();
    default:
      return {};
  }
}
// Text as the database takes it: UTF-8 without NUL (PostgreSQL refuses it), so that what is read back is what the MAC was made over.
std::string clean(std::string_view text) {
  std::string out = base::is_utf8(text) ? std::string(text) : base::repair_utf8(text);
  std::erase(out, '\0');
  return out;
}

Status write_row(Change& change, domain::AuditRow row) {
  const auto keys = audit_keys();
  if (!keys) return base::Error(base::Code::audit_unavailable, "audit keys are not in use yet");
  row.algorithm = keys->algorithm();
  row.key_id = keys->key_id();
  const auto canonical = domain::canonical_json(row);
  const auto mac = keys->sign(AuditKeys::Purpose::row, base::bytes_of(canonical));
  auto done = change.run(sql::audit_insert, {{"id", row.id},
                                             {"at", row.at},
                                             {"operation", row.operation},
                                             {"audit", row.audit},
                                             {"result", row.result},
                                             {"count", row.count},
                                             {"caller_kind", row.caller_kind},
                                             {"channel", row.channel},
                                             {"actor", row.actor},
                                             {"account", row.account},
                                             {"on_behalf_of", row.on_behalf_of},
                                             {"address", row.address},
                                             {"request_id", row.request_id},
                                             {"target", row.target},
                                             {"target_name", row.target_name},
                                             {"department", row.department},
                                             {"before_digest", row.before_digest},
                                             {"after_digest", row.after_digest},
                                             {"before_document", row.before},
                                             {"after_document", row.after},
                                             {"reason", row.reason},
                                             {"approval", row.approval},
                                             {"algorithm", row.algorithm},
                                             {"key_id", row.key_id},
                                             {"mac", storage::Bytes(mac)}});
  if (!done) return std::move(done).error();
  if (*done != 1) return base::Error(base::Code::audit_unavailable, "the audit row was not stored");
  return {};
}

domain::AuditRow row_of(Change& change, const AuditEntry& entry) {
  const auto& caller = change.caller();
  const auto& note = entry.note;
  domain::AuditRow row;
  row.id = change.new_id<domain::AuditId>();
  row.at = change.now();
  row.operation = clean(entry.operation);
  row.audit = clean(entry.audit);
  row.result = entry.result;
  row.count = entry.count;
  row.caller_kind = kind_word(caller.kind);
  row.channel = channel_word(caller.channel);
  row.actor = actor_of(caller);
  row.account = clean(caller.account);
  row.on_behalf_of = clean(caller.on_behalf_of);
  row.address = clean(caller.address);
  row.request_id = clean(caller.request_id);
  row.target = clean(note.target);
  row.target_name = clean(note.name);
  if (!note.department.empty()) row.department = domain::DepartmentId{note.department};
  row.reason = clean(note.reason);
  row.approval = clean(entry.approval);
  const auto keys = audit_keys();
  const auto hash = keys ? keys->hash() : base::Hash::sha256;
  if (!note.before.empty()) row.before_digest = base::hex(base::digest(hash, base::bytes_of(note.before)));
  if (!note.after.empty()) row.after_digest = base::hex(base::digest(hash, base::bytes_of(note.after)));
  if (note.before.size() <= audit_document_limit) row.before = clean(note.before);
  if (note.after.size() <= audit_document_limit) row.after = clean(note.after);
  return row;
}

// ---- refusals past the tenth of a minute ----

constexpr std::int64_t minute_micros = 60'000'000;
constexpr std::size_t refusal_keys = 10'000;  // callers × operations of a minute that are told apart

struct RefusalKey {
  std::int64_t minute = 0;
  std::string actor, account, operation, target;
  std::int64_t result = 0;
  auto operator<=>(const RefusalKey&) const = default;
};
struct Refusals {
  std::int64_t rows = 0;   // committed, of this node
  std::int64_t extra = 0;  // not yet in audit_refusals
  std::string audit, caller_kind, channel, on_behalf_of, address;
};
std::mutex refusals_mutex;
std::map<RefusalKey, Refusals> refusals;  // guarded by refusals_mutex

}  // namespace

Status write_audit(Change& change, const AuditEntry& entry) { return write_row(change, row_of(change, entry)); }

Status write_refusal(Change& change, const AuditEntry& entry) {
  const auto& caller = change.caller();
  if (caller.kind == domain::CallerKind::nobody && entry.note.target.empty()) return {};
  RefusalKey key{change.now().micros / minute_micros, actor_of(caller), caller.account, std::string(entry.operation), {}, entry.result};
  // An unknown caller is told apart by the account it tried; a known one by itself, or many targets would be many rows.
  if (caller.kind == domain::CallerKind::nobody) key.target = clean(entry.note.target);
  std::int64_t rows = 0;
  {
    const std::lock_guard lock(refusals_mutex);
    const auto found = refusals.find(key);
    if (found != refusals.end()) {
      rows = found->second.rows;
    } else if (refusals.size() >= refusal_keys) {
      key.actor = key.account = key.target = "";
      rows = refusal_rows_a_minute;
    }
  }
  Refusals about;
  about.audit = entry.audit;
  about.caller_kind = kind_word(caller.kind);
  about.channel = channel_word(caller.channel);
  about.on_behalf_of = clean(caller.on_behalf_of);
  about.address = clean(caller.address);
  const bool own_row = rows < refusal_rows_a_minute;
  // Memory is changed only when the refusal is durable: the body of a change may run more than once.
  change.after_commit([key, about, own_row] {
    const std::lock_guard lock(refusals_mutex);
    auto& entry_now = refusals.try_emplace(key, about).first->second;
    entry_now.address = about.address;
    ++(own_row ? entry_now.rows : entry_now.extra);
  });
  if (!own_row) return {};
  return write_audit(change, entry);
}

Status flush_refusals(Change& change) {
  const auto minute = change.now().micros / minute_micros;
  std::vector<std::pair<RefusalKey, Refusals>> counted;
  {
    const std::lock_guard lock(refusals_mutex);
    for (const auto& [key, about] : refusals)
      if (about.extra > 0) counted.emplace_back(key, about);
  }
  for (const auto& [key, about] : counted) {
    QUANJI_TRY([[maybe_unused]] const auto written, change.run(sql::audit_refusal_count, {{"minute", key.minute},
                                                                                          {"actor", key.actor},
                                                                                          {"account", key.account},
                                                                                          {"operation", key.operation},
                                                                                          {"audit", about.audit},
                                                                                          {"result", key.result},
                                                                                          {"caller_kind", about.caller_kind},
                                                                                          {"channel", about.channel},
                                                                                          {"on_behalf_of", about.on_behalf_of},
                                                                                          {"address", about.address},
                                                                                          {"target", key.target},
                                                                                          {"count", about.extra}}));
  }
  change.after_commit([counted = std::move(counted), minute] {
    const std::lock_guard lock(refusals_mutex);
    for (const auto& [key, about] : counted)
      if (const auto found = refusals.find(key); found != refusals.end()) found->second.extra -= about.extra;
    std::erase_if(refusals, [&](const auto& entry) { return entry.first.minute < minute && entry.second.extra == 0; });
  });
  // A node may still hold counts of the minute that has just passed: its row waits one minute more.
  QUANJI_TRY(const auto past, change.rows(sql::audit_refusals_past, {{"minute", minute - 1}, {"limit", 200}}));
  for (const auto& found : past) {
    domain::AuditRow row;
    row.id = change.new_id<domain::AuditId>();
    row.at = change.now();
    row.operation = found.text("operation");
    row.audit = found.text("audit");
    row.result = found.integer("result");
    row.count = found.integer("count");
    row.caller_kind = found.text("caller_kind");
    row.channel = found.text("channel");
    row.actor = found.text("actor");
    row.account = found.text("account");
    row.on_behalf_of = found.text("on_behalf_of");
    row.address = found.text("address");
    row.target = found.text("target");
    row.reason = "minute " + base::to_text(base::Time{found.integer("minute") * minute_micros}, std::chrono::minutes(0));
    QUANJI_DO(write_row(change, std::move(row)));
    QUANJI_TRY([[maybe_unused]] const auto removed, change.run(sql::audit_refusal_done, {{"minute", found.integer("minute")},
                                                                                         {"actor", found.text("actor")},
                                                                                         {"account", found.text("account")},
                                                                                         {"operation", found.text("operation")},
                                                                                         {"result", found.integer("result")},
                                                                                         {"target", found.text("target")}}));
  }
  return {};
}

// ---- reading ----

QUANJI_FIELDS(AuditRecord, QF(id, "标识", "Identifier"), QF(seq, "序号", "Number of the row"), QF(at, "时间", "When"),
              QF(operation, "操作", "Operation"), QF(audit, "审计名称", "Audit name"),
              QF(result, "结果码，0 为成功", "0, or the code of the refusal"),
              QF(count, "合并的次数", "How many refusals this row stands for"),
              QF(caller_kind, "调用者类别", "Kind of caller: user, client, robot, clock, setup, nobody"),
              QF(channel, "通道", "How the caller was known: session, bearer, signature, certificate, internal"),
              QF(actor, "调用者标识", "Id of the user, client or robot"), QF(account, "账号", "Account, client or robot name"),
              QF(on_behalf_of, "代表何人", "Account of the person a client acted for"), QF(address, "来源地址", "From where"),
              QF(request_id, "请求编号", "Request id"), QF(target, "对象标识", "Id of the thing"),
              QF(target_name, "对象名称", "Name of the thing"), QF(department_id, "所属部门", "Department of the thing"),
              QF(before_digest, "变更前摘要", "Digest of the document before"),
              QF(after_digest, "变更后摘要", "Digest of the document after"),
              QF(before_document, "变更前内容", "The document before, without secrets"),
              QF(after_document, "变更后内容", "The document after, without secrets"), QF(reason, "理由", "Reason given"),
              QF(approval, "审批标识", "Approval that carried it"), QF(algorithm, "校验算法", "Algorithm of the row's MAC"),
              QF(key_id, "校验密钥标识", "Key of the row's MAC"))
QUANJI_FIELDS(AuditRef, QF(id, "标识", "Identifier", .flags = base::in_path))

namespace {
const ResourceList& audit_list() {
  using storage::ColumnType;
  using storage::FilterOp;
  static const ResourceList list(
      {.name = "audit",
       .from = "audit",
       .columns = {"id",
                   "seq",
                   "at",
                   "operation",
                   "audit",
                   "result",
                   "count",
                   "caller_kind",
                   "channel",
                   "actor",
                   "account",
                   "on_behalf_of",
                   "address",
                   "request_id",
                   "target",
                   "target_name",
                   "department as department_id",
                   "before_digest",
                   "after_digest",
                   "before_document",
                   "after_document",
                   "reason",
                   "approval",
                   "algorithm",
                   "key_id"},
       .filters = {{"created", "at", FilterOp::range, ColumnType::integer, "audit_at"},
                   {"actor", "actor", FilterOp::eq, ColumnType::text, "audit_actor"},
                   {"target", "target", FilterOp::eq, ColumnType::text, "audit_target"},
                   {"audit", "audit", FilterOp::eq, ColumnType::text, "audit_audit"},
                   {"operation", "operation", FilterOp::eq, ColumnType::text, ""},
                   {"result", "result", FilterOp::eq, ColumnType::integer, ""},
                   {"request_id", "request_id", FilterOp::eq, ColumnType::text, ""},
                   {"scope", "department", FilterOp::in, ColumnType::bytes, ""}},
       .sorts = {{"at", "at", ColumnType::integer, "audit_at"}},
       .default_sort = "-at"},
      {{"actor", &base::value_ops<std::string>, {"调用者标识（usr_、key_、rob_）", "Id of the user, client or robot"}},
       {"target", &base::value_ops<std::string>, {"对象标识", "Id of the thing"}},
       {"audit", &base::value_ops<std::string>, {"审计名称，如 user.created", "Audit name, such as user.created"}},
       {"operation", &base::value_ops<std::string>, {"操作，须与有索引的条件同用", "Operation; beside a filter with an index"}},
       {"result", &base::value_ops<std::int64_t>, {"结果码，须与有索引的条件同用", "Result code; beside a filter with an index"}},
       {"request_id", &base::value_ops<std::string>, {"请求编号，须与有索引的条件同用", "Request id; beside a filter with an index"}}});
  return list;
}
}  // namespace

const base::ListShape& audit_list_shape() { return audit_list().shape(); }
const storage::Listing& audit_listing() { return audit_list().listing(); }
Result<base::Page<AuditRecord>> list_audit(const View& view, const base::ListQuery& query) {
  return audit_list().read<AuditRecord>(view, query);
}

Result<AuditRecord> read_audit(const View& view, const AuditRef& ref) {
  QUANJI_TRY(auto found, view.maybe<AuditRecord>(sql::audit_by_id, {{"id", ref.id}}));
  if (!found) return base::Error(base::Code::not_found);
  QUANJI_DO(allow(view, found->department_id.value_or(domain::root_department)));
  return std::move(*found);
}

}  // namespace quanji::services
