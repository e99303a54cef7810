// The values of assets: set by scope, with a time from which they hold, never overwritten (each setting is a new version), rolled back to,
// and resolved by name for a task, a robot, a server or a department.
//
// In force for a scope is, of its versions whose time has come, the one that began last. Resolving goes through the assets of that name,
// the department's own first, then upwards, then those granted; of the first that has any value in force the narrowest scope wins: task →
// robot → server → department upwards → global. A cleared scope has no value: the next wider one is asked.
#pragma once
#include "services/assets.h"

namespace quanji::services {

struct AssetValue {
  std::int64_t version = 0;
  domain::AssetScope scope = domain::AssetScope::global;
  std::string scope_id;  // empty: global
  bool cleared = false;
  std::optional<base::JsonText> value;  // absent: cleared, or a secret
  base::Time effective_from;
  std::optional<std::int64_t> rolled_back_to;
  base::Time created_at;
  std::string created_by;
  static const base::FieldList& fields();
};
struct AssetValueSet {
  AssetId id;
  domain::AssetScope scope = domain::AssetScope::global;
  std::string scope_id;
  std::optional<base::JsonText> value;
  std::optional<base::Secret> secret_value;
  std::optional<base::Time> effective_from;  // absent: now
  std::optional<std::string> sealed;         // no caller gives it
  static const base::FieldList& fields();
};
struct AssetValueClear {
  AssetId id;
  domain::AssetScope scope = domain::AssetScope::global;
  std::string scope_id;
  std::string reason;
  static const base::FieldList& fields();
};
struct AssetRollBack {
  AssetId id;
  std::int64_t version = 0;  // whose value its scope gets again
  std::string reason;
  static const base::FieldList& fields();
};
struct AssetQuestion {
  std::string name;
  std::optional<domain::TaskId> task;
  std::optional<domain::RobotId> robot;
  std::optional<std::string> server;
  std::optional<DepartmentId> department;  // absent: the task's, else the robot's, else the caller's own
  static const base::FieldList& fields();
};
struct AssetResolved {
  AssetId id;
  std::string name;
  domain::AssetType type = domain::AssetType::text;
  DepartmentId department_id;
  domain::AssetScope scope = domain::AssetScope::global;
  std::string scope_id;
  std::int64_t version = 0;
  base::Time effective_from;
  std::optional<base::JsonText> value;  // absent: a secret
  static const base::FieldList& fields();
};

Status seal_secrets(AssetValueSet& in, const ProofDesk& desk);

const base::ListShape& asset_value_list_shape();
const storage::Listing& asset_value_listing();
Result<base::Page<AssetValue>> list_asset_values(const View&, const base::ListQuery&);
Result<AssetValue> set_asset_value(Change&, const AssetValueSet&);
Result<AssetValue> clear_asset_value(Change&, const AssetValueClear&);
Result<AssetValue> roll_back_asset(Change&, const AssetRollBack&);
// By somebody who may read the asset that is found; not_found otherwise.
Result<AssetResolved> resolve_asset(const View&, const AssetQuestion&);

// ---- for the task's side (credential_use.cpp) and assets.cpp ----
struct FoundValue {
  AssetId asset_id;
  std::string name;
  domain::AssetType type = domain::AssetType::text;
  DepartmentId department_id;
  domain::AssetScope scope = domain::AssetScope::global;
  std::string scope_id;
  std::int64_t version = 0;
  base::Time effective_from;
  std::string value;  // JSON; empty for a secret
  base::Ulid seal{};
  std::string sealed;
};
Result<std::optional<FoundValue>> resolve_for(const View&, const std::string& name, const TaskFacts&);
Result<base::Secret> open_asset_value(const FoundValue&);
base::Error no_such_asset(std::string_view name);
// What a flow writes: a new version in the scope that won; once for each key.
Status write_for(Change&, const std::string& name, const std::string& json, const std::string& write_key, const TaskFacts&);
// The first value of a new asset, global.
struct ValueToKeep {
  domain::AssetScope scope = domain::AssetScope::global;
  std::string scope_id;
  std::optional<std::string> value;
  std::optional<SealedValue> secret;
  bool cleared = false;
  std::optional<base::Time> effective_from;
  std::optional<std::int64_t> rolled_back_to;
  std::optional<std::string> write_key;
};
Result<AssetValue> keep_value(Change&, const Asset&, std::int64_t version, const ValueToKeep&);
// The value or the envelope an input carries, held against the type.
Result<ValueToKeep> value_given(domain::AssetType type, const std::optional<base::JsonText>& value,
                                const std::optional<std::string>& sealed);
Status seal_asset_secret(const base::Ulid& asset, std::optional<base::Secret>& secret, std::optional<std::string>& sealed,
                         const ProofDesk& desk);
// Fills globalValue.
Status fill_global(const View&, Asset&);

}  // namespace quanji::services
