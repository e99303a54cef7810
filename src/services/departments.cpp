#include "services/departments.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/fields_json.h"
#include "domain/caller.h"
#include "domain/department_tree.h"
#include "services/authority.h"
#include "services/given_fields.h"
#include "services/lists.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {
namespace sql = storage::sql;

constexpr std::int64_t name_length = 63;
constexpr std::int64_t code_length = 32;
constexpr std::int64_t remark_length = 500;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t read_many = 200;

// Free text that can stand between the slashes of a path. Blanks here are the ASCII one, U+00A0 and U+3000.
bool starts_blank(std::string_view t) { return t.starts_with(' ') || t.starts_with("\u00a0") || t.starts_with("\u3000"); }
bool ends_blank(std::string_view t) { return t.ends_with(' ') || t.ends_with("\u00a0") || t.ends_with("\u3000"); }
bool is_path_name(std::string_view t) {
  return !t.empty() && !starts_blank(t) && !ends_blank(t) &&
         std::none_of(t.begin(), t.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/'; });
}
constexpr base::Pattern path_name{
    "^(?![ \\u00a0\\u3000])[^/\\u0000-\\u001f\\u007f]+(?<![ \\u00a0\\u3000])$",
    is_path_name,
    {"不能为空、不能含 / 或控制字符，首尾不能是空格", "not empty, no / or control characters, no blank at either end"}};

}  // namespace

