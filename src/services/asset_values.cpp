#include "services/asset_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "domain/caller.h"
#include "services/authority.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::JsonText;
using base::Page;
using base::Text;
using domain::AssetScope;
using domain::AssetType;
using storage::ColumnType;
using storage::FilterOp;

namespace {

constexpr std::int64_t name_length = 63;
constexpr std::int64_t id_length = 64;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t secret_bytes = 32 * 1024;

const ResourceList& values() {
  static const ResourceList list(
      {.name = "asset_values",
       .from = "asset_values",
       .columns = {"version", "scope", "scope_id", "cleared", "value", "effective_from", "rolled_back_to", "created_at", "created_by"},
       .filters = {{"asset_id", "asset_id", FilterOp::eq, ColumnType::bytes, "asset_values_by_version"},
                   {"scope_kind", "scope", FilterOp::eq, ColumnType::text, ""},
                   {"scope_id", "scope_id", FilterOp::eq, ColumnType::text, ""}},
       .sorts = {{"version", "version", ColumnType::integer, "asset_values_by_bare_version"}},
       .default_sort = "-version"},
      {{"scope_kind", &base::value_ops<AssetScope>, {"作用范围", "Scope"}},
       {"scope_id", &base::value_ops<std::string>, {"作用对象", "Whose value"}}});
  return list;
}

// The value a scope has now, or nothing; a cleared one is nothing.
Result<std::optional<FoundValue>> in_force(const View& view, const AssetId& asset, AssetScope scope, std::string scope_id) {
  QUANJI_TRY(const auto row,
             view.row(sql::asset_value_in_force, {{"asset_id", asset}, {"scope", scope}, {"scope_id", scope_id}, {"now", view.now()}}));
  if (!row || row->truth("cleared")) return std::optional<FoundValue>{};
  FoundValue found;
  found.asset_id = asset;
  found.scope = scope;
  found.scope_id = std::move(scope_id);
  found.version = row->integer("version");
  found.effective_from = row->time("effective_from");
  if (!row->is_null("value")) found.value = row->text("value");
  if (!row->is_null("sealed")) {
    found.seal = row->ulid("seal");
    found.sealed = row->text("sealed");
  }
  return std::optional(std::move(found));
}

// Narrow to wide.
Result<std::optional<FoundValue>> narrowest(const View& view, const AssetId& asset, const TaskFacts& facts,
                                            const std::vector<DepartmentId>& above) {
  std::vector<std::pair<AssetScope, std::string>> asked;
  for (const auto scope : domain::scopes_in_order()) switch (scope) {
      case AssetScope::task:
        if (!facts.task.empty()) asked.emplace_back(scope, facts.task.text());
        break;
      case AssetScope::robot:
        if (!facts.robot.empty()) asked.emplace_back(scope, facts.robot.text());
        break;
      case AssetScope::server:
        if (facts.server) asked.emplace_back(scope, *facts.server);
        break;
      case AssetScope::department:
        for (const auto& department : above) asked.emplace_back(scope, department.text());
        break;
      case AssetScope::global:
        asked.emplace_back(scope, "");
        break;
    }
  for (auto& [scope, id] : asked) {
    QUANJI_TRY(auto found, in_force(view, asset, scope, std::move(id)));
    if (found) return found;
  }
  return std::optional<FoundValue>{};
}

std::string told(const AssetValue& value) {
  auto still = value;
  return base::to_json(still, base::Side::stored);
}

}  // namespace

QUANJI_FIELDS(AssetValue,  //
              QF(version, "版本号", "Version"), QF(scope, "作用范围", "Scope"),
              QF(scope_id, "作用对象；全局为空", "Whose value; empty: global"), QF(cleared, "已清除", "Cleared: the scope has no value"),
              QF(value, "值；密文不回显", "The value; a secret is never shown"), QF(effective_from, "生效时间", "In force from"),
              QF(rolled_back_to, "由回退产生：所回到的版本", "Made by rolling back to this version"),
              QF(created_at, "创建时间", "When it was made"), QF(created_by, "创建人", "Who made it"))
