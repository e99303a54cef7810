// The first start: a code, and with it the three administrators at once. There is no default password.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/passwords.h"

namespace quanji::services {

inline constexpr std::chrono::minutes set_up_code_lives_for{60};

enum class SetUpRole : std::uint8_t { system, security, audit };

// A fresh code, "qjs_…", when the platform is not set up; the former one stops working. Nothing when it is set up.
Result<std::optional<base::Secret>> begin_set_up(Change&);

struct SetUpState {
  bool needed = true;
  bool code_expired = false;  // start the platform again for a new one
  static const base::FieldList& fields();
};
Result<SetUpState> set_up_state(const View&, const base::Nothing&);

struct SetUpPerson {
  SetUpRole role = SetUpRole::system;
  std::string account, name;
  std::optional<std::string> password;  // write-only; or:
  std::optional<bool> one_time_link;
  static const base::FieldList& fields();
};
struct SetUp {
  base::Secret code;
  std::vector<SetUpPerson> persons;  // exactly one of each role
  static const base::FieldList& fields();
};
struct SetUpAccount {
  SetUpRole role = SetUpRole::system;
  UserId user_id;
  std::string account;
  std::optional<std::string> one_time_code;
  static const base::FieldList& fields();
};
struct SetUpDone {
  std::vector<SetUpAccount> accounts;
  static const base::FieldList& fields();
};
// Before anything is hashed: the code is right and the platform is not set up, the persons fit.
Status check_set_up(const View&, const SetUp&);
ProofAsk set_up_ask(const SetUp&);
Result<SetUpDone> set_up(Change&, const Prepared<SetUp>&);

// Profile `demo`: six accounts (system, security, audit, operator, developer, checker) with made passwords, once; empty when set up
// already.
struct DemoAccount {
  std::string account, title;
  base::Secret password;
};
Result<std::vector<DemoAccount>> set_up_demo(storage::Store&, const ProofDesk&);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::SetUpRole, "system", "security", "audit");
