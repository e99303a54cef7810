#include "services/users.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/given_fields.h"
#include "services/grants.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;
using domain::UserAct;

namespace {
namespace sql = storage::sql;

constexpr std::int64_t name_length = 63;
constexpr std::int64_t number_length = 32;
constexpr std::int64_t email_length = 254;
constexpr std::int64_t remark_length = 500;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t read_many = 200;

bool is_phone(std::string_view t) {
  if (t.starts_with('+')) t.remove_prefix(1);
  return t.size() >= 5 && t.size() <= 24 && t.front() >= '0' && t.front() <= '9' &&
         std::all_of(t.begin(), t.end(), [](char c) { return (c >= '0' && c <= '9') || c == ' ' || c == '-'; });
}
constexpr base::Pattern phone_pattern{
    "^\\+?[0-9][0-9 -]{4,23}$",
    is_phone,
    {"应为 5 到 24 位数字，可含空格、- 和前导 +", "5 to 24 digits, blanks and -, with + in front if need be"}};

std::vector<Ownership>& ownerships() {
  static std::vector<Ownership> registered;
  return registered;
}
std::vector<std::function<Status(Change&, const UserId&)>>& stop_acts() {
  static std::vector<std::function<Status(Change&, const UserId&)>> registered;
  return registered;
}

}  // namespace

QUANJI_FIELDS(User,  //
              QF(id, "用户标识", "User id", .flags = base::read_only),
              QF(account, "登录名，不分大小写唯一，不可更改", "Account, unique without regard to case, never changed", .min = 1,
                 .pattern = &base::account_pattern),
              QF(name, "姓名", "Name of the person", .min = 1, .max = name_length, .pattern = &base::printable_pattern),
              QF(employee_no, "工号，唯一", "Employee number, unique", .min = 1, .max = number_length, .pattern = &base::printable_pattern),
              QF(phone, "电话，部分隐藏", "Telephone, shown in part", .pattern = &phone_pattern, .flags = base::masked),
              QF(email, "电子邮件", "E-mail", .max = email_length, .pattern = &base::email_pattern), QF(kind, "类别", "Kind"),
              QF(source, "来源", "Where the user comes from", .flags = base::read_only),
              QF(state, "状态", "State", .flags = base::read_only), QF(expires_at, "到期后不能登录", "No signing in from then on"),
              QF(last_login_at, "最近登录", "Last signed in", .flags = base::read_only), QF(department_id, "所属部门", "Home department"),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(created_at, "创建时间", "When it was made", .flags = base::read_only),
              QF(created_by, "创建人", "Who made it", .flags = base::read_only),
              QF(updated_at, "更新时间", "When it last changed", .flags = base::read_only),
              QF(updated_by, "更新人", "Who changed it last", .flags = base::read_only),
              QF(revision, "版本号", "Revision", .flags = base::read_only))