QUANJI_FIELDS(AssetValueSet,  //
              QF(id, "资产标识", "Asset id", .flags = base::in_path), QF(scope, "作用范围", "Scope", .fallback = "\"global\""),
              QF(scope_id, "作用对象的标识；全局不填", "Id of whose value it is; none for global", .max = id_length, .fallback = "\"\""),
              QF(value, "值，须与类型相符", "The value, of the asset's type"),
              QF(secret_value, "密文资产的值，只写", "The value of a secret asset, write-only", .min = 1, .max = secret_bytes,
                 .flags = base::write_only),
              QF(effective_from, "生效时间；缺省为立即", "In force from then; at once unless said"),
              QF(sealed, "平台封存的密文", "The envelope the platform made", .flags = base::read_only))
QUANJI_FIELDS(AssetValueClear,  //
              QF(id, "资产标识", "Asset id", .flags = base::in_path), QF(scope, "作用范围", "Scope"),
              QF(scope_id, "作用对象的标识；全局不填", "Id of whose value it is; none for global", .max = id_length, .fallback = "\"\""),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(AssetRollBack,  //
              QF(id, "资产标识", "Asset id", .flags = base::in_path), QF(version, "回到的版本号", "The version to go back to", .min = 1),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(AssetQuestion,  //
              QF(name, "资产名称", "Name of the asset", .min = 1, .max = name_length), QF(task, "任务", "Task"),
              QF(robot, "机器人", "Robot"), QF(server, "服务器标识", "Id of a server", .max = id_length),
              QF(department, "部门；缺省取任务、机器人或调用者的部门",
                 "Department; the task's, the robot's or the caller's own unless said"))
QUANJI_FIELDS(AssetResolved,  //
              QF(id, "资产标识", "Asset id"), QF(name, "名称", "Name"), QF(type, "类型", "Type"),
              QF(department_id, "所属部门", "Department"), QF(scope, "取值的作用范围", "The scope that won"),
              QF(scope_id, "取值的作用对象；全局为空", "Whose value won; empty: global"),
              QF(version, "取值的版本号", "The version that won"), QF(effective_from, "生效时间", "In force from"),
              QF(value, "值；密文不回显", "The value; a secret is never shown"))

Status seal_asset_secret(const base::Ulid& asset, std::optional<base::Secret>& secret, std::optional<std::string>& sealed,
                         const ProofDesk& desk) {
  if (!secret) return {};
  auto value = fresh_seal(asset, desk);
  const auto row = vault_row(value.resource, value.version);
  QUANJI_TRY(value.envelope, desk.box->seal(vault_place(asset_values_table, row), *secret));
  sealed = value.text();
  secret.reset();
  return {};
}
Status seal_secrets(AssetValueSet& in, const ProofDesk& desk) { return seal_asset_secret(in.id.ulid, in.secret_value, in.sealed, desk); }

Result<ValueToKeep> value_given(AssetType type, const std::optional<JsonText>& value, const std::optional<std::string>& sealed) {
  ValueToKeep keep;
  if (type == AssetType::secret) {
    if (!sealed || value)
      return Error(Code::invalid_field)
          .with_field(value ? "value" : "secretValue",
                      Text("密文资产的值只能用 secretValue 给出", "the value of a secret asset is given as secretValue, and only so"));
    QUANJI_TRY(keep.secret, SealedValue::from_input(*sealed));
    return keep;
  }
  if (sealed)
    return Error(Code::invalid_field).with_field("secretValue", Text("此资产不是密文类型", "this asset is not of the type secret"));
  if (!value) return Error(Code::invalid_field).with_field("value", Text("没有给出值", "there is no value"));
  QUANJI_TRY(keep.value, domain::asset_value(type, value->text));
  return keep;
}

Result<AssetValue> keep_value(Change& change, const Asset& asset, std::int64_t version, const ValueToKeep& keep) {
  AssetValue made;
  made.version = version;
  made.scope = keep.scope;
  made.scope_id = keep.scope_id;
  made.cleared = keep.cleared;
  if (keep.value) made.value = JsonText{*keep.value};
  made.effective_from = keep.effective_from.value_or(change.now());
  made.rolled_back_to = keep.rolled_back_to;
  made.created_at = change.now();
  made.created_by = actor(change);
  const auto& secret = keep.secret;
  QUANJI_DO(change.run(sql::asset_value_insert, {{"id", change.new_ulid()},
                                                 {"asset_id", asset.id},
                                                 {"version", version},
                                                 {"scope", keep.scope},
                                                 {"scope_id", keep.scope_id},
                                                 {"cleared", keep.cleared},
                                                 {"value", keep.value},
                                                 {"seal", secret ? storage::Scalar(secret->version) : storage::Scalar()},
                                                 {"sealed", secret ? storage::Scalar(secret->envelope) : storage::Scalar()},
                                                 {"effective_from", made.effective_from},
                                                 {"rolled_back_to", keep.rolled_back_to},
                                                 {"write_key", keep.write_key},
                                                 {"now", change.now()},
                                                 {"actor", made.created_by}}));
  return made;
}

Status fill_global(const View& view, Asset& asset) {
  asset.global_value.reset();
  if (asset.type == AssetType::secret || asset.latest_version == 0) return {};
  QUANJI_TRY(const auto found, in_force(view, asset.id, AssetScope::global, ""));
  if (found) asset.global_value = JsonText{found->value};
  return {};
}

const base::ListShape& asset_value_list_shape() { return values().shape(); }
const storage::Listing& asset_value_listing() { return values().listing(); }
Result<Page<AssetValue>> list_asset_values(const View& view, const base::ListQuery& query) {
  const AssetId id{query.within.value_or(base::Ulid{})};
  QUANJI_DO(asset_for_act(view, id));
  return values().read<AssetValue>(view, query, {{"asset_id", {id}}});
}

namespace {
// One more version of the asset; answers it and says so to the audit.
Result<AssetValue> next_version(Change& change, Asset& asset, const ValueToKeep& keep, std::string before, std::string reason) {
  ++asset.latest_version;
  QUANJI_DO(write_asset(change, asset));
  QUANJI_TRY(auto made, keep_value(change, asset, asset.latest_version, keep));
  tell_asset(change, asset, std::move(before), told(made), std::move(reason));
  return made;
}
Status scope_exists(const View& view, AssetScope scope, const std::string& scope_id) {
  QUANJI_DO(domain::check_scope(scope, scope_id));
  base::Ulid ulid;
  bool there = true;
  if (scope == AssetScope::department) {
    QUANJI_DO(base::parse_id(scope_id, domain::prefix_of(scope), ulid));
    QUANJI_TRY(const auto row, view.row(sql::department_by_id, {{"id", ulid}}));
    there = row.has_value();
  } else if (scope == AssetScope::robot) {
    QUANJI_DO(base::parse_id(scope_id, domain::prefix_of(scope), ulid));
    QUANJI_TRY(const auto row, view.row(sql::robot_department, {{"id", ulid}}));
    there = row.has_value();
  }
  if (there) return {};
  return Error(Code::invalid_field).with_field("scopeId", Text("不存在", "there is none such"));
}
// What the scope had, as the audit's "before".
Result<std::string> standing_value(const View& view, const AssetId& id, AssetScope scope, const std::string& scope_id) {
  QUANJI_TRY(const auto found, in_force(view, id, scope, scope_id));
  if (!found) return std::string();
  return fmt::format(R"({{"value":{},"version":{}}})", found->value.empty() ? "null" : found->value, found->version);
}
}  // namespace

Result<AssetValue> set_asset_value(Change& change, const AssetValueSet& in) {
  QUANJI_TRY(auto asset, asset_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, asset.revision));
  QUANJI_DO(scope_exists(change, in.scope, in.scope_id));
  QUANJI_TRY(auto keep, value_given(asset.type, in.value, in.sealed));
  if (keep.secret && keep.secret->resource != in.id.ulid) return Error(Code::bug, "a secret that was sealed for another asset");
  if (in.effective_from && *in.effective_from <= change.now())
    return Error(Code::invalid_field)
        .with_field("effectiveFrom", Text("应晚于现在；立即生效请不填", "must lie in the future: leave it out for now"));
  keep.scope = in.scope;
  keep.scope_id = in.scope_id;
  keep.effective_from = in.effective_from;
  QUANJI_TRY(auto before, standing_value(change, in.id, in.scope, in.scope_id));
  return next_version(change, asset, keep, std::move(before), {});
}

Result<AssetValue> clear_asset_value(Change& change, const AssetValueClear& in) {
  QUANJI_TRY(auto asset, asset_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, asset.revision));
  QUANJI_DO(domain::check_scope(in.scope, in.scope_id));
  QUANJI_TRY(auto before, standing_value(change, in.id, in.scope, in.scope_id));
  if (before.empty()) return Error(Code::wrong_state, Text("该作用范围没有值", "there is no value in this scope"));
  ValueToKeep keep;
  keep.scope = in.scope;
  keep.scope_id = in.scope_id;
  keep.cleared = true;
  return next_version(change, asset, keep, std::move(before), in.reason);
}

