// Departments: one tree below the root department, at most domain::max_depth levels under it, names unique among siblings.
//
// `path` is the names from the root down, joined by '/', for people; it follows every move and rename. A disabled department takes
// nothing new (users, children, grants, moves into it); what is there stays readable and can still be stopped.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/ids.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using base::Page;
using domain::DepartmentId;
using domain::UserId;

enum class DepartmentState : std::uint8_t { enabled, disabled };

struct Department {
  DepartmentId id;
  std::optional<DepartmentId> parent_id;  // absent for the root
  std::string name;
  std::optional<std::string> code;
  std::optional<UserId> leader_id;
  std::optional<std::string> region;
  std::optional<std::string> remark;
  std::int64_t order = 0;
  std::string path;
  std::int64_t depth = 0;
  bool legal_entity = false;  // a legal entity of its own: a wall nothing is shared across
  DepartmentState state = DepartmentState::enabled;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewDepartment {
  DepartmentId parent_id;
  std::string name;
  std::optional<std::string> code;
  std::optional<UserId> leader_id;
  std::optional<std::string> region;
  std::optional<std::string> remark;
  std::int64_t order = 0;
  bool legal_entity = false;
  static const base::FieldList& fields();
};
struct DepartmentChange {
  DepartmentId id;
  std::string name;
  std::optional<std::string> code;
  std::optional<UserId> leader_id;
  std::optional<std::string> region;
  std::optional<std::string> remark;
  std::int64_t order = 0;
  bool legal_entity = false;
  static const base::FieldList& fields();
};
struct DepartmentRef {
  DepartmentId id;
  static const base::FieldList& fields();
};
struct DepartmentMove {
  DepartmentId id;
  DepartmentId parent_id;  // the new one
  std::string reason;
  static const base::FieldList& fields();
};
// An act that lowers risk: one person and a reason.
struct DepartmentStop {
  DepartmentId id;
  std::string reason;
  static const base::FieldList& fields();
};
// One node of the tree as lists cannot show it: flat, in the order of drawing (parents first, siblings by order and name).
struct DepartmentTreeRow {
  DepartmentId id;
  std::optional<DepartmentId> parent_id;
  std::string name;
  std::int64_t depth = 0;
  DepartmentState state = DepartmentState::enabled;
  std::int64_t children = 0;  // of those the caller may see
  std::int64_t users = 0;     // whose home it is
  static const base::FieldList& fields();
};
struct DepartmentTreeAnswer {
  std::vector<DepartmentTreeRow> items;
  static const base::FieldList& fields();
};
struct DepartmentIds {
  std::vector<DepartmentId> ids;  // at most 200
  static const base::FieldList& fields();
};
struct DepartmentItems {
  std::vector<Department> items;  // those the caller may see, in the order asked for
  static const base::FieldList& fields();
};

const base::ListShape& department_list_shape();
const storage::Listing& department_listing();
Result<Page<Department>> list_departments(const View&, const base::ListQuery&);
// Of the department in the path.
const base::ListShape& child_list_shape();
const storage::Listing& child_listing();
Result<Page<Department>> list_children(const View&, const base::ListQuery&);
Result<DepartmentTreeAnswer> department_tree(const View&, const base::Nothing&);
Result<DepartmentItems> read_departments(const View&, const DepartmentIds&);
Result<Department> read_department(const View&, const DepartmentRef&);
Result<Department> create_department(Change&, const NewDepartment&);
Result<Department> change_department(Change&, const base::Patch<DepartmentChange>&);
// Refuses loops and what would stand too deep; allowed to who may move it both where it is and where it goes.
Result<Department> move_department(Change&, const DepartmentMove&);
Result<Department> disable_department(Change&, const DepartmentStop&);
Result<Department> enable_department(Change&, const DepartmentRef&);
// Refused with still_referenced, naming what refers to it: children, members, grants and what later rooms register.
Status delete_department(Change&, const DepartmentRef&);

// For services that put things into a department: it exists and takes new things, else a field problem on `field`.
Status takes_new(const View&, const DepartmentId&, std::string_view field);

// What else may stand in a department; registered before anything is served. `count` answers how many there are.
struct DepartmentContents {
  base::Sentence what;
  Result<std::int64_t> (*count)(const View&, const DepartmentId&);
};
void register_department_contents(DepartmentContents contents);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::DepartmentState, "enabled", "disabled");