QUANJI_FIELDS(NewUser,  //
              QF(account, "登录名，不分大小写唯一，不可更改", "Account, unique without regard to case, never changed", .min = 1,
                 .pattern = &base::account_pattern),
              QF(name, "姓名", "Name of the person", .min = 1, .max = name_length, .pattern = &base::printable_pattern),
              QF(department_id, "所属部门", "Home department"),
              QF(employee_no, "工号，唯一", "Employee number, unique", .min = 1, .max = number_length, .pattern = &base::printable_pattern),
              QF(phone, "电话", "Telephone", .pattern = &phone_pattern, .flags = base::write_only),
              QF(email, "电子邮件", "E-mail", .max = email_length, .pattern = &base::email_pattern),
              QF(kind, "类别", "Kind", .fallback = "\"staff\""), QF(expires_at, "到期后不能登录", "No signing in from then on"),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(UserChange,  //
              QF(id, "用户标识", "User id", .flags = base::in_path),
              QF(name, "姓名", "Name of the person", .min = 1, .max = name_length, .pattern = &base::printable_pattern),
              QF(employee_no, "工号，唯一", "Employee number, unique", .min = 1, .max = number_length, .pattern = &base::printable_pattern),
              QF(phone, "电话", "Telephone", .pattern = &phone_pattern, .flags = base::write_only),
              QF(email, "电子邮件", "E-mail", .max = email_length, .pattern = &base::email_pattern), QF(kind, "类别", "Kind"),
              QF(expires_at, "到期后不能登录", "No signing in from then on"),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(UserRef, QF(id, "用户标识", "User id", .flags = base::in_path))
QUANJI_FIELDS(UserStop,  //
              QF(id, "用户标识", "User id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(UserMove, QF(id, "用户标识", "User id", .flags = base::in_path), QF(department_id, "新的所属部门", "The new home department"))
QUANJI_FIELDS(UserDelete,  //
              QF(id, "用户标识", "User id", .flags = base::in_path),
              QF(transfer_to, "接收其名下内容的用户", "Who takes over what the user owns"),
              QF(reason, "原因", "Why", .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(UserIds, QF(ids, "标识，最多 200 个", "Ids, 200 at most", .min = 1, .max = read_many))
QUANJI_FIELDS(UserItems, QF(items, "可见的那些，按给出的次序", "Those you may see, in the order asked for"))
QUANJI_FIELDS(Standing,  //
              QF(id, "用户标识", "User id"), QF(account, "登录名", "Account"), QF(name, "姓名", "Name"), QF(kind, "类别", "Kind"),
              QF(state, "状态", "State"), QF(expires_at, "到期", "Expires"), QF(department_id, "所属部门", "Home department"))

std::string masked_phone(std::string_view phone) {
  // A mobile number keeps three in front and four at the end; anything shorter keeps its last two.
  constexpr std::size_t mobile = 11, front = 3, back = 4, few = 2;
  if (phone.size() >= mobile) return fmt::format("{}****{}", phone.substr(0, front), phone.substr(phone.size() - back));
  return fmt::format("****{}", phone.size() > few ? phone.substr(phone.size() - few) : std::string_view{});
}

namespace {

User shown(User user) {
  if (user.phone) user.phone = masked_phone(*user.phone);
  return user;
}
std::string stored(const User& user) { return base::to_json(shown(user), base::Side::stored); }

Result<std::optional<User>> find(const View& view, const UserId& id) { return view.maybe<User>(sql::user_by_id, {{"id", id}}); }

void tell(Change& change, const User& user, std::string before, std::string after, std::string reason = {}) {
  change.note() = {user.id.text(), user.account, user.department_id.ulid, std::move(before), std::move(after), std::move(reason)};
}

Status write(Change& change, User& user) {
  user.updated_at = change.now();
  user.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::user_update, user));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++user.revision;
  return {};
}

Status check_number(const View& view, const std::optional<std::string>& number, const UserId& self) {
  if (!number) return {};
  QUANJI_TRY(const auto row, view.row(sql::user_numbered, {{"employee_no", *number}}));
  if (row && row->id<UserId>("id") != self)
    return Error(Code::name_taken, Text(fmt::format("工号 {} 已属于另一个用户", *number),
                                        fmt::format("the employee number {} belongs to another user", *number)))
        .with_field("employeeNo", Text("工号重复", "taken"));
  return {};
}

Status not_oneself(const View& view, const UserId& id) {
  if (view.caller().user != id) return {};
  return Error(Code::not_permitted,
               Text("不能对自己执行此操作，请由另一位管理员执行", "nobody does this to himself: ask another administrator"));
}

Status stopped(Change& change, const UserId& id) {
  for (const auto& act : stop_acts()) QUANJI_DO(act(change, id));
  return raise_access_epoch(change);
}

// ---- what a user owns ----
Result<std::int64_t> departments_led(const View& view, const UserId& id) {
  QUANJI_TRY(const auto row, view.row(sql::departments_led_count, {{"user_id", id}}));
  return row ? row->integer("n") : 0;
}
Status hand_over_departments(Change& change, const UserId& from, const UserId& to) {
  QUANJI_DO(change.run(sql::departments_led_transfer, {{"user_id", from}, {"to", to}, {"now", change.now()}, {"actor", actor(change)}}));
  return {};
}
std::vector<Ownership> all_ownerships() {
  std::vector<Ownership> all{{{"负责的部门", "departments led"}, &departments_led, &hand_over_departments}};
  all.insert(all.end(), ownerships().begin(), ownerships().end());
  return all;
}

Status hand_over(Change& change, const User& user, const std::optional<UserId>& to) {
  if (to) {
    if (*to == user.id) return Error(Code::invalid_field).with_field("transferTo", Text("不能转交给本人", "cannot be the user himself"));
    QUANJI_TRY(const auto heir, standing(change, *to));
    if (!heir || !heir->may_come_in(change.now()))
      return Error(Code::invalid_field)
          .with_field("transferTo", Text("没有这个用户，或其已停用", "there is no such user, or he is disabled"));
  }
  std::string zh, en;
  for (const auto& kind : all_ownerships()) {
    QUANJI_TRY(const auto n, kind.count(change, user.id));
    if (n == 0) continue;
    if (to) {
      QUANJI_DO(kind.transfer(change, user.id, *to));
      continue;
    }
    zh += fmt::format("{}{} {} 个", zh.empty() ? "" : "，", kind.what.zh, n);
    en += fmt::format("{}{} {}", en.empty() ? "" : ", ", n, kind.what.en);
  }
  if (zh.empty()) return {};
  return Error(Code::still_referenced, Text(fmt::format("用户 {} 名下还有：{}；请用 transferTo 指定接收人", user.account, zh),
                                            fmt::format("{} still owns {}: name who takes over in transferTo", user.account, en)));
}

using storage::ColumnType;
using storage::FilterOp;

storage::ListPlan user_plan(std::string name) {
  return {.name = std::move(name),
          .from = "users",
          .columns = {"id", "account", "name", "employee_no", "phone", "email", "kind", "source", "state", "expires_at", "last_login_at",
                      "department_id", "remark", "created_at", "created_by", "updated_at", "updated_by", "revision"},
          .filters = {{"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "users_by_department_account"},
                      {"account", "account", FilterOp::eq, ColumnType::text, "users_by_account"},
                      {"name", "name", FilterOp::eq, ColumnType::text, "users_by_name"},
                      {"employee_no", "employee_no", FilterOp::eq, ColumnType::text, ""},
                      {"kind", "kind", FilterOp::eq, ColumnType::text, ""},
                      {"source", "source", FilterOp::eq, ColumnType::text, ""},
                      {"state", "state", FilterOp::eq, ColumnType::text, ""},
                      {"created", "created_at", FilterOp::range, ColumnType::integer, "users_by_created"},
                      {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
          .sorts = {{"account", "account", ColumnType::text, "users_by_account"},
                    {"name", "name", ColumnType::text, "users_by_name"},
                    {"created_at", "created_at", ColumnType::integer, "users_by_created"}},
          .default_sort = "account",
          .keyword_columns = {"account", "name", "employee_no", "email"},
          .size = storage::ListPlan::Size::small,
          .always_sqlite = "state <> 'deleted'",
          .always_postgres = "state <> 'deleted'"};
}
std::vector<OfferedFilter> user_filters() {
  return {{"account", &base::value_ops<std::string>, {"登录名", "Account"}},
          {"name", &base::value_ops<std::string>, {"姓名", "Name"}},
          {"employee_no", &base::value_ops<std::string>, {"工号", "Employee number"}},
          {"kind", &base::value_ops<UserKind>, {"类别", "Kind"}},
          {"source", &base::value_ops<UserSource>, {"来源", "Source"}},
          {"state", &base::value_ops<UserState>, {"状态", "State"}}};
}
const ResourceList& every_user() {
  static const ResourceList list(user_plan("users"), [] {
    auto filters = user_filters();
    filters.push_back({"department_id", &base::value_ops<DepartmentId>, {"所属部门", "Home department"}});
    return filters;
  }());
  return list;
}
const ResourceList& members() {
  static const ResourceList list(user_plan("department_users"), user_filters());
  return list;
}
Result<Page<User>> masked(Result<Page<User>> page) {
  if (page)
    for (auto& user : page->items) user = shown(std::move(user));
  return page;
}

}  // namespace

const base::ListShape& user_list_shape() { return every_user().shape(); }
const storage::Listing& user_listing() { return every_user().listing(); }
Result<Page<User>> list_users(const View& view, const base::ListQuery& query) { return masked(every_user().read<User>(view, query)); }
const base::ListShape& member_list_shape() { return members().shape(); }
const storage::Listing& member_listing() { return members().listing(); }
Result<Page<User>> list_members(const View& view, const base::ListQuery& query) {
  const DepartmentId department{query.within.value_or(base::Ulid{})};
  QUANJI_TRY(const auto row, view.row(sql::department_by_id, {{"id", department}}));
  if (!row) return Error(Code::not_found);
  QUANJI_DO(allow(view, department));
  return masked(members().read<User>(view, query, {{"department_id", {department}}}));
}

Result<UserItems> read_users(const View& view, const UserIds& ask) {
  UserItems answer;
  for (const auto& id : ask.ids) {
    QUANJI_TRY(auto found, find(view, id));
    if (found && allow(view, found->department_id)) answer.items.push_back(shown(std::move(*found)));
  }
  return answer;
}

Result<User> user_for_act(const View& view, const UserId& id) {
  QUANJI_TRY(auto found, find(view, id));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(allow(view, found->department_id));
  return std::move(*found);
}

Result<User> read_user(const View& view, const UserRef& ref) {
  QUANJI_TRY(auto user, user_for_act(view, ref.id));
  return shown(std::move(user));
}

Result<User> create_user(Change& change, const NewUser& in) {
  QUANJI_DO(allow(change, in.department_id));
  QUANJI_DO(takes_new(change, in.department_id, "departmentId"));
  QUANJI_TRY(const auto taken, standing_of_account(change, in.account));
  if (taken)
    return Error(Code::name_taken, Text(fmt::format("登录名 {} 已被使用，请换一个", in.account),
                                        fmt::format("the account {} is taken: take another", in.account)))
        .with_field("account", Text("登录名重复（不分大小写）", "taken (case is not regarded)"));
  QUANJI_DO(check_number(change, in.employee_no, {}));
  User made;
  made.id = change.new_id<UserId>();
  made.account = in.account;
  made.name = in.name;
  made.employee_no = in.employee_no;
  made.phone = in.phone;
  made.email = in.email;
  made.kind = in.kind;
  made.expires_at = in.expires_at;
  made.department_id = in.department_id;
  made.remark = in.remark;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::user_insert, made));
  tell(change, made, {}, stored(made));
  return shown(std::move(made));
}

Result<User> change_user(Change& change, const base::Patch<UserChange>& patch) {
  QUANJI_TRY(auto user, user_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, user.revision));
  const auto before = stored(user);
  const auto old_expiry = user.expires_at;
  take_given(patch, user);
  if (was_given(patch, "employee_no")) QUANJI_DO(check_number(change, user.employee_no, user.id));
  if (user.expires_at != old_expiry) {
    // An account that ends some day is no account to be the last administrator with.
    if (user.expires_at) QUANJI_DO(not_the_last(change, user.id));
    QUANJI_DO(raise_access_epoch(change));
  }
  QUANJI_DO(write(change, user));
  tell(change, user, before, stored(user));
  return shown(std::move(user));
}

Result<User> disable_user(Change& change, const UserStop& in) {
  QUANJI_TRY(auto user, user_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, user.revision));
  QUANJI_DO(not_oneself(change, user.id));
  QUANJI_TRY(const auto next, domain::after(user.state, UserAct::disable));
  QUANJI_DO(not_the_last(change, user.id));
  const auto before = stored(user);
  user.state = next;
  QUANJI_DO(write(change, user));
  QUANJI_DO(stopped(change, user.id));
  tell(change, user, before, stored(user), in.reason);
  return shown(std::move(user));
}

Result<User> enable_user(Change& change, const UserRef& in) {
  QUANJI_TRY(auto user, user_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, user.revision));
  QUANJI_TRY(const auto next, domain::after(user.state, UserAct::enable));
  const auto before = stored(user);
  user.state = next;
  QUANJI_DO(write(change, user));
  QUANJI_DO(raise_access_epoch(change));
  tell(change, user, before, stored(user));
  return shown(std::move(user));
}

Result<User> move_user(Change& change, const UserMove& in) {
  QUANJI_TRY(auto user, user_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, user.revision));
  QUANJI_DO(allow(change, in.department_id));
  QUANJI_DO(takes_new(change, in.department_id, "departmentId"));
  const auto before = stored(user);
  user.department_id = in.department_id;
  QUANJI_DO(write(change, user));
  QUANJI_DO(raise_access_epoch(change));
  tell(change, user, before, stored(user));
  return shown(std::move(user));
}

Status delete_user(Change& change, const UserDelete& in) {
  QUANJI_TRY(auto user, user_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, user.revision));
  QUANJI_DO(not_oneself(change, user.id));
  QUANJI_TRY(const auto next, domain::after(user.state, UserAct::remove));
  QUANJI_DO(not_the_last(change, user.id));
  QUANJI_DO(hand_over(change, user, in.transfer_to));
  const auto before = stored(user);
  QUANJI_DO(change.run(sql::grants_delete_of_user, {{"user_id", user.id}}));
  QUANJI_DO(stopped(change, user.id));
  user.state = next;
  QUANJI_DO(write(change, user));
  tell(change, user, before, {}, in.reason.value_or(""));
  return {};
}

Result<std::optional<Standing>> standing(const View& view, const UserId& id) {
  return view.maybe<Standing>(sql::user_standing, {{"id", id}});
}
Result<std::optional<Standing>> standing_of_account(const View& view, std::string_view account) {
  return view.maybe<Standing>(sql::user_standing_by_account, {{"account", account}});
}
Status note_login(Change& change, const UserId& id, base::Time at) {
  QUANJI_DO(change.run(sql::user_login, {{"id", id}, {"at", at}}));
  return {};
}

void register_ownership(Ownership ownership) { ownerships().push_back(ownership); }
void on_user_stopped(std::function<Status(Change&, const UserId&)> act) { stop_acts().push_back(std::move(act)); }

}  // namespace quanji::services
