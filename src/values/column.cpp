#include <algorithm>
#include <stdexcept>

#include "values/table.h"

namespace quanji::values {
namespace {

constexpr std::string_view type_words[] = {"any", "bool", "integer", "decimal", "text", "date", "time", "datetime", "duration"};

[[noreturn]] void wrong_type(ColumnType is, ColumnType wanted) {
  throw std::logic_error("a column of " + std::string(word_of(is)) + " was given a value of " + std::string(word_of(wanted)));
}

// The type of column a value makes by itself; `any` for what has no packed form.
ColumnType column_type_for(Type type) {
  switch (type) {
    case Type::boolean:
      return ColumnType::boolean;
    case Type::integer:
      return ColumnType::integer;
    case Type::decimal:
      return ColumnType::decimal;
    case Type::text:
      return ColumnType::text;
    case Type::date:
      return ColumnType::date;
    case Type::time:
      return ColumnType::time;
    case Type::datetime:
      return ColumnType::datetime;
    case Type::duration:
      return ColumnType::duration;
    default:
      return ColumnType::any;
  }
}

}  // namespace

std::string_view word_of(ColumnType type) { return type_words[static_cast<std::size_t>(type)]; }
std::optional<ColumnType> column_type_of(std::string_view word) {
  const auto* const found = std::find(std::begin(type_words), std::end(type_words), word);
  if (found == std::end(type_words)) return {};
  return static_cast<ColumnType>(found - std::begin(type_words));
}

Decimal Column::decimal(std::size_t row) const {
  if (!wide_.empty()) return wide_[row];
  return *Decimal::make(numbers_[row], -places_);
}

Value Column::value(std::size_t row) const {
  if (is_nothing(row)) return {};
  switch (type_) {
    case ColumnType::any:
      return values_[row];
    case ColumnType::boolean:
      return Value::of(flags_[row] != 0);
    case ColumnType::integer:
      return Value::of(numbers_[row]);
    case ColumnType::decimal:
      return Value::of(decimal(row));
    case ColumnType::text:
      return Value::of(std::string(text(row)));
    case ColumnType::date:
      return Value::of(base::Date{days_[row]});
    case ColumnType::time:
      return Value::of(TimeOfDay{numbers_[row]});
    case ColumnType::datetime:
      return Value::of(DateTime{numbers_[row]});
    case ColumnType::duration:
      return Value::of(Duration{numbers_[row]});
  }
  return {};
}

std::size_t Column::bytes_used() const {
  return sizeof *this + present_.capacity() * sizeof present_[0] + numbers_.capacity() * sizeof numbers_[0] +
         days_.capacity() * sizeof days_[0] + flags_.capacity() + wide_.capacity() * sizeof wide_[0] + ends_.capacity() * sizeof ends_[0] +
         text_.capacity() + values_.capacity() * sizeof values_[0];
}

ColumnBuilder::ColumnBuilder(ColumnType type, std::int32_t places)
    : column_(std::make_shared<Column>()),
      unit_places_(places),
      any_asked_(type == ColumnType::any),
      form_(any_asked_ ? Form::unknown : Form::packed) {
  column_->type_ = type;
  column_->places_ = type == ColumnType::decimal ? places : 0;
}

void ColumnBuilder::reserve(std::size_t rows, std::size_t text_bytes) {
  switch (column_->type_) {
    case ColumnType::any:
      if (form_ == Form::mixed) column_->values_.reserve(rows);
      return;
    case ColumnType::boolean:
      return column_->flags_.reserve(rows);
    case ColumnType::date:
      return column_->days_.reserve(rows);
    case ColumnType::text:
      column_->ends_.reserve(rows);
      return column_->text_.reserve(text_bytes);
    default:
      return column_->numbers_.reserve(rows);
  }
}

void ColumnBuilder::mark(bool present) {
  auto& bits = column_->present_;
  const auto row = column_->size_++;
  if (bits.empty()) {
    if (present) return;
    bits.assign((row >> 6) + 1, ~std::uint64_t{0});
  } else if ((row & 63U) == 0) {
    bits.push_back(~std::uint64_t{0});
  }
  if (!present) bits[row >> 6] &= ~(std::uint64_t{1} << (row & 63U));
}

// Places for rows that were nothing before the type was known.
void ColumnBuilder::fill(ColumnType type) {
  auto& c = *column_;
  c.type_ = type;
  form_ = Form::packed;
  switch (type) {
    case ColumnType::boolean:
      return c.flags_.resize(c.size_);
    case ColumnType::date:
      return c.days_.resize(c.size_);
    case ColumnType::text:
      return c.ends_.resize(c.size_);
    default:
      return c.numbers_.resize(c.size_);
  }
}

void ColumnBuilder::mix() {
  auto& c = *column_;
  std::vector<Value> all;
  all.reserve(c.size_ + 1);
  if (form_ == Form::packed)
    for (std::size_t row = 0; row < c.size_; ++row) all.push_back(c.value(row));
  else
    all.resize(c.size_);
  c.numbers_ = {};
  c.days_ = {};
  c.flags_ = {};
  c.wide_ = {};
  c.ends_ = {};
  c.text_ = {};
  c.places_ = 0;
  c.values_ = std::move(all);
  c.type_ = ColumnType::any;
  form_ = Form::mixed;
}

bool ColumnBuilder::become(ColumnType type) {
  auto& c = *column_;
  if (form_ == Form::packed && c.type_ == type) return true;
  if (form_ == Form::mixed) return false;
  if (!any_asked_) wrong_type(c.type_, type);
  if (form_ == Form::unknown) {
    if (type == ColumnType::any) {
      mix();
      return false;
    }
    fill(type);
    return true;
  }
  if (c.type_ == ColumnType::integer && type == ColumnType::decimal) {
    c.type_ = ColumnType::decimal;  // units with no places
    places_known_ = true;
    return true;
  }
  mix();
  return false;
}

void ColumnBuilder::widen() {
  auto& c = *column_;
  if (!c.wide_.empty()) return;
  std::vector<Decimal> wide;
  wide.reserve(std::max(c.numbers_.capacity(), c.size_ + 1));
  for (std::size_t row = 0; row < c.size_; ++row) wide.push_back(c.is_nothing(row) ? Decimal() : c.decimal(row));
  c.wide_ = std::move(wide);
  c.numbers_ = {};
  c.places_ = 0;
}

void ColumnBuilder::put_decimal(const Decimal& v) {
  auto& c = *column_;
  const bool fits = v.units() >= INT64_MIN && v.units() <= INT64_MAX;
  if (c.wide_.empty() && fits && (!places_known_ || c.places_ == -v.exponent())) {
    places_known_ = true;
    c.places_ = -v.exponent();
    c.numbers_.push_back(static_cast<std::int64_t>(v.units()));
  } else {
    widen();
    c.wide_.push_back(v);
  }
  mark(true);
}

void ColumnBuilder::add_nothing() {
  auto& c = *column_;
  switch (c.type_) {
    case ColumnType::any:
      if (form_ == Form::mixed) c.values_.emplace_back();
      break;
    case ColumnType::boolean:
      c.flags_.push_back(0);
      break;
    case ColumnType::date:
      c.days_.push_back(0);
      break;
    case ColumnType::text:
      c.ends_.push_back(c.text_.size());
      break;
    case ColumnType::decimal:
      if (!c.wide_.empty()) {
        c.wide_.emplace_back();
        break;
      }
      [[fallthrough]];
    default:
      c.numbers_.push_back(0);
  }
  mark(false);
}

void ColumnBuilder::add(bool v) {
  if (become(ColumnType::boolean))
    column_->flags_.push_back(v ? 1 : 0);
  else
    column_->values_.push_back(Value::of(v));
  mark(true);
}

void ColumnBuilder::add_integer(std::int64_t v) {
  switch (column_->type_) {
    case ColumnType::integer:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::duration:
      if (any_asked_ && column_->type_ != ColumnType::integer) break;  // a guessed type of time takes no bare numbers
      column_->numbers_.push_back(v);
      return mark(true);
    case ColumnType::decimal:
      if (any_asked_) return put_decimal(Decimal::of(v));
      break;
    default:
      break;
  }
  if (become(ColumnType::integer))
    column_->numbers_.push_back(v);
  else
    column_->values_.push_back(Value::of(v));
  mark(true);
}

void ColumnBuilder::add_units(std::int64_t units) {
  auto& c = *column_;
  if (c.type_ == ColumnType::decimal && c.wide_.empty() && c.places_ == unit_places_) {
    places_known_ = true;
    c.numbers_.push_back(units);
    return mark(true);
  }
  add(*Decimal::make(units, -unit_places_));
}

void ColumnBuilder::add(const Decimal& v) {
  if (become(ColumnType::decimal)) return put_decimal(v);
  column_->values_.push_back(Value::of(v));
  mark(true);
}

void ColumnBuilder::add_text(std::string_view v) {
  auto& c = *column_;
  if (c.type_ == ColumnType::text || become(ColumnType::text)) {
    c.text_ += v;
    c.ends_.push_back(c.text_.size());
  } else {
    c.values_.push_back(Value::of(std::string(v)));
  }
  mark(true);
}

void ColumnBuilder::add(base::Date v) {
  if (become(ColumnType::date))
    column_->days_.push_back(v.days);
  else
    column_->values_.push_back(Value::of(v));
  mark(true);
}

bool ColumnBuilder::add(const Value& v) {
  if (v.is(Type::nothing)) {
    add_nothing();
    return true;
  }
  const auto type = column_type_for(v.type());
  if (!any_asked_ && type != column_->type_ && !(v.is(Type::integer) && column_->type_ == ColumnType::decimal)) return false;
  switch (v.type()) {
    case Type::boolean:
      add(v.boolean());
      return true;
    case Type::integer:
      if (column_->type_ == ColumnType::decimal)
        put_decimal(Decimal::of(v.integer()));
      else
        add_integer(v.integer());
      return true;
    case Type::decimal:
      add(v.decimal());
      return true;
    case Type::text:
      add_text(v.text());
      return true;
    case Type::date:
      add(v.date());
      return true;
    default:
      break;
  }
  if (become(type))
    column_->numbers_.push_back(v.is(Type::time) ? v.time().micros : v.is(Type::datetime) ? v.datetime().micros : v.duration().micros);
  else
    column_->values_.push_back(v);
  mark(true);
  return true;
}

ColumnPtr ColumnBuilder::finish() && {
  auto& c = *column_;
  if (form_ == Form::unknown) c.values_.resize(c.size_);
  return std::move(column_);
}

}  // namespace quanji::values