QUANJI_FIELDS(Department,  //
              QF(id, "部门标识", "Department id", .flags = base::read_only),
              QF(parent_id, "上级部门；根部门没有", "Department above; the root has none"),
              QF(name, "名称，同级唯一", "Name, unique among siblings", .min = 1, .max = name_length, .pattern = &path_name),
              QF(code, "部门编码，全局唯一", "Department code, unique", .min = 1, .max = code_length, .pattern = &base::printable_pattern),
              QF(leader_id, "负责人", "Who leads it"),
              QF(region, "地区", "Region", .max = name_length, .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(order, "同级内的排列次序，小者在前", "Order among siblings, smaller first", .min = 0, .max = 1'000'000),
              QF(path, "从根到本部门的名称，以 / 分隔", "Names from the root down, joined by /", .flags = base::read_only),
              QF(depth, "层级，根为 0", "Level, the root is 0", .flags = base::read_only),
              QF(legal_entity, "是否独立法人（跨法人不得共享）", "A legal entity of its own: nothing is shared across"),
              QF(state, "状态", "State", .flags = base::read_only),
              QF(created_at, "创建时间", "When it was made", .flags = base::read_only),
              QF(created_by, "创建人", "Who made it", .flags = base::read_only),
              QF(updated_at, "更新时间", "When it last changed", .flags = base::read_only),
              QF(updated_by, "更新人", "Who changed it last", .flags = base::read_only),
              QF(revision, "版本号", "Revision", .flags = base::read_only))
QUANJI_FIELDS(NewDepartment,  //
              QF(parent_id, "上级部门", "Department above"),
              QF(name, "名称，同级唯一", "Name, unique among siblings", .min = 1, .max = name_length, .pattern = &path_name),
              QF(code, "部门编码，全局唯一", "Department code, unique", .min = 1, .max = code_length, .pattern = &base::printable_pattern),
              QF(leader_id, "负责人", "Who leads it"),
              QF(region, "地区", "Region", .max = name_length, .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(order, "同级内的排列次序，小者在前", "Order among siblings, smaller first", .min = 0, .max = 1'000'000, .fallback = "0"),
              QF(legal_entity, "是否独立法人（跨法人不得共享）", "A legal entity of its own: nothing is shared across",
                 .fallback = "false"))
QUANJI_FIELDS(DepartmentChange,  //
              QF(id, "部门标识", "Department id", .flags = base::in_path),
              QF(name, "名称，同级唯一", "Name, unique among siblings", .min = 1, .max = name_length, .pattern = &path_name),
              QF(code, "部门编码，全局唯一", "Department code, unique", .min = 1, .max = code_length, .pattern = &base::printable_pattern),
              QF(leader_id, "负责人", "Who leads it"),
              QF(region, "地区", "Region", .max = name_length, .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(order, "同级内的排列次序，小者在前", "Order among siblings, smaller first", .min = 0, .max = 1'000'000),
              QF(legal_entity, "是否独立法人（跨法人不得共享）", "A legal entity of its own: nothing is shared across"))
QUANJI_FIELDS(DepartmentRef, QF(id, "部门标识", "Department id", .flags = base::in_path))
QUANJI_FIELDS(DepartmentMove,  //
              QF(id, "部门标识", "Department id", .flags = base::in_path), QF(parent_id, "新的上级部门", "The new department above"),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(DepartmentStop,  //
              QF(id, "部门标识", "Department id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(DepartmentTreeRow,  //
              QF(id, "部门标识", "Department id"), QF(parent_id, "上级部门", "Department above"), QF(name, "名称", "Name"),
              QF(depth, "层级，根为 0", "Level, the root is 0"), QF(state, "状态", "State"),
              QF(children, "可见的直接下级数", "Departments directly below that you may see"), QF(users, "成员数", "Members"))
QUANJI_FIELDS(DepartmentTreeAnswer, QF(items, "全部可见部门，父在前", "Every department you may see, parents first", .max = 100'000))
QUANJI_FIELDS(DepartmentIds, QF(ids, "标识，最多 200 个", "Ids, 200 at most", .min = 1, .max = read_many))
QUANJI_FIELDS(DepartmentItems, QF(items, "可见的那些，按给出的次序", "Those you may see, in the order asked for"))

namespace {

std::vector<DepartmentContents>& contents() {
  static std::vector<DepartmentContents> registered;
  return registered;
}

Result<std::optional<Department>> find(const View& view, const DepartmentId& id) {
  return view.maybe<Department>(sql::department_by_id, {{"id", id}});
}

// The department under the rights of the operation under way.
Result<Department> department_for_act(const View& view, const DepartmentId& id) {
  QUANJI_TRY(auto found, find(view, id));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(allow(view, id));
  return std::move(*found);
}

Status check_name(const View& view, const DepartmentId& parent, const std::string& name, const DepartmentId& self) {
  QUANJI_TRY(const auto row, view.row(sql::department_named, {{"parent_id", parent}, {"name", name}}));
  if (row && row->id<DepartmentId>("id") != self)
    return Error(Code::name_taken, Text(fmt::format("上级部门下已有名为“{}”的部门，请换一个名称", name),
                                        fmt::format("the department above already has one named \"{}\": take another name", name)))
        .with_field("name", Text("同级名称重复", "taken among its siblings"));
  return {};
}

Status check_code(const View& view, const std::optional<std::string>& code, const DepartmentId& self) {
  if (!code) return {};
  QUANJI_TRY(const auto row, view.row(sql::department_coded, {{"code", *code}}));
  if (row && row->id<DepartmentId>("id") != self)
    return Error(Code::name_taken, Text(fmt::format("部门编码 {} 已被使用，请换一个编码", *code),
                                        fmt::format("the department code {} is taken: take another", *code)))
        .with_field("code", Text("编码重复", "taken"));
  return {};
}

Status check_leader(const View& view, const std::optional<UserId>& leader) {
  if (!leader) return {};
  QUANJI_TRY(const auto who, standing(view, *leader));
  if (!who) return Error(Code::invalid_field).with_field("leaderId", Text("没有这个用户", "there is no such user"));
  return {};
}

void tell(Change& change, const Department& department, std::string before, std::string after, std::string reason = {}) {
  change.note() = {department.id.text(), department.path, department.id.ulid, std::move(before), std::move(after), std::move(reason)};
}
std::string stored(const Department& department) { return base::to_json(department, base::Side::stored); }

Status write(Change& change, Department& department) {
  department.updated_at = change.now();
  department.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::department_update, department));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++department.revision;
  return {};
}

// Everything below follows a new path and level.
Status repath_below(Change& change, const Department& department, const std::string& old_path, std::int64_t levels) {
  const auto old_length =
      std::count_if(old_path.begin(), old_path.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  QUANJI_DO(change.run(sql::department_repath_below,
                       {{"id", department.id}, {"new_path", department.path}, {"old_length", old_length}, {"levels", levels}}));
  return {};
}

std::string path_below(const Department& parent, const std::string& name) { return fmt::format("{}/{}", parent.path, name); }

Error too_deep() {
  return Error(Code::invalid_field)
      .with_field("parentId", Text(fmt::format("部门层级最多 {} 级", domain::max_depth),
                                   fmt::format("departments stand at most {} levels below the root", domain::max_depth)));
}

Result<std::int64_t> counted(const View& view, const storage::Query& query, const DepartmentId& id) {
  QUANJI_TRY(const auto row, view.row(query, {{"id", id}}));
  return row ? row->integer("n") : 0;
}

const std::vector<std::string> columns{"id",         "parent_id",  "name",       "code",       "leader_id",    "region",
                                       "remark",     "\"order\"",  "path",       "depth",      "legal_entity", "state",
                                       "created_at", "created_by", "updated_at", "updated_by", "revision"};

using storage::ColumnType;
using storage::FilterOp;

const ResourceList& every_department() {
  static const ResourceList list({.name = "departments",
                                  .from = "departments",
                                  .columns = columns,
                                  .filters = {{"parent_id", "parent_id", FilterOp::eq, ColumnType::bytes, "departments_by_parent_path"},
                                              {"name", "name", FilterOp::eq, ColumnType::text, "departments_by_name"},
                                              {"code", "code", FilterOp::eq, ColumnType::text, ""},
                                              {"state", "state", FilterOp::eq, ColumnType::text, ""},
                                              {"created", "created_at", FilterOp::range, ColumnType::integer, "departments_by_created"},
                                              {"scope", "id", FilterOp::in, ColumnType::bytes, ""}},
                                  .sorts = {{"path", "path", ColumnType::text, "departments_by_path"},
                                            {"created_at", "created_at", ColumnType::integer, "departments_by_created"}},
                                  .default_sort = "path",
                                  .keyword_columns = {"name", "code", "path"},
                                  .size = storage::ListPlan::Size::small},
                                 {{"parent_id", &base::value_ops<DepartmentId>, {"上级部门", "Department above"}},
                                  {"name", &base::value_ops<std::string>, {"名称", "Name"}},
                                  {"code", &base::value_ops<std::string>, {"部门编码", "Department code"}},
                                  {"state", &base::value_ops<DepartmentState>, {"状态", "State"}}});
  return list;
}
const ResourceList& children() {
  static const ResourceList list({.name = "department_children",
                                  .from = "departments",
                                  .columns = columns,
                                  .filters = {{"parent_id", "parent_id", FilterOp::eq, ColumnType::bytes, "departments_by_parent_order"},
                                              {"state", "state", FilterOp::eq, ColumnType::text, ""},
                                              {"scope", "id", FilterOp::in, ColumnType::bytes, ""}},
                                  .sorts = {{"order", "\"order\"", ColumnType::integer, "departments_by_order"},
                                            {"path", "path", ColumnType::text, "departments_by_path"}},
                                  .default_sort = "order"},
                                 {{"state", &base::value_ops<DepartmentState>, {"状态", "State"}}});
  return list;
}

}  // namespace

const base::ListShape& department_list_shape() { return every_department().shape(); }
const storage::Listing& department_listing() { return every_department().listing(); }
Result<Page<Department>> list_departments(const View& view, const base::ListQuery& query) {
  return every_department().read<Department>(view, query);
}
const base::ListShape& child_list_shape() { return children().shape(); }
const storage::Listing& child_listing() { return children().listing(); }
Result<Page<Department>> list_children(const View& view, const base::ListQuery& query) {
  const DepartmentId parent{query.within.value_or(base::Ulid{})};
  QUANJI_DO(department_for_act(view, parent));
  return children().read<Department>(view, query, {{"parent_id", {parent}}});
}

Result<DepartmentTreeAnswer> department_tree(const View& view, const base::Nothing&) {
  const auto seen = scope(view);
  std::unordered_map<base::Ulid, bool, domain::UlidHash> visible;
  for (const auto& id : seen.departments) visible.emplace(id.ulid, true);
  QUANJI_TRY(const auto rows, view.rows(sql::department_tree));
  // Children come after their parents: gathered by parent, then drawn from the top.
  std::vector<DepartmentTreeRow> found;
  std::unordered_map<base::Ulid, std::vector<std::size_t>, domain::UlidHash> below;
  std::unordered_map<base::Ulid, std::size_t, domain::UlidHash> place;
  std::vector<std::size_t> tops;
  for (const auto row : rows) {
    const auto id = row.id<DepartmentId>("id");
    if (!seen.every() && !visible.contains(id.ulid)) continue;
    DepartmentTreeRow made{.id = id, .name = std::string(row.text("name")), .depth = row.integer("depth"), .users = row.integer("users")};
    made.state = row.text("state") == base::word(DepartmentState::enabled) ? DepartmentState::enabled : DepartmentState::disabled;
    if (!row.is_null("parent_id")) made.parent_id = row.id<DepartmentId>("parent_id");
    const auto at = found.size();
    place.emplace(id.ulid, at);
    if (const auto parent = made.parent_id ? place.find(made.parent_id->ulid) : place.end(); parent != place.end()) {
      below[parent->first].push_back(at);
      ++found[parent->second].children;
    } else {
      tops.push_back(at);  // the root, or the highest that the caller may see
    }
    found.push_back(std::move(made));
  }
  DepartmentTreeAnswer answer;
  answer.items.reserve(found.size());
  std::vector<std::size_t> waiting(tops.rbegin(), tops.rend());
  while (!waiting.empty()) {
    const auto at = waiting.back();
    waiting.pop_back();
    const auto kids = below.find(found[at].id.ulid);
    if (kids != below.end()) waiting.insert(waiting.end(), kids->second.rbegin(), kids->second.rend());
    answer.items.push_back(std::move(found[at]));
  }
  return answer;
}

Result<DepartmentItems> read_departments(const View& view, const DepartmentIds& ask) {
  DepartmentItems answer;
  for (const auto& id : ask.ids) {
    QUANJI_TRY(auto found, find(view, id));
    if (found && allow(view, id)) answer.items.push_back(std::move(*found));
  }
  return answer;
}

Result<Department> read_department(const View& view, const DepartmentRef& ref) { return department_for_act(view, ref.id); }

Status takes_new(const View& view, const DepartmentId& id, std::string_view field) {
  QUANJI_TRY(const auto found, find(view, id));
  if (!found) return Error(Code::invalid_field).with_field(std::string(field), Text("没有这个部门", "there is no such department"));
  if (found->state == DepartmentState::disabled)
    return Error(Code::wrong_state,
                 Text(fmt::format("部门“{}”已停用，不能再放入新的内容；请先启用", found->path),
                      fmt::format("the department \"{}\" is disabled and takes nothing new: enable it first", found->path)))
        .with_field(std::string(field), Text("部门已停用", "the department is disabled"));
  return {};
}

Result<Department> create_department(Change& change, const NewDepartment& in) {
  QUANJI_TRY(const auto parent, department_for_act(change, in.parent_id));
  QUANJI_DO(takes_new(change, in.parent_id, "parentId"));
  if (parent.depth >= domain::max_depth) return too_deep();
  QUANJI_DO(check_name(change, in.parent_id, in.name, {}));
  QUANJI_DO(check_code(change, in.code, {}));
  QUANJI_DO(check_leader(change, in.leader_id));
  Department made;
  made.id = change.new_id<DepartmentId>();
  made.parent_id = in.parent_id;
  made.name = in.name;
  made.code = in.code;
  made.leader_id = in.leader_id;
  made.region = in.region;
  made.remark = in.remark;
  made.order = in.order;
  made.path = path_below(parent, in.name);
  made.depth = parent.depth + 1;
  made.legal_entity = in.legal_entity;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::department_insert, made));
  QUANJI_DO(raise_access_epoch(change));
  tell(change, made, {}, stored(made));
  return made;
}

Result<Department> change_department(Change& change, const base::Patch<DepartmentChange>& patch) {
  QUANJI_TRY(auto department, department_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, department.revision));
  const auto before = stored(department);
  const auto old_name = department.name, old_path = department.path;
  take_given(patch, department);
  if (department.name != old_name) {
    if (department.parent_id) {
      QUANJI_DO(check_name(change, *department.parent_id, department.name, department.id));
      department.path = old_path.substr(0, old_path.size() - old_name.size()) + department.name;
    } else {
      department.path = department.name;
    }
  }
  if (was_given(patch, "code")) QUANJI_DO(check_code(change, department.code, department.id));
  if (was_given(patch, "leader_id")) QUANJI_DO(check_leader(change, department.leader_id));
  QUANJI_DO(write(change, department));
  if (department.path != old_path) QUANJI_DO(repath_below(change, department, old_path, 0));
  tell(change, department, before, stored(department));
  return department;
}

Result<Department> move_department(Change& change, const DepartmentMove& in) {
  QUANJI_TRY(auto department, department_for_act(change, in.id));
  QUANJI_TRY(const auto parent, department_for_act(change, in.parent_id));
  QUANJI_DO(expect_revision(change, department.revision));
  if (!department.parent_id) return Error(Code::wrong_state, Text("根部门不能移动", "the root department cannot be moved"));
  QUANJI_DO(takes_new(change, in.parent_id, "parentId"));
  QUANJI_TRY(const auto below, change.rows(sql::department_subtree, {{"id", department.id}}));
  std::int64_t height = 0;
  for (const auto row : below) {
    height = std::max(height, row.integer("level"));
    if (row.id<DepartmentId>("id") == in.parent_id)
      return Error(Code::invalid_field)
          .with_field("parentId", Text("不能移到自己或自己的下级之下", "a department cannot be moved below itself"));
  }
  if (parent.depth + 1 + height > domain::max_depth) return too_deep();
  QUANJI_DO(check_name(change, in.parent_id, department.name, department.id));
  const auto before = stored(department);
  const auto old_path = department.path;
  const auto levels = parent.depth + 1 - department.depth;
  department.parent_id = in.parent_id;
  department.path = path_below(parent, department.name);
  department.depth = parent.depth + 1;
  QUANJI_DO(write(change, department));
  QUANJI_DO(repath_below(change, department, old_path, levels));
  QUANJI_DO(raise_access_epoch(change));
  tell(change, department, before, stored(department), in.reason);
  return department;
}

Result<Department> disable_department(Change& change, const DepartmentStop& in) {
  QUANJI_TRY(auto department, department_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, department.revision));
  if (!department.parent_id) return Error(Code::wrong_state, Text("根部门不能停用", "the root department cannot be disabled"));
  if (department.state == DepartmentState::disabled)
    return Error(Code::wrong_state, Text("部门已经停用", "the department is disabled already"));
  const auto before = stored(department);
  department.state = DepartmentState::disabled;
  QUANJI_DO(write(change, department));
  tell(change, department, before, stored(department), in.reason);
  return department;
}

Result<Department> enable_department(Change& change, const DepartmentRef& in) {
  QUANJI_TRY(auto department, department_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, department.revision));
  if (department.state == DepartmentState::enabled)
    return Error(Code::wrong_state, Text("部门已经启用", "the department is enabled already"));
  const auto before = stored(department);
  department.state = DepartmentState::enabled;
  QUANJI_DO(write(change, department));
  tell(change, department, before, stored(department));
  return department;
}

Status delete_department(Change& change, const DepartmentRef& in) {
  QUANJI_TRY(const auto department, department_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, department.revision));
  if (!department.parent_id) return Error(Code::wrong_state, Text("根部门不能删除", "the root department cannot be deleted"));
  std::string zh, en;
  const auto refer = [&](base::Sentence what, std::int64_t n) {
    if (n == 0) return;
    zh += fmt::format("{}{} {} 个", zh.empty() ? "" : "，", what.zh, n);
    en += fmt::format("{}{} {}", en.empty() ? "" : ", ", n, what.en);
  };
  QUANJI_TRY(const auto child_count, counted(change, sql::department_child_count, in.id));
  refer({"下级部门", "departments below"}, child_count);
  QUANJI_TRY(const auto member_count, counted(change, sql::department_member_count, in.id));
  refer({"成员", "members"}, member_count);
  QUANJI_TRY(const auto grant_count, counted(change, sql::department_grant_count, in.id));
  refer({"授权", "grants"}, grant_count);
  QUANJI_TRY(const auto pending, change.row(sql::department_pending_approval_count, {{"id", in.id}, {"now", change.now()}}));
  refer({"待复核事项", "pending approvals"}, pending ? pending->integer("n") : 0);
  for (const auto& kind : contents()) {
    QUANJI_TRY(const auto n, kind.count(change, in.id));
    refer(kind.what, n);
  }
  if (!zh.empty())
    return Error(Code::still_referenced,
                 Text(fmt::format("部门“{}”下还有：{}；请先移走或删除", department.path, zh),
                      fmt::format("the department \"{}\" still has {}: move or delete them first", department.path, en)));
  QUANJI_DO(change.run(sql::department_deleted_members_up, {{"id", in.id}, {"parent_id", *department.parent_id}}));
  QUANJI_TRY(const auto n, change.run_with(sql::department_delete, department));
  if (n != 1) return Error(Code::changed_meanwhile);
  QUANJI_DO(raise_access_epoch(change));
  tell(change, department, stored(department), {});
  return {};
}

void register_department_contents(DepartmentContents kind) { contents().push_back(kind); }

}  // namespace quanji::services
