// Assets: named, typed values with one value for each scope; the narrowest in force wins (asset_values.h). The type never changes.
// What is secret is sealed like a credential's secret (vault.h) and never read back.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "services/vault.h"
#include "storage/listing.h"

namespace quanji::services {

struct Asset {
  AssetId id;
  std::string name;  // unique in the department
  std::optional<std::string> title;
  domain::AssetType type = domain::AssetType::text;
  DepartmentId department_id;
  UserId owner_id;
  std::optional<UserId> deputy_id;
  std::vector<std::string> tags;
  std::int64_t data_level = 1;
  std::optional<std::string> remark;
  std::int64_t latest_version = 0;             // 0: no value was ever set
  std::optional<base::JsonText> global_value;  // in force now; absent: none, or a secret
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewAsset {
  std::string name;
  std::optional<std::string> title;
  domain::AssetType type = domain::AssetType::text;
  DepartmentId department_id;
  std::optional<UserId> owner_id;  // absent: who creates it
  std::optional<UserId> deputy_id;
  std::vector<std::string> tags;
  std::int64_t data_level = 1;
  std::optional<std::string> remark;
  std::optional<base::JsonText> value;       // the global one
  std::optional<base::Secret> secret_value;  // of the type secret
  std::optional<std::string> sealed;         // no caller gives it
  static const base::FieldList& fields();
};
struct AssetChange {
  AssetId id;
  std::string name;
  std::optional<std::string> title;
  std::optional<UserId> deputy_id;
  std::vector<std::string> tags;
  std::int64_t data_level = 1;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct AssetRef {
  AssetId id;
  static const base::FieldList& fields();
};
struct AssetTransfer {
  AssetId id;
  std::optional<DepartmentId> department_id;
  std::optional<UserId> owner_id;
  std::string reason;
  static const base::FieldList& fields();
};
struct AssetIds {
  std::vector<AssetId> ids;
  static const base::FieldList& fields();
};
struct AssetItems {
  std::vector<Asset> items;
  static const base::FieldList& fields();
};
struct NewAssetGrant {
  AssetId id;
  VaultGrantKind kind = VaultGrantKind::flow;
  std::string subject;
  static const base::FieldList& fields();
};
struct AssetGrantEnd {
  AssetId id;
  domain::GrantId grant;
  std::string reason;
  static const base::FieldList& fields();
};

// Before the change: seals secretValue, if there is one.
Status seal_secrets(NewAsset& in, const ProofDesk& desk);

const base::ListShape& asset_list_shape();
const storage::Listing& asset_listing();
Result<base::Page<Asset>> list_assets(const View&, const base::ListQuery&);
Result<AssetItems> read_assets(const View&, const AssetIds&);
Result<Asset> read_asset(const View&, const AssetRef&);
Result<Asset> create_asset(Change&, const NewAsset&);
Result<Asset> change_asset(Change&, const base::Patch<AssetChange>&);
Status delete_asset(Change&, const AssetRef&);
Result<Asset> transfer_asset(Change&, const AssetTransfer&);
Result<VaultGrants> list_asset_grants(const View&, const AssetRef&);
Result<VaultGrant> grant_asset(Change&, const NewAssetGrant&);
Status revoke_asset(Change&, const AssetGrantEnd&);

// ---- for asset_values.cpp ----
Result<std::optional<Asset>> find_asset(const View&, const AssetId&);
Result<Asset> asset_for_act(const View&, const AssetId&);
Status write_asset(Change&, Asset&);
std::string stored(const Asset&);
void tell_asset(Change&, const Asset&, std::string before, std::string after, std::string reason = {});

}  // namespace quanji::services