Result<AssetValue> roll_back_asset(Change& change, const AssetRollBack& in) {
  QUANJI_TRY(auto asset, asset_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, asset.revision));
  QUANJI_TRY(const auto row, change.row(sql::asset_value_by_version, {{"asset_id", in.id}, {"version", in.version}}));
  if (!row) return Error(Code::invalid_field).with_field("version", Text("没有这个版本", "there is no such version"));
  ValueToKeep keep;
  for (const auto scope : domain::scopes_in_order())
    if (base::word(scope) == row->text("scope")) keep.scope = scope;
  keep.scope_id = row->text("scope_id");
  keep.cleared = row->truth("cleared");
  if (!row->is_null("value")) keep.value = std::string(row->text("value"));
  // The envelope goes along with the id it is bound to: nothing is opened for it.
  if (!row->is_null("sealed")) keep.secret = SealedValue{in.id.ulid, row->ulid("seal"), {}, std::string(row->text("sealed"))};
  keep.rolled_back_to = in.version;
  QUANJI_TRY(auto before, standing_value(change, in.id, keep.scope, keep.scope_id));
  return next_version(change, asset, keep, std::move(before), in.reason);
}

// ---- resolving ----
Error no_such_asset(std::string_view name) {
  return Error(Code::not_found, Text(fmt::format("没有资产“{}”，或它在此没有值", name),
                                     fmt::format("there is no asset \"{}\", or it has no value here", name)));
}

