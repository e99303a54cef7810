#include "services/vault.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "base/bytes.h"
#include "base/digest.h"
#include "domain/caller.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {

namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Text;

VaultPorts& ports() {
  static VaultPorts set;
  return set;
}

Error wrong_subject(std::string zh, std::string en) {
  return Error(Code::invalid_field).with_field("subject", Text(std::move(zh), std::move(en)));
}
std::string_view prefix_of(VaultGrantKind kind) {
  switch (kind) {
    case VaultGrantKind::user:
      return "usr";
    case VaultGrantKind::role:
      return "rol";
    case VaultGrantKind::department:
      return "dep";
    case VaultGrantKind::robot:
      return "rob";
    case VaultGrantKind::flow:
      return "flw";
  }
  return {};
}

// There is such a one. Flows are known to another group, which refuses to run what is not there.
Status check_subject(const View& view, VaultGrantKind kind, const std::string& subject) {
  base::Ulid ulid;
  if (!base::parse_id(subject, prefix_of(kind), ulid))
    return wrong_subject(fmt::format("应为 {}_ 开头的标识", prefix_of(kind)),
                         fmt::format("is to be an id that begins with {}_", prefix_of(kind)));
  bool there = true;
  if (kind == VaultGrantKind::user) {
    QUANJI_TRY(const auto who, standing(view, UserId{ulid}));
    there = who.has_value();
  } else if (kind == VaultGrantKind::role) {
    QUANJI_TRY(const auto row, view.row(sql::role_by_id, {{"id", ulid}}));
    there = row.has_value();
  } else if (kind == VaultGrantKind::department) {
    QUANJI_TRY(const auto row, view.row(sql::department_by_id, {{"id", ulid}}));
    there = row.has_value();
  } else if (kind == VaultGrantKind::robot) {
    QUANJI_TRY(const auto row, view.row(sql::robot_department, {{"id", ulid}}));
    there = row.has_value();
  }
  if (!there) return wrong_subject("不存在", "there is none such");
  return {};
}

Result<std::int64_t> counted(const View& view, const storage::Query& query, std::string_view name, const base::Ulid& id) {
  const storage::Param given[] = {{name, id}};
  QUANJI_TRY(const auto row, view.row(query, storage::Params(given)));
  return row ? row->integer("n") : 0;
}
Status transferred(Change& change, const storage::Query& query, const UserId& from, const UserId& to) {
  QUANJI_DO(change.run(query, {{"user_id", from}, {"to", to}, {"now", change.now()}, {"actor", actor(change)}}));
  return {};
}

// Envelopes made inside changes that may run again. Ciphertext only; what is over is forgotten in the order it came.
struct MadeEnvelopes {
  std::mutex mutex;
  std::deque<std::pair<base::Digest, std::string>> made;  // guarded by mutex
  static constexpr std::size_t kept = 64;                 // more than there are changes under way
};
MadeEnvelopes& envelopes() {
  static MadeEnvelopes all;
  return all;
}

void join_once() {
  static const bool joined = [] {
    register_department_contents({{"凭据", "credentials"}, [](const View& view, const DepartmentId& id) {
                                    return counted(view, sql::credentials_in_department_count, "id", id.ulid);
                                  }});
    register_department_contents({{"资产", "assets"}, [](const View& view, const DepartmentId& id) {
                                    return counted(view, sql::assets_in_department_count, "id", id.ulid);
                                  }});
    register_ownership({{"凭据", "credentials"},
                        [](const View& view, const UserId& id) { return counted(view, sql::credentials_owned_count, "user_id", id.ulid); },
                        [](Change& change, const UserId& from, const UserId& to) {
                          return transferred(change, sql::credentials_owned_transfer, from, to);
                        }});
    register_ownership(
        {{"资产", "assets"},
         [](const View& view, const UserId& id) { return counted(view, sql::assets_owned_count, "user_id", id.ulid); },
         [](Change& change, const UserId& from, const UserId& to) { return transferred(change, sql::assets_owned_transfer, from, to); }});
    return true;
  }();
  (void)joined;
}

}  // namespace

