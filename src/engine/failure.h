// Why a step did not succeed, as a value: what `catch` and `retry` match, what the journal keeps and a person reads.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "flow/document.h"
#include "values/value.h"

namespace quanji::engine {

// What ends more than its step: `catch`, `retry` and `on_error` never see these three, `finally` and the closing of resources do
// (a suspension only closes resources: its run goes on later).
enum class Ending : std::uint8_t { none, stopped, timed_out, suspended };

struct Failure {
  std::string code;  // [a-z_][a-z0-9_]{0,62}
  flow::ErrorKind kind = flow::ErrorKind::system;
  base::Text message;  // what went wrong, where, and how to mend it
  values::Value data;  // what the error carries for the flow; nothing when there is nothing to say
  // Filled by the engine.
  Ending ending = Ending::none;
  std::uint32_t scope = 0;                // of `timed_out`: the step around whose time is over; 0: the run's
  std::string step;                       // the path of the step that failed first, with iteration numbers
  std::vector<values::FileRef> evidence;  // pictures first
};

// A failure of the business: the file holds a wrong sum, the account does not exist. Nothing is repeated because of it.
Failure business_failure(std::string code, base::Text message, values::Value data = {});
// A failure of the machinery: a file that is locked, a server that is away.
Failure system_failure(std::string code, base::Text message, values::Value data = {});
// The code is the word of the error's code (not_found, too_large, store_unavailable …), problems of fields stand in the message.
Failure failure_of(const base::Error& error);
// The other way, for interfaces that speak Result: invalid_field with the sentence of the failure, its code in the detail.
base::Error error_of(const Failure& failure);

// A value or a Failure; like base::Result, and a base::Error becomes a system failure by itself, so QUANJI_TRY and QUANJI_DO take both.
template <class T>
class [[nodiscard]] Outcome {
 public:
  using Value = T;
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}
  Outcome(base::Error error) : Outcome(failure_of(error)) {}

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
  Failure& error() & { return std::get<1>(state_); }
  const Failure& error() const& { return std::get<1>(state_); }
  Failure&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Failure> state_;
};
template <>
class [[nodiscard]] Outcome<void> {
 public:
  using Value = void;
  Outcome() = default;
  Outcome(base::Done) {}
  Outcome(Failure failure) : failure_(std::move(failure)) {}
  Outcome(base::Error error) : failure_(failure_of(error)) {}
  bool ok() const { return !failure_; }
  explicit operator bool() const { return ok(); }
  void value() const {}
  Failure& error() & { return *failure_; }
  const Failure& error() const& { return *failure_; }
  Failure&& error() && { return std::move(*failure_); }

 private:
  std::optional<Failure> failure_;
};

// What `catch` saves: a map of code, kind, message, step, data, evidence (a list of files) and, when there is a picture, screenshot.
values::Value value_of(const Failure& failure);
// Of such a map, for `fail: =problem`; invalid_field when it has no code.
base::Result<Failure> failure_of_value(const values::Value& value);

}  // namespace quanji::engine