Result<std::optional<FoundValue>> resolve_for(const View& view, const std::string& name, const TaskFacts& facts) {
  QUANJI_TRY(const auto rows, view.rows(sql::assets_called, {{"name", name}}));
  QUANJI_TRY(const auto above, departments_upwards(view, facts.department));
  std::vector<std::pair<std::size_t, AssetId>> candidates;
  for (const auto row : rows) {
    const auto place = std::find(above.begin(), above.end(), row.id<DepartmentId>("department_id"));
    candidates.emplace_back(static_cast<std::size_t>(place - above.begin()), row.id<AssetId>("id"));
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [place, id] : candidates) {
    if (place == above.size()) {
      QUANJI_TRY(const bool granted, granted_to(view, id.ulid, facts));
      if (!granted) continue;
    }
    QUANJI_TRY(auto found, narrowest(view, id, facts, above));
    if (!found) continue;
    QUANJI_TRY(const auto asset, view.maybe<Asset>(sql::asset_by_id, {{"id", id}}));
    if (!asset) continue;
    found->name = asset->name;
    found->type = asset->type;
    found->department_id = asset->department_id;
    return found;
  }
  return std::optional<FoundValue>{};
}

Result<base::Secret> open_asset_value(const FoundValue& found) {
  if (!vault_ports().box) return Error(Code::not_supported, "no keyring is bound to the vault");
  const auto row = vault_row(found.asset_id.ulid, found.seal);
  return vault_ports().box->open(vault_place(asset_values_table, row), found.sealed);
}

