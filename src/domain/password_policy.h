// What a password must be like. Pure; no store, no list of other people's passwords.
//
// 10 to 128 characters; three of the four kinds (lower, upper, digit, other), from 20 characters on any; not the account, the name or the
// product in it; no character four times in a row, no run of five neighbours ("12345", "edcba", "qwert").
#pragma once
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace quanji::domain {

struct PasswordRule {
  std::size_t min = 10, max = 128;  // characters
  std::size_t phrase = 20;          // from this length on the kinds are not asked for
  int kinds = 3;
  std::size_t remembered = 5;  // former passwords that may not come again
};
// invalid_field on `field`; the sentence says what is missing and never quotes the password.
base::Status check_new_password(const base::Secret& password, std::string_view account, std::string_view name,
                                std::string_view field = "password", const PasswordRule& rule = {});

}  // namespace quanji::domain
