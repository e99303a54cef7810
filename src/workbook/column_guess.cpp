#include "workbook/column_guess.h"

namespace quanji::workbook {
namespace {

using values::ColumnType;
using values::Type;
using values::Value;

bool raise(std::int64_t& units, std::int32_t by) {
  for (; by > 0; --by)
    if (__builtin_mul_overflow(units, std::int64_t{10}, &units)) return false;
  return true;
}

}  // namespace

void GuessedColumn::settle() {
  if (waiting_ == 0) return;
  if (held_ == Held::other) {
    for (; waiting_ > 0; --waiting_) other_.add_nothing();
    return;
  }
  if (missing_.empty()) missing_.assign(numbers_.size(), false);
  numbers_.resize(numbers_.size() + waiting_);
  missing_.resize(numbers_.size(), true);
  waiting_ = 0;
}

Value GuessedColumn::held(std::size_t row) const {
  if (!missing_.empty() && missing_[row]) return {};
  if (held_ == Held::days) {
    if (!whole_days_) return Value::of(values::DateTime{numbers_[row]});
    const auto micros = numbers_[row];
    return Value::of(base::Date{static_cast<std::int32_t>((micros - (micros < 0 ? micros_of_day - 1 : 0)) / micros_of_day)});
  }
  if (places_ == 0) return Value::of(numbers_[row]);
  // As it came: without zeros at its end.
  auto units = numbers_[row];
  auto places = places_;
  for (; places > 0 && units % 10 == 0; --places) units /= 10;
  if (places == 0) return Value::of(units);
  return Value::of(*values::Decimal::make(units, -places));
}

void GuessedColumn::leave_packed() {
  for (std::size_t row = 0; row < numbers_.size(); ++row) {
    const auto value = held(row);
    if (value.is(Type::nothing))
      other_.add_nothing();
    else
      other_.add(value);
  }
  numbers_ = {};
  missing_ = {};
  held_ = Held::other;
}

bool GuessedColumn::add_units(std::int64_t units, std::int32_t places) {
  if (places > places_) {
    auto raised = numbers_;
    for (auto& one : raised)
      if (!raise(one, places - places_)) return false;
    numbers_ = std::move(raised);
    places_ = places;
  } else if (!raise(units, places_ - places)) {
    return false;
  }
  numbers_.push_back(units);
  if (!missing_.empty()) missing_.push_back(false);
  return true;
}

void GuessedColumn::add_text(std::string_view text) {
  settle();
  ++size_;
  if (held_ != Held::other) leave_packed();
  other_.add_text(text);
}

void GuessedColumn::add(const Value& value) {
  if (value.is(Type::nothing)) return add_nothing();
  settle();
  ++size_;
  if (value.is(Type::integer) || value.is(Type::decimal)) {
    if (held_ == Held::none) held_ = Held::numbers;
    if (held_ == Held::numbers) {
      if (value.is(Type::integer)) {
        if (add_units(value.integer(), 0)) return;
      } else if (const auto& d = value.decimal(); d.exponent() <= 0 && d.units() >= INT64_MIN && d.units() <= INT64_MAX) {
        if (add_units(static_cast<std::int64_t>(d.units()), -d.exponent())) return;
      }
    }
  } else if (value.is(Type::date) || value.is(Type::datetime)) {
    if (held_ == Held::none) held_ = Held::days;
    if (held_ == Held::days) {
      if (value.is(Type::datetime)) whole_days_ = false;
      numbers_.push_back(value.is(Type::date) ? value.date().days * micros_of_day : value.datetime().micros);
      if (!missing_.empty()) missing_.push_back(false);
      return;
    }
  }
  if (held_ != Held::other) leave_packed();
  other_.add(value);
}

values::ColumnPtr GuessedColumn::finish() && {
  if (held_ == Held::none && size_ > 0) {
    // Nothing at all: a column of texts that are missing.
    values::ColumnBuilder texts(ColumnType::text);
    for (std::size_t row = 0; row < size_; ++row) texts.add_nothing();
    return std::move(texts).finish();
  }
  settle();
  if (held_ == Held::other || held_ == Held::none) return std::move(other_).finish();
  const bool days = held_ == Held::days;
  values::ColumnBuilder made(days           ? (whole_days_ ? ColumnType::date : ColumnType::datetime)
                             : places_ == 0 ? ColumnType::integer
                                            : ColumnType::decimal,
                             places_);
  made.reserve(numbers_.size());
  for (std::size_t row = 0; row < numbers_.size(); ++row) {
    if (!missing_.empty() && missing_[row])
      made.add_nothing();
    else if (days && whole_days_)
      made.add(base::Date{static_cast<std::int32_t>((numbers_[row] - (numbers_[row] < 0 ? micros_of_day - 1 : 0)) / micros_of_day)});
    else if (days || places_ == 0)
      made.add_integer(numbers_[row]);
    else
      made.add_units(numbers_[row]);
  }
  numbers_ = {};
  return std::move(made).finish();
}

}  // namespace quanji::workbook
