// Expected failure as a value: a closed list of codes, a sentence for a person, a detail for the log.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace quanji::base {

// One sentence in both languages, living as long as the program.
struct Sentence {
  std::string_view zh, en;
};
// One sentence in both languages, made at run time.
struct Text {
  std::string zh, en;
  Text() = default;
  Text(std::string chinese, std::string english) : zh(std::move(chinese)), en(std::move(english)) {}
  Text(Sentence s) : zh(s.zh), en(s.en) {}
};

// Every failure the outside world may see; number, word, HTTP status and sentence stand in error_codes.cpp.
enum class Code : std::uint32_t {
  ok = 0,
  not_signed_in = 10001,
  wrong_credentials,
  locked_out,
  bad_signature,
  replayed,
  not_permitted,
  address_not_allowed,
  totp_required,
  invalid_field = 20001,
  unknown_field,
  unreadable_body,
  wrong_id_type,
  too_large,
  wrong_state = 30001,
  name_taken,
  still_referenced,
  idempotency_conflict,
  changed_meanwhile,
  stale_token,
  calendar_unknown,
  frozen,
  stopped_by_emergency,
  not_found = 40001,
  no_such_operation,
  robot_unreachable = 50001,
  package_refused,
  requirement_missing,
  not_supported,
  too_many_calls = 60001,
  waiting_limit,
  no_licence,
  audit_unavailable = 90001,
  store_unavailable,
  bug,
};

struct CodeRow {
  Code code;
  std::string_view word;
  int http;
  Sentence sentence;
};
// The one table of codes, in numeric order, without `ok`.
const std::vector<CodeRow>& code_table();
// The row of a code; `bug` for a value that is not in the table.
const CodeRow& row_of(Code code);

struct FieldProblem {
  std::string field;  // JSON pointer without the leading slash: "grants/0/roleId"
  Text reason;
};

class [[nodiscard]] Error {
 public:
  explicit Error(Code code, std::string detail = {});
  Error(Code code, Text message, std::string detail = {});
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  Error clone() const;

  Code code() const { return body_->code; }
  const Text& message() const { return body_->message; }       // for a person
  const std::string& detail() const { return body_->detail; }  // for the log, never leaves the process
  const std::vector<FieldProblem>& fields() const { return body_->fields; }
  std::int64_t retry_after_seconds() const { return body_->retry_after_seconds; }  // 0: not said
  Error&& with_field(std::string field, Text reason) &&;
  Error&& with_fields(std::vector<FieldProblem> fields) &&;
  Error&& with_retry_after(std::int64_t seconds) &&;

 private:
  struct Body {
    Code code;
    Text message;
    std::string detail;
    std::vector<FieldProblem> fields;
    std::int64_t retry_after_seconds = 0;
  };
  std::unique_ptr<Body> body_;
};

// A value or an Error. Reading the value of a failure ends the program: it is a bug of the reader.
template <class T>
class [[nodiscard]] Result {
 public:
  using Value = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;
  Result() = default;
  Result(Done) {}
  Result(Error error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  void value() const {}
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};
using Status = Result<void>;

}  // namespace quanji::base

#define QUANJI_CONCAT_(a, b) a##b
#define QUANJI_CONCAT(a, b) QUANJI_CONCAT_(a, b)
// QUANJI_TRY(auto row, view.one(...)): the value, or return the error.
#define QUANJI_TRY(declaration, expression) QUANJI_TRY_(QUANJI_CONCAT(tried_, __COUNTER__), declaration, expression)
#define QUANJI_TRY_(name, declaration, expression) \
  auto name = (expression);                        \
  if (!name.ok()) return std::move(name).error();  \
  declaration = std::move(name).value()
// QUANJI_DO(change.run(...)): go on, or return the error.
#define QUANJI_DO(expression) QUANJI_DO_(QUANJI_CONCAT(did_, __COUNTER__), expression)
#define QUANJI_DO_(name, expression)                                          \
  do {                                                                        \
    if (auto name = (expression); !name.ok()) return std::move(name).error(); \
  } while (false)
