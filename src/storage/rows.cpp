#include <fmt/format.h>

#include <stdexcept>

#include "base/fields_json.h"
#include "storage/query.h"
#include "storage/work.h"

namespace quanji::storage {
namespace {
using Type = detail::RowsBody::Type;
Bytes as_bytes(std::string_view v) { return {reinterpret_cast<const std::uint8_t*>(v.data()), v.size()}; }
[[noreturn]] void bug(const std::string& what) { throw std::logic_error(what); }
constexpr std::string_view type_words[] = {"null", "integer", "text", "bytes"};
}  // namespace

Rows::Rows(std::shared_ptr<const detail::RowsBody> body) : body_(std::move(body)), count_(body_ ? body_->count : 0) {}
Row Rows::operator[](std::size_t i) const {
  if (i >= size()) bug(fmt::format("row {} of {}", i, size()));
  return Row(body_, i, hidden_);
}
Rows Rows::first(std::size_t n) const {
  Rows out = *this;
  out.count_ = std::min(n, count_);
  return out;
}
Rows Rows::without_last(std::size_t columns) const {
  Rows out = *this;
  out.hidden_ += columns;
  return out;
}

std::size_t Row::width() const { return body_->columns->size() - hidden_; }
std::string_view Row::column(std::size_t i) const { return body_->columns->at(i); }
int Row::find(std::string_view column) const {
  for (std::size_t i = 0; i < width(); ++i)
    if ((*body_->columns)[i] == column) return static_cast<int>(i);
  return -1;
}
std::size_t Row::need(std::string_view column) const {
  const int at = find(column);
  if (at < 0) bug(fmt::format("the query answers no column {}", column));
  return static_cast<std::size_t>(at);
}
namespace {
const detail::RowsBody::Cell& cell_of(const detail::RowsBody& body, std::size_t row, std::size_t i, Type type) {
  const auto& cell = body.cells[row * body.columns->size() + i];
  if (cell.type != type)
    bug(fmt::format("column {} is {}, asked for as {}", (*body.columns)[i], type_words[static_cast<int>(cell.type)],
                    type_words[static_cast<int>(type)]));
  return cell;
}
}  // namespace
bool Row::is_null(std::string_view column) const { return body_->cells[index_ * body_->columns->size() + need(column)].type == Type::null; }
std::int64_t Row::integer(std::string_view column) const { return integer(need(column)); }
std::string_view Row::text(std::string_view column) const { return text(need(column)); }
Bytes Row::bytes(std::string_view column) const { return as_bytes(body_->view(cell_of(*body_, index_, need(column), Type::bytes))); }
base::Ulid Row::ulid(std::string_view column) const {
  const Bytes found = bytes(column);
  base::Ulid out;
  if (found.size() != out.bytes.size()) bug(fmt::format("column {} holds {} bytes, an id has 16", column, found.size()));
  std::copy(found.begin(), found.end(), out.bytes.begin());
  return out;
}
std::int64_t Row::integer(std::size_t i) const { return cell_of(*body_, index_, i, Type::integer).value; }
std::string_view Row::text(std::size_t i) const { return body_->view(cell_of(*body_, index_, i, Type::text)); }
Scalar Row::at(std::size_t i) const {
  const auto& cell = body_->cells.at(index_ * body_->columns->size() + i);
  switch (cell.type) {
    case Type::null:
      return {};
    case Type::integer:
      return cell.value;
    case Type::text:
      return body_->view(cell);
    case Type::bytes:
      return as_bytes(body_->view(cell));
  }
  return {};
}

Status fill(const base::FieldList& fields, void* object, const Row& row) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < row.width(); ++i) {
    const int at = fields.find(row.column(i));
    if (at < 0) return Error(base::Code::bug, fmt::format("column {} is no field of {}", row.column(i), fields.type()));
    const auto& field = fields.all()[static_cast<std::size_t>(at)];
    if (auto taken = base::from_scalar(*field.ops, field.in(object), row.at(i).value()); !taken.ok())
      return Error(taken.error().code(), fmt::format("column {} of {}: {}", row.column(i), fields.type(), taken.error().detail()));
    seen |= std::uint64_t{1} << at;
  }
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (const auto& field = fields.all()[i]; !((seen >> i) & 1U) && !field.ops->optional)
      return Error(base::Code::bug, fmt::format("the query answers no column {} for {}", field.name, fields.type()));
  return {};
}

}  // namespace quanji::storage