QUANJI_FIELDS(VaultGrant,  //
              QF(id, "授予标识", "Id of the grant"), QF(kind, "授予对象的种类", "What it is granted to"),
              QF(subject, "授予对象的标识；部门包含其下级", "Id of whom it is granted to; a department stands for those below it too"),
              QF(created_at, "创建时间", "When it was made"), QF(created_by, "创建人", "Who made it"))
QUANJI_FIELDS(VaultGrants, QF(items, "全部授予", "All of them"))

void set_vault_ports(VaultPorts given) {
  ports() = std::move(given);
  join_once();
}
const VaultPorts& vault_ports() { return ports(); }

Result<TaskFacts> facts_of(const View& view, const TaskSeat& seat) {
  if (!ports().lease) return Error(Code::not_supported, "no lease port is bound to the vault");
  return ports().lease(view, seat);
}

// "<resource>.<version>.<holds>.<envelope>"; the envelope itself has dots and stands last.
std::string SealedValue::text() const {
  std::string fields;
  for (const auto field : holds) {
    if (!fields.empty()) fields += ',';
    fields += base::word(field);
  }
  return fmt::format("{}.{}.{}.{}", base::to_text(resource), base::to_text(version), fields, envelope);
}
Result<SealedValue> SealedValue::from_input(std::string_view text) {
  const auto part = [&text]() -> std::string_view {
    const auto dot = text.find('.');
    const auto found = text.substr(0, dot);
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    return found;
  };
  SealedValue value;
  if (!base::from_text(part(), value.resource) || !base::from_text(part(), value.version))
    return Error(Code::bug, "a sealed value without its ids");
  for (auto fields = part(); !fields.empty();) {
    const auto comma = fields.find(',');
    const auto name = fields.substr(0, comma);
    fields = comma == std::string_view::npos ? std::string_view{} : fields.substr(comma + 1);
    const auto& words = base::Spelling<domain::SecretField>::words;
    const auto found = std::find(std::begin(words), std::end(words), name);
    if (found == std::end(words)) return Error(Code::bug, "a sealed value of an unknown field");
    value.holds.push_back(static_cast<domain::SecretField>(found - std::begin(words)));
  }
  value.envelope = text;
  if (value.envelope.empty()) return Error(Code::bug, "a sealed value without its envelope");
  return value;
}

std::string vault_row(const base::Ulid& resource, const base::Ulid& version) {
  return fmt::format("{}/{}", base::to_text(resource), base::to_text(version));
}
base::SecretPlace vault_place(std::string_view table, const std::string& row) { return {table, row, "sealed", 1}; }

void hide_body(std::string& body) {
  std::string hidden;
  if (ports().body_mac) {
    auto mac = ports().body_mac->clone();
    hidden = base::hex(mac.sign(body));
  }
  base::wipe(body);
  body = std::move(hidden);
}

Result<std::string> seal_once(const base::SecretPlace& place, const base::Ulid& version, const base::Secret& plain) {
  if (!ports().box) return Error(Code::not_supported, "no keyring is bound to the vault");
  auto both = base::Secret::of_size(version.bytes.size() + plain.size());
  std::copy(version.bytes.begin(), version.bytes.end(), both.writable().begin());
  std::copy(plain.reveal_bytes().begin(), plain.reveal_bytes().end(), both.writable().begin() + version.bytes.size());
  const auto key = base::digest(base::Hash::sha256, both.reveal_bytes());
  auto& known = envelopes();
  const std::scoped_lock lock(known.mutex);
  for (const auto& [digest, envelope] : known.made)
    if (digest == key) return envelope;
  QUANJI_TRY(auto envelope, ports().box->seal(place, plain));
  if (known.made.size() == MadeEnvelopes::kept) known.made.pop_front();
  known.made.emplace_back(key, envelope);
  return envelope;
}

SealedValue fresh_seal(const base::Ulid& resource, const ProofDesk& desk) {
  base::UlidSource ids(*desk.clock, *desk.random);
  SealedValue value;
  value.resource = resource.empty() ? ids.next() : resource;
  value.version = ids.next();
  return value;
}

Result<VaultGrants> vault_grants_of(const View& view, const base::Ulid& resource) {
  VaultGrants found;
  QUANJI_TRY(found.items, view.all<VaultGrant>(sql::vault_grants_of, {{"resource", resource}}));
  return found;
}

