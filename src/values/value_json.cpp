// Values as JSON: the journal form and the plain form; the way back is value_read.cpp.
#include <fmt/format.h>

#include "base/fields_json.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::values {

using base::append_json_string;

namespace {

enum class Form : std::uint8_t { journal, plain };

void append_value(std::string& out, const Value& value, Form form);

void append_number(std::string& out, std::int64_t number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}
void append_word(std::string& out, std::string_view word, std::string_view text) {
  out += "{\"$";
  out += word;
  out += "\":";
  append_json_string(out, text);
  out += '}';
}

template <class Items, class Append>
void append_items(std::string& out, char open, char close, const Items& items, Append append) {
  out += open;
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append(item);
  }
  out += close;
}

void append_map(std::string& out, const Map& map, Form form) {
  append_items(out, '{', '}', map, [&](const auto& member) {
    append_json_string(out, member.first);
    out += ':';
    append_value(out, member.second, form);
  });
}

// A value of a typed column: the column says the type, so the text alone is enough.
void append_cell(std::string& out, const Column& column, std::size_t row) {
  if (column.is_nothing(row)) {
    out += "null";
    return;
  }
  switch (column.type()) {
    case ColumnType::any:
      return append_value(out, column.values()[row], Form::journal);
    case ColumnType::boolean:
      out += column.flags()[row] ? "true" : "false";
      return;
    case ColumnType::integer:
      return append_number(out, column.numbers()[row]);
    case ColumnType::decimal:
      return append_json_string(out, column.decimal(row).text());
    case ColumnType::text:
      return append_json_string(out, column.text(row));
    case ColumnType::date:
      return append_json_string(out, date_text({column.days()[row]}));
    case ColumnType::time:
      return append_json_string(out, to_text(TimeOfDay{column.numbers()[row]}));
    case ColumnType::datetime:
      return append_json_string(out, to_text(DateTime{column.numbers()[row]}));
    case ColumnType::duration:
      return append_json_string(out, iso_text(Duration{column.numbers()[row]}));
  }
}

void append_table(std::string& out, const Table& table) {
  out += "{\"$table\":[";
  for (std::size_t i = 0; i < table.columns(); ++i) {
    if (i > 0) out += ',';
    const auto& column = *table.column(i);
    out += "{\"name\":";
    append_json_string(out, table.name(i));
    out += ",\"type\":";
    append_json_string(out, word_of(column.type()));
    out += ",\"values\":[";
    for (std::size_t row = 0; row < table.rows(); ++row) {
      if (row > 0) out += ',';
      append_cell(out, column, row);
    }
    out += "]}";
  }
  out += "]}";
}
void append_plain_table(std::string& out, const Table& table) {
  out += '[';
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (row > 0) out += ',';
    append_map(out, table.row(row), Form::plain);
  }
  out += ']';
}

void append_journal_only(std::string& out, const Value& value) {
  switch (value.type()) {
    case Type::decimal:
      return append_word(out, "decimal", value.decimal().text());
    case Type::date:
      return append_word(out, "date", date_text(value.date()));
    case Type::time:
      return append_word(out, "time", to_text(value.time()));
    case Type::datetime:
      return append_word(out, "datetime", to_text(value.datetime()));
    case Type::duration:
      return append_word(out, "duration", iso_text(value.duration()));
    case Type::bytes:
      return append_word(out, "bytes", base::base64(value.bytes()));
    case Type::handle:
      return append_word(out, "handle", value.handle().kind);
    case Type::file:
      out += "{\"$file\":{\"path\":";
      append_json_string(out, value.file().path);
      if (!value.file().digest.empty()) {
        out += ",\"digest\":";
        append_json_string(out, value.file().digest);
      }
      out += "}}";
      return;
    case Type::secret:
      out += "{\"$secret\":{\"credential\":";
      append_json_string(out, value.secret().credential);
      out += ",\"version\":";
      append_number(out, value.secret().version);
      out += ",\"field\":";
      append_json_string(out, value.secret().field);
      out += "}}";
      return;
    case Type::map: {
      bool escaped = false;
      for (const auto& [key, inner] : value.map()) escaped = escaped || key.starts_with('$');
      if (escaped) out += "{\"$map\":";
      append_map(out, value.map(), Form::journal);
      if (escaped) out += '}';
      return;
    }
    case Type::table:
      return append_table(out, value.table());
    default:
      return;
  }
}

void append_value(std::string& out, const Value& value, Form form) {
  switch (value.type()) {
    case Type::nothing:
      out += "null";
      return;
    case Type::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case Type::integer:
      return append_number(out, value.integer());
    case Type::text:
      return append_json_string(out, value.text());
    case Type::list:
      return append_items(out, '[', ']', value.list(), [&](const Value& item) { append_value(out, item, form); });
    default:
      break;
  }
  if (form == Form::journal) return append_journal_only(out, value);
  switch (value.type()) {
    case Type::decimal:
      out += value.decimal().text();
      return;
    case Type::map:
      return append_map(out, value.map(), form);
    case Type::table:
      return append_plain_table(out, value.table());
    default:
      return append_json_string(out, value.display());
  }
}

}  // namespace

void Value::append_json(std::string& out) const { append_value(out, *this, Form::journal); }
void Value::append_plain_json(std::string& out) const { append_value(out, *this, Form::plain); }

std::string Value::json() const {
  std::string out;
  append_json(out);
  return out;
}

std::string Value::display() const {
  switch (type()) {
    case Type::nothing:
      return {};
    case Type::decimal:
      return decimal().plain();
    case Type::text:
      return text();
    case Type::date:
      return date_text(date());
    case Type::time:
      return to_text(time());
    case Type::datetime:
      return to_text(datetime());
    case Type::duration:
      return to_text(duration());
    case Type::bytes:
      return base::base64(bytes());
    case Type::file:
      return file().path;
    case Type::secret:
      return fmt::format("[secret {}]", secret().credential);
    case Type::handle:
      return fmt::format("[{} {}]", handle().kind, handle().number);
    default: {
      std::string out;
      append_plain_json(out);
      return out;
    }
  }
}

std::string to_json(const Variables& variables) {
  std::string out = "{";
  for (const auto& [name, value] : variables) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ':';
    value.append_json(out);
  }
  return out + '}';
}

}  // namespace quanji::values
