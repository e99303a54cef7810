#include "services/assets.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "domain/caller.h"
#include "services/asset_values.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/given_fields.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Page;
using base::Text;
using domain::AssetType;
using storage::ColumnType;
using storage::FilterOp;

namespace {

constexpr std::int64_t name_length = 63;
constexpr std::int64_t title_length = 200;
constexpr std::int64_t remark_length = 500;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t tag_count = 20;
constexpr std::int64_t secret_bytes = 32 * 1024;
constexpr std::int64_t read_many = 200;

Status name_is_free(const View& view, const DepartmentId& department, const std::string& name, const AssetId& but) {
  QUANJI_TRY(const auto row, view.row(sql::asset_named, {{"department_id", department}, {"name", name}}));
  if (!row || row->id<AssetId>("id") == but) return {};
  return Error(Code::name_taken, Text(fmt::format("部门内已有资产 {}，请换一个名称", name),
                                      fmt::format("the department has an asset {} already: take another name", name)))
      .with_field("name", Text("名称重复", "taken"));
}

const ResourceList& assets() {
  static const ResourceList list(
      {.name = "assets",
       .from = "assets",
       .columns = {"id", "name", "title", "type", "department_id", "owner_id", "deputy_id", "tags", "data_level", "remark",
                   "latest_version", "created_at", "created_by", "updated_at", "updated_by", "revision"},
       .filters = {{"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "assets_by_department_created"},
                   {"name", "name", FilterOp::eq, ColumnType::text, "assets_by_name"},
                   {"type", "type", FilterOp::eq, ColumnType::text, ""},
                   {"owner_id", "owner_id", FilterOp::eq, ColumnType::bytes, ""},
                   {"created", "created_at", FilterOp::range, ColumnType::integer, "assets_by_created"},
                   {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
       .sorts = {{"name", "name", ColumnType::text, "assets_by_name"},
                 {"created_at", "created_at", ColumnType::integer, "assets_by_created"}},
       .default_sort = "-created_at",
       .keyword_columns = {"name", "title", "remark"},
       .size = storage::ListPlan::Size::small},
      {{"department_id", &base::value_ops<DepartmentId>, {"所属部门", "Department"}},
       {"name", &base::value_ops<std::string>, {"名称", "Name"}},
       {"type", &base::value_ops<AssetType>, {"类型", "Type"}},
       {"owner_id", &base::value_ops<UserId>, {"负责人", "Owner"}}});
  return list;
}

}  // namespace

QUANJI_FIELDS(Asset,  //
              QF(id, "资产标识", "Asset id", .flags = base::read_only),
              QF(name, "名称，部门内唯一", "Name, unique in the department", .min = 1, .max = name_length, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = title_length, .pattern = &base::printable_pattern), QF(type, "类型", "Type"),
              QF(department_id, "所属部门", "Department"), QF(owner_id, "负责人", "Owner"), QF(deputy_id, "B 角", "Deputy"),
              QF(tags, "标签", "Tags", .max = tag_count), QF(data_level, "数据级别", "Data level", .min = 1, .max = 4),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(latest_version, "最新版本号", "Number of the latest version"),
              QF(global_value, "生效中的全局值；密文不回显", "The global value in force; a secret is never shown"),
              QF(created_at, "创建时间", "When it was made"), QF(created_by, "创建人", "Who made it"),
              QF(updated_at, "更新时间", "When it last changed"), QF(updated_by, "更新人", "Who changed it last"),
              QF(revision, "版本号", "Revision"))
QUANJI_FIELDS(NewAsset,  //
              QF(name, "名称，部门内唯一", "Name, unique in the department", .min = 1, .max = name_length, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = title_length, .pattern = &base::printable_pattern),
              QF(type, "类型，之后不能改", "Type, never changed afterwards"), QF(department_id, "所属部门", "Department"),
              QF(owner_id, "负责人；缺省为创建人", "Owner; who creates it unless said"), QF(deputy_id, "B 角", "Deputy"),
              QF(tags, "标签", "Tags", .max = tag_count, .fallback = "[]"),
              QF(data_level, "数据级别", "Data level", .min = 1, .max = 4, .fallback = "1"),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(value, "全局值", "The global value"),
              QF(secret_value, "密文资产的全局值，只写", "The global value of a secret asset, write-only", .min = 1, .max = secret_bytes,
                 .flags = base::write_only),
              QF(sealed, "平台封存的密文", "The envelope the platform made", .flags = base::read_only))
QUANJI_FIELDS(AssetChange,  //
              QF(id, "资产标识", "Asset id", .flags = base::in_path),
              QF(name, "名称，部门内唯一", "Name, unique in the department", .min = 1, .max = name_length, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = title_length, .pattern = &base::printable_pattern), QF(deputy_id, "B 角", "Deputy"),
              QF(tags, "标签", "Tags", .max = tag_count), QF(data_level, "数据级别", "Data level", .min = 1, .max = 4),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(AssetRef, QF(id, "资产标识", "Asset id", .flags = base::in_path))
QUANJI_FIELDS(AssetTransfer,  //
              QF(id, "资产标识", "Asset id", .flags = base::in_path), QF(department_id, "新的所属部门", "The new department"),
              QF(owner_id, "新的负责人", "The new owner"),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(AssetIds, QF(ids, "标识，最多 200 个", "Ids, 200 at most", .min = 1, .max = read_many))
QUANJI_FIELDS(AssetItems, QF(items, "可见的那些，按给出的次序", "Those you may see, in the order asked for"))
QUANJI_FIELDS(NewAssetGrant,  //
              QF(id, "资产标识", "Asset id", .flags = base::in_path), QF(kind, "授予对象的种类", "What it is granted to"),
              QF(subject, "授予对象的标识", "Id of whom it is granted to", .min = 1, .max = name_length))
QUANJI_FIELDS(AssetGrantEnd,  //
              QF(id, "资产标识", "Asset id", .flags = base::in_path), QF(grant, "授予标识", "Id of the grant", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))

Status seal_secrets(NewAsset& in, const ProofDesk& desk) { return seal_asset_secret({}, in.secret_value, in.sealed, desk); }

Result<std::optional<Asset>> find_asset(const View& view, const AssetId& id) {
  QUANJI_TRY(auto found, view.maybe<Asset>(sql::asset_by_id, {{"id", id}}));
  if (found) QUANJI_DO(fill_global(view, *found));
  return found;
}
Result<Asset> asset_for_act(const View& view, const AssetId& id) {
  QUANJI_TRY(auto found, find_asset(view, id));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(allow(view, found->department_id));
  return std::move(*found);
}
// Without the value in force, which moves by itself.
std::string stored(const Asset& asset) {
  auto still = asset;
  still.global_value.reset();
  return base::to_json(still, base::Side::stored);
}
void tell_asset(Change& change, const Asset& asset, std::string before, std::string after, std::string reason) {
  change.note() = {asset.id.text(), asset.name, asset.department_id.ulid, std::move(before), std::move(after), std::move(reason)};
}
Status write_asset(Change& change, Asset& asset) {
  asset.updated_at = change.now();
  asset.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::asset_update, asset));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++asset.revision;
  return {};
}

const base::ListShape& asset_list_shape() { return assets().shape(); }
const storage::Listing& asset_listing() { return assets().listing(); }
Result<Page<Asset>> list_assets(const View& view, const base::ListQuery& query) {
  QUANJI_TRY(auto page, assets().read<Asset>(view, query));
  for (auto& asset : page.items) QUANJI_DO(fill_global(view, asset));
  return page;
}
Result<AssetItems> read_assets(const View& view, const AssetIds& in) {
  AssetItems out;
  for (const auto& id : in.ids) {
    QUANJI_TRY(auto found, find_asset(view, id));
    if (found && allow(view, found->department_id)) out.items.push_back(std::move(*found));
  }
  return out;
}
Result<Asset> read_asset(const View& view, const AssetRef& ref) { return asset_for_act(view, ref.id); }

Result<Asset> create_asset(Change& change, const NewAsset& in) {
  QUANJI_DO(allow(change, in.department_id));
  QUANJI_DO(takes_new(change, in.department_id, "departmentId"));
  QUANJI_DO(name_is_free(change, in.department_id, in.name, {}));
  QUANJI_DO(check_holder(change, in.deputy_id, "deputyId"));
  Asset made;
  made.name = in.name;
  made.title = in.title;
  made.type = in.type;
  made.department_id = in.department_id;
  QUANJI_TRY(made.owner_id, owner_of_new(change, in.owner_id));
  made.deputy_id = in.deputy_id;
  made.tags = in.tags;
  made.data_level = in.data_level;
  made.remark = in.remark;
  std::optional<ValueToKeep> first;
  if (in.value || in.sealed) {
    QUANJI_TRY(first, value_given(in.type, in.value, in.sealed));
  }
  made.id = first && first->secret ? AssetId{first->secret->resource} : change.new_id<AssetId>();
  made.latest_version = first ? 1 : 0;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::asset_insert, made));
  if (first) QUANJI_DO(keep_value(change, made, 1, *first));
  QUANJI_DO(fill_global(change, made));
  tell_asset(change, made, {}, stored(made));
  return made;
}

Result<Asset> change_asset(Change& change, const base::Patch<AssetChange>& patch) {
  QUANJI_TRY(auto asset, asset_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, asset.revision));
  const auto before = stored(asset);
  const auto old_name = asset.name;
  take_given(patch, asset);
  if (asset.name != old_name) QUANJI_DO(name_is_free(change, asset.department_id, asset.name, asset.id));
  if (was_given(patch, "deputy_id")) QUANJI_DO(check_holder(change, asset.deputy_id, "deputyId"));
  QUANJI_DO(write_asset(change, asset));
  tell_asset(change, asset, before, stored(asset));
  return asset;
}