Result<AssetResolved> resolve_asset(const View& view, const AssetQuestion& in) {
  TaskFacts facts;
  if (in.task) {
    if (!vault_ports().task) return Error(Code::not_supported, "no task port is bound to the vault");
    QUANJI_TRY(facts, vault_ports().task(view, *in.task));
  }
  if (in.robot) {
    QUANJI_TRY(const auto row, view.row(sql::robot_department, {{"id", *in.robot}}));
    if (!row) return Error(Code::invalid_field).with_field("robot", Text("没有这个机器人", "there is no such robot"));
    facts.robot = *in.robot;
    if (facts.department.empty()) facts.department = row->id<DepartmentId>("department_id");
  }
  if (in.server) facts.server = in.server;
  if (in.department) facts.department = *in.department;
  if (facts.department.empty()) facts.department = view.caller().department;
  if (facts.department.empty()) facts.department = domain::root_department;
  if (!facts.requested_by && !view.caller().user.empty()) facts.requested_by = view.caller().user;
  QUANJI_TRY(const auto found, resolve_for(view, in.name, facts));
  // Who may not read it must not learn that it is there.
  if (!found || !allow(view, found->department_id)) return no_such_asset(in.name);
  AssetResolved out;
  out.id = found->asset_id;
  out.name = found->name;
  out.type = found->type;
  out.department_id = found->department_id;
  out.scope = found->scope;
  out.scope_id = found->scope_id;
  out.version = found->version;
  out.effective_from = found->effective_from;
  if (found->type != AssetType::secret) out.value = JsonText{found->value};
  return out;
}

Status write_for(Change& change, const std::string& name, const std::string& json, const std::string& write_key, const TaskFacts& facts) {
  QUANJI_TRY(const auto found, resolve_for(change, name, facts));
  if (!found) return no_such_asset(name);
  QUANJI_TRY(auto asset, find_asset(change, found->asset_id));
  if (!asset) return no_such_asset(name);
  tell_asset(change, *asset, {}, {});
  QUANJI_TRY(const auto done, change.row(sql::asset_value_written, {{"asset_id", asset->id}, {"write_key", write_key}}));
  if (done) return {};
  if (asset->department_id != facts.department) {
    QUANJI_TRY(const bool granted, granted_to(change, asset->id.ulid, facts));
    if (!granted)
      return Error(
          Code::not_permitted,
          Text(fmt::format("资产“{}”属于其他部门，未授予此任务，不能改", name),
               fmt::format("the asset \"{}\" belongs to another department and was not granted to this task: it cannot be set", name)));
  }
  if (asset->type == AssetType::secret)
    return Error(Code::not_supported, Text("密文资产不能由流程修改", "a secret asset is not set by flows"));
  ValueToKeep keep;
  keep.scope = found->scope;
  keep.scope_id = found->scope_id;
  QUANJI_TRY(keep.value, domain::from_flow(asset->type, json));
  keep.write_key = write_key;
  QUANJI_TRY(auto before, standing_value(change, asset->id, keep.scope, keep.scope_id));
  QUANJI_DO(next_version(change, *asset, keep, std::move(before), {}));
  return {};
}

}  // namespace quanji::services