Result<VaultGrant> add_vault_grant(Change& change, const base::Ulid& resource, VaultGrantKind kind, const std::string& subject) {
  QUANJI_DO(check_subject(change, kind, subject));
  QUANJI_TRY(const auto same, change.row(sql::vault_grant_same, {{"resource", resource}, {"kind", kind}, {"subject", subject}}));
  if (same) return Error(Code::wrong_state, Text("已经授予", "it is granted already"));
  VaultGrant made;
  made.id = change.new_id<domain::GrantId>();
  made.kind = kind;
  made.subject = subject;
  made.created_at = change.now();
  made.created_by = actor(change);
  QUANJI_DO(change.run(
      sql::vault_grant_insert,
      {{"id", made.id}, {"resource", resource}, {"kind", kind}, {"subject", subject}, {"now", change.now()}, {"actor", made.created_by}}));
  return made;
}

Result<VaultGrant> drop_vault_grant(Change& change, const base::Ulid& resource, const domain::GrantId& id) {
  QUANJI_TRY(auto found, change.maybe<VaultGrant>(sql::vault_grant_by_id, {{"id", id}, {"resource", resource}}));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(change.run(sql::vault_grant_drop, {{"id", id}}));
  return std::move(*found);
}

std::string audit_of(const VaultGrant& grant) {
  return fmt::format(R"({{"grant":{{"kind":"{}","subject":"{}"}}}})", base::word(grant.kind), grant.subject);  // a subject is an id
}

Result<std::vector<DepartmentId>> departments_upwards(const View& view, const DepartmentId& department) {
  QUANJI_TRY(const auto rows, view.rows(sql::department_upwards, {{"id", department}}));
  std::vector<DepartmentId> found;
  found.reserve(rows.size());
  for (const auto row : rows) found.push_back(row.id<DepartmentId>("id"));
  return found;
}

Result<bool> granted_to(const View& view, const base::Ulid& resource, const TaskFacts& facts) {
  QUANJI_TRY(const auto grants, vault_grants_of(view, resource));
  if (grants.items.empty()) return false;
  QUANJI_TRY(const auto above, departments_upwards(view, facts.department));
  std::vector<std::string> roles;
  if (facts.requested_by) {
    QUANJI_TRY(const auto held, view.rows(sql::grant_rights, {{"user_id", *facts.requested_by}}));
    for (const auto row : held) {
      const auto where = row.id<DepartmentId>("department_id");
      const bool here = where == facts.department || (row.truth("inherit") && std::find(above.begin(), above.end(), where) != above.end());
      if (here) roles.push_back(row.id<domain::RoleId>("role_id").text());
    }
  }
  for (const auto& grant : grants.items) {
    bool fits = false;
    switch (grant.kind) {
      case VaultGrantKind::user:
        fits = facts.requested_by && facts.requested_by->text() == grant.subject;
        break;
      case VaultGrantKind::role:
        fits = std::find(roles.begin(), roles.end(), grant.subject) != roles.end();
        break;
      case VaultGrantKind::department:
        fits = std::any_of(above.begin(), above.end(), [&](const DepartmentId& id) { return id.text() == grant.subject; });
        break;
      case VaultGrantKind::robot:
        fits = facts.robot.text() == grant.subject;
        break;
      case VaultGrantKind::flow:
        fits = facts.flow == grant.subject;
        break;
    }
    if (fits) return true;
  }
  return false;
}

Status check_holder(const View& view, const std::optional<UserId>& user, std::string_view field) {
  if (!user) return {};
  QUANJI_TRY(const auto who, standing(view, *user));
  if (who && who->may_come_in(view.now())) return {};
  return Error(Code::invalid_field)
      .with_field(std::string(field), Text("没有这个用户，或其已停用", "there is no such user, or he is disabled"));
}

Result<UserId> owner_of_new(const View& view, const std::optional<UserId>& given) {
  if (given) {
    QUANJI_DO(check_holder(view, given, "ownerId"));
    return *given;
  }
  const auto& caller = view.caller();
  if (!caller.user.empty()) return caller.user;
  return Error(Code::invalid_field).with_field("ownerId", Text("接入方创建时须指定负责人", "a client has to name the owner"));
}

}  // namespace quanji::services