Status delete_asset(Change& change, const AssetRef& ref) {
  QUANJI_TRY(const auto asset, asset_for_act(change, ref.id));
  QUANJI_DO(expect_revision(change, asset.revision));
  QUANJI_DO(change.run(sql::asset_values_drop, {{"asset_id", ref.id}}));
  QUANJI_DO(change.run(sql::vault_grants_drop, {{"resource", ref.id}}));
  QUANJI_TRY(const auto n, change.run(sql::asset_delete, {{"id", ref.id}, {"revision", asset.revision}}));
  if (n != 1) return Error(Code::changed_meanwhile);
  tell_asset(change, asset, stored(asset), {});
  return {};
}

Result<Asset> transfer_asset(Change& change, const AssetTransfer& in) {
  QUANJI_TRY(auto asset, asset_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, asset.revision));
  if (!in.department_id && !in.owner_id)
    return Error(Code::invalid_field).with_field("ownerId", Text("请给出新的部门或负责人", "name the new department or the new owner"));
  const auto before = stored(asset);
  if (in.owner_id) {
    QUANJI_DO(check_holder(change, in.owner_id, "ownerId"));
    asset.owner_id = *in.owner_id;
  }
  if (in.department_id && *in.department_id != asset.department_id) {
    QUANJI_DO(allow(change, *in.department_id));
    QUANJI_DO(takes_new(change, *in.department_id, "departmentId"));
    QUANJI_DO(name_is_free(change, *in.department_id, asset.name, asset.id));
    asset.department_id = *in.department_id;
  }
  QUANJI_DO(write_asset(change, asset));
  tell_asset(change, asset, before, stored(asset), in.reason);
  return asset;
}

Result<VaultGrants> list_asset_grants(const View& view, const AssetRef& ref) {
  QUANJI_DO(asset_for_act(view, ref.id));
  return vault_grants_of(view, ref.id.ulid);
}
Result<VaultGrant> grant_asset(Change& change, const NewAssetGrant& in) {
  QUANJI_TRY(const auto asset, asset_for_act(change, in.id));
  QUANJI_TRY(const auto made, add_vault_grant(change, in.id.ulid, in.kind, in.subject));
  tell_asset(change, asset, {}, audit_of(made));
  return made;
}
Status revoke_asset(Change& change, const AssetGrantEnd& in) {
  QUANJI_TRY(const auto asset, asset_for_act(change, in.id));
  QUANJI_TRY(const auto was, drop_vault_grant(change, in.id.ulid, in.grant));
  tell_asset(change, asset, audit_of(was), {}, in.reason);
  return {};
}

}  // namespace quanji::services
