#include "services/set_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "domain/caller.h"
#include "domain/preset_roles.h"
#include "services/grants.h"
#include "services/settings.h"
#include "services/tokens.h"
#include "storage/queries.h"
#include "storage/store.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Secret;
using base::Text;
using domain::Preset;

constexpr std::int64_t password_bytes = 512;
constexpr std::int64_t code_bytes = 128;
constexpr std::int64_t name_length = 63;
constexpr std::size_t roles = 3;

Preset preset_of(SetUpRole role) {
  switch (role) {
    case SetUpRole::system:
      return Preset::system_administrator;
    case SetUpRole::security:
      return Preset::security_administrator;
    case SetUpRole::audit:
      return Preset::auditor;
  }
  return Preset::auditor;
}

struct Stored {
  bool done = false;
  bool has_code = false;
  base::Digest hash{};
  base::Time expires_at;
};
Result<Stored> stored(const View& view) {
  QUANJI_TRY(const auto row, view.row(sql::set_up_row));
  Stored out;
  if (!row) return out;
  out.done = !row->is_null("done_at");
  out.expires_at = row->time("expires_at");
  if (row->is_null("code_hash")) return out;
  const auto bytes = row->bytes("code_hash");
  if (bytes.size() != out.hash.size()) return Error(Code::bug, "the set-up code's digest has a wrong length");
  std::copy(bytes.begin(), bytes.end(), out.hash.begin());
  out.has_code = true;
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}
Status check_persons(const std::vector<SetUpPerson>& persons) {
  const auto refuse = [](std::string field, std::string zh, std::string en) {
    return Error(Code::invalid_field).with_field(std::move(field), Text(std::move(zh), std::move(en)));
  };
  std::array<int, roles> seen{};
  std::vector<std::string> accounts;
  for (std::size_t i = 0; i < persons.size(); ++i) {
    const auto& person = persons[i];
    ++seen[static_cast<std::size_t>(person.role)];
    if (person.password.has_value() == person.one_time_link.value_or(false))
      return refuse(fmt::format("persons/{}/password", i), "设置密码或选择一次性链接，二者选一",
                    "give a password or ask for a one-time link, one of the two");
    auto account = lower(person.account);
    if (std::find(accounts.begin(), accounts.end(), account) != accounts.end())
      return refuse(fmt::format("persons/{}/account", i), "三个账号应互不相同", "the three accounts must differ");
    accounts.push_back(std::move(account));
  }
  if (seen != std::array<int, roles>{1, 1, 1})
    return refuse("persons", "系统、安全、审计三个管理员各一人", "one system, one security and one audit administrator are needed");
  return {};
}

// A person with his role in the root department.
Result<User> make_person(Change& change, std::string account, std::string name, std::span<const Preset> presets) {
  NewUser wanted;
  wanted.account = std::move(account);
  wanted.name = std::move(name);
  wanted.department_id = domain::root_department;
  QUANJI_TRY(auto user, create_user(change, wanted));
  for (const auto preset : presets) QUANJI_DO(grant_at_setup(change, user.id, preset));
  return user;
}

Error done_already() { return Error(Code::wrong_state, Text("平台已完成初始化", "the platform is set up already")); }

// 20 characters of four kinds, easy to read aloud: groups of letters without those that look like digits.
Secret demo_password(base::Random& random) {
  constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz", digits = "23456789";
  std::string text;
  for (int group = 0; group < 4; ++group) {
    if (group > 0) text += '-';
    for (int i = 0; i < 4; ++i) text += letters[static_cast<std::size_t>(random.below(letters.size()))];
  }
  text += static_cast<char>('A' + random.below(26));
  text += digits[static_cast<std::size_t>(random.below(digits.size()))];
  return Secret::take(text);
}

}  // namespace

QUANJI_FIELDS(SetUpState,  //
              QF(needed, "是否还需初始化", "Whether set-up is still to be done"),
              QF(code_expired, "初始化代码已过期，重新启动平台可得新代码", "The code has expired: start the platform again for another"))
QUANJI_FIELDS(SetUpPerson,  //
              QF(role, "系统、安全或审计管理员", "System, security or audit administrator"),
              QF(account, "登录名", "Account", .min = 1, .pattern = &base::account_pattern),
              QF(name, "姓名", "Name of the person", .min = 1, .max = name_length, .pattern = &base::printable_pattern),
              QF(password, "密码，或要一次性链接", "A password, or else a one-time link", .max = password_bytes, .flags = base::write_only),
              QF(one_time_link, "由本人用一次性链接设置密码", "The person sets a password by a one-time link"))
QUANJI_FIELDS(SetUp,  //
              QF(code, "启动时显示的初始化代码", "The code shown at the start", .max = code_bytes),
              QF(persons, "三个管理员", "The three administrators", .min = 3, .max = 3))
QUANJI_FIELDS(SetUpAccount,  //
              QF(role, "角色", "Role"), QF(user_id, "用户标识", "User id"), QF(account, "登录名", "Account"),
              QF(one_time_code, "一次性代码，只显示一次", "One-time code, shown once", .flags = base::secret_once))
QUANJI_FIELDS(SetUpDone, QF(accounts, "建立的账号", "The accounts made"))

Result<std::optional<Secret>> begin_set_up(Change& change) {
  auto code = new_token(change.random(), "qjs_");
  const auto hash = token_hash(code);
  QUANJI_TRY(const auto n, change.run(sql::set_up_begin,
                                      {{"code_hash", storage::Bytes(hash)}, {"expires_at", change.now().plus(set_up_code_lives_for)}}));
  if (n == 0) return std::optional<Secret>{};
  return std::optional(Secret::take(code));
}

Result<SetUpState> set_up_state(const View& view, const base::Nothing&) {
  QUANJI_TRY(const auto now, stored(view));
  return SetUpState{!now.done, !now.done && (!now.has_code || now.expires_at <= view.now())};
}

Status check_set_up(const View& view, const SetUp& in) {
  QUANJI_TRY(const auto now, stored(view));
  if (now.done) return done_already();
  if (!now.has_code || !base::equal_in_constant_time(now.hash, token_hash(in.code.reveal())))
    return Error(Code::wrong_credentials, Text("初始化代码不正确，请使用平台启动时显示的代码",
                                               "the set-up code is not right: take the one shown at the platform's start"));
  if (now.expires_at <= view.now())
    return Error(Code::wrong_credentials,
                 Text("初始化代码已过期，重新启动平台可得新代码", "the set-up code has expired: start the platform again for another"));
  return check_persons(in.persons);
}

ProofAsk set_up_ask(const SetUp& in) {
  ProofAsk ask;
  for (std::size_t i = 0; i < in.persons.size(); ++i)
    if (in.persons[i].password)
      ask.new_passwords.push_back({std::make_shared<const Secret>(std::string_view(*in.persons[i].password)), in.persons[i].account,
                                   in.persons[i].name, fmt::format("persons/{}/password", i)});
  return ask;
}

Result<SetUpDone> set_up(Change& change, const Prepared<SetUp>& in) {
  if (!in.proof) return Error(Code::bug, "set-up without hashed passwords");
  QUANJI_DO(check_set_up(change, in.value));
  QUANJI_TRY(const auto n, change.run(sql::set_up_done, {{"now", change.now()}}));
  if (n == 0) return done_already();
  // The code was the right to do this; from here on set-up itself acts.
  auto setup = std::make_shared<domain::Caller>(change.caller());
  setup->kind = domain::CallerKind::setup;
  setup->account = "setup";
  const storage::ActingAs acting(change, setup);
  SetUpDone out;
  std::size_t hashed = 0;
  for (const auto& person : in.value.persons) {
    const std::array<Preset, 1> presets = {preset_of(person.role)};
    QUANJI_TRY(const auto user, make_person(change, person.account, person.name, presets));
    SetUpAccount account{person.role, user.id, user.account, {}};
    if (person.password) {
      if (hashed == in.proof->new_hashes.size()) return Error(Code::bug, "a password of set-up was not hashed");
      QUANJI_DO(set_password(change, user.id, in.proof->new_hashes[hashed++], NextSignIn::free));
    } else {
      QUANJI_TRY(auto link, make_password_link(change, user.id));
      account.one_time_code = std::move(link.one_time_code);
    }
    out.accounts.push_back(std::move(account));
  }
  change.note() = {"", "set_up", domain::root_department.ulid, {}, {}, {}};
  return out;
}

Result<std::vector<DemoAccount>> set_up_demo(storage::Store& store, const ProofDesk& desk) {
  struct Row {
    const char *account, *title;
    std::vector<Preset> presets;
  };
  const std::vector<Row> rows = {{"system", "系统管理员", {Preset::system_administrator}},
                                 {"security", "安全管理员", {Preset::security_administrator}},
                                 {"audit", "审计员", {Preset::auditor}},
                                 {"operator", "运维人员", {Preset::operator_}},
                                 {"developer", "流程开发", {Preset::flow_developer}},
                                 {"checker", "复核员", {Preset::checker}}};
  bool finished = false;
  QUANJI_DO(store.view([&](const View& view) -> Status {
    QUANJI_TRY(const auto now, stored(view));
    finished = now.done;
    return {};
  }));
  std::vector<DemoAccount> accounts;
  if (finished) return accounts;
  std::vector<std::string> hashes;
  for (const auto& row : rows) {
    auto password = demo_password(*desk.random);
    // A run that the policy refuses is rare; chance is asked again.
    while (!domain::check_new_password(password, row.account, row.title)) password = demo_password(*desk.random);
    hashes.push_back(base::hash_password(desk.suite, password, *desk.random, desk.cost));
    accounts.push_back({row.account, row.title, std::move(password)});
  }
  auto caller = std::make_shared<domain::Caller>();
  caller->kind = domain::CallerKind::setup;
  caller->account = "setup";
  QUANJI_DO(store.change(
      [&](Change& change) -> Status {
        QUANJI_TRY(const auto n, change.run(sql::set_up_done, {{"now", change.now()}}));
        if (n == 0) return done_already();
        for (std::size_t i = 0; i < rows.size(); ++i) {
          QUANJI_TRY(const auto user, make_person(change, rows[i].account, rows[i].title, rows[i].presets));
          QUANJI_DO(set_password(change, user.id, hashes[i], NextSignIn::free));
        }
        QUANJI_DO(settings::put(change, "approvals.required", "false"));
        return {};
      },
      caller));
  return accounts;
}

}  // namespace quanji::services
