// A block of a sheet as a table.
#include <fmt/format.h>

#include <algorithm>

#include "base/encodings.h"
#include "workbook/column_guess.h"
#include "workbook/column_names.h"
#include "workbook/xlsx_contents.h"

namespace quanji::workbook {
namespace {

using values::ColumnType;
using values::Type;
using values::Value;

constexpr double last_serial = 2'958'465;  // 9999-12-31

// The text a person would copy out of the cell.
std::string text_for(const Value& value, const CellForm& form) {
  switch (value.type()) {
    case Type::boolean:
      return value.boolean() ? "TRUE" : "FALSE";
    case Type::integer: {
      auto text = std::to_string(value.integer());
      if (value.integer() >= 0 && text.size() < form.zeros) text.insert(0, form.zeros - text.size(), '0');
      return text;
    }
    case Type::decimal:
      return value.decimal().plain();
    case Type::date:
      return base::to_text(value.date());
    case Type::time:
      return values::to_text(value.time());
    case Type::datetime:
      return values::to_text(value.datetime());
    case Type::duration:
      return values::to_text(value.duration());
    case Type::text:
      return value.text();
    default:
      return {};
  }
}

class SheetColumnState {
 public:
  SheetColumnState(std::uint32_t column, std::string name) : column_(column), name_(std::move(name)) {}
  std::uint32_t column() const { return column_; }
  std::string& name() { return name_; }
  base::Status set_type(ColumnType type, std::string_view format) {
    if (type == ColumnType::any) return {};
    QUANJI_TRY(reader_, ValueReader::make(type, format, false));
    typed_.emplace(type);
    return {};
  }
  std::size_t size() const { return typed_ ? typed_->size() : guess_.size(); }
  void add_nothing() { pad(size() + 1); }
  void pad(std::size_t rows) {
    if (!typed_) {
      if (rows > guess_.size()) guess_.add_nothing(rows - guess_.size());
      return;
    }
    while (typed_->size() < rows) typed_->add_nothing();
  }
  bool takes_texts() const { return !typed_ || typed_->type() == ColumnType::text; }
  void add_text(std::string_view text) {
    if (typed_)
      typed_->add_text(text);
    else
      guess_.add_text(text);
  }
  // False: the value is not of the column's type.
  bool add(const Value& value, const CellForm& form, DateSystem dates);
  base::Text expectation() const { return reader_->expectation(); }
  values::ColumnPtr finish() { return typed_ ? std::move(*typed_).finish() : std::move(guess_).finish(); }

 private:
  bool add_day(const Value& value, DateSystem dates);
  std::uint32_t column_;
  std::string name_;
  GuessedColumn guess_;
  std::optional<values::ColumnBuilder> typed_;
  std::optional<ValueReader> reader_;
};

bool SheetColumnState::add_day(const Value& value, DateSystem dates) {
  const auto type = typed_->type();
  auto day = value;
  if (value.is(Type::integer) || value.is(Type::decimal)) {
    const double serial = value.is(Type::integer) ? static_cast<double>(value.integer()) : value.decimal().approximate();
    const auto kind = type == ColumnType::date       ? FormKind::date
                      : type == ColumnType::time     ? FormKind::time
                      : type == ColumnType::datetime ? FormKind::datetime
                                                     : FormKind::duration;
    const auto made = serial <= last_serial ? value_of_serial(serial, kind, dates) : std::nullopt;
    // 20261120 is a day as files of the trade write it; no serial number is that large.
    if (!made)
      return value.is(Type::integer) && type != ColumnType::time && type != ColumnType::duration &&
             reader_->add(std::to_string(value.integer()), *typed_);
    day = *made;
  }
  if (type == ColumnType::date && day.is(Type::datetime) && day.datetime().micros % micros_of_day == 0)
    day = Value::of(base::Date{static_cast<std::int32_t>(day.datetime().micros / micros_of_day)});
  if (type == ColumnType::datetime && day.is(Type::date)) day = Value::of(values::DateTime{day.date().days * micros_of_day});
  if (type == ColumnType::duration && day.is(Type::time)) day = Value::of(values::Duration{day.time().micros});
  return typed_->add(day);
}

bool SheetColumnState::add(const Value& value, const CellForm& form, DateSystem dates) {
  if (!typed_) {
    guess_.add(value);
    return true;
  }
  if (typed_->type() == ColumnType::text) {
    typed_->add_text(text_for(value, form));
    return true;
  }
  if (value.is(Type::text)) return reader_->add(value.text(), *typed_);
  switch (typed_->type()) {
    case ColumnType::boolean:
      if (value.is(Type::integer) && (value.integer() == 0 || value.integer() == 1)) {
        typed_->add(value.integer() == 1);
        return true;
      }
      return typed_->add(value);
    case ColumnType::integer:
    case ColumnType::decimal:
      return typed_->add(value);
    default:
      return add_day(value, dates);
  }
}

class TableEvents final : public ValueEvents {
 public:
  TableEvents(Workbook::Contents& contents, const SheetInfo& sheet, const SheetReading& reading, std::vector<Range> merges)
      : ValueEvents(contents, sheet, reading.errors, reading.digits),
        reading_(reading),
        range_(reading.range.value_or(Range{})),
        index_(most_columns + 1, none),
        merges_(std::move(merges)) {
    // Rows of the range are counted from its first; of a whole sheet from the first row in use, which shows when it comes.
    to_skip_ = reading.skip_rows;
    if (reading.range && to_skip_ > 0) {
      range_.first.row += to_skip_;  // beyond the last row: nothing is read
      to_skip_ = 0;
    }
    std::erase_if(merges_, [&](const Range& merge) { return !merge.meets(range_); });
    std::ranges::sort(merges_, {}, [](const Range& merge) { return merge.first; });
    const bool bounded = range_.last.column < most_columns;
    if (bounded)
      for (auto c = range_.first.column; c <= range_.last.column; ++c) add_column(c);
    header_row_ = reading.header == SheetHeader::first_row && range_.first.row > 1 ? range_.first.row : 0;
    if (reading.header == SheetHeader::none) {
      settle_names();
      first_row_ = range_.first.row > 1 ? range_.first.row : 0;
    } else if (header_row_ != 0) {
      first_row_ = header_row_ + 1;
    }
  }

  void row(std::uint32_t number, bool hidden) override {
    end_row(number);
    if (enough()) return;
    if (number > range_.last.row) return stop();
    row_ = number;
    wanted_ = number >= range_.first.row && !(hidden && reading_.skip_hidden_rows && number != header_row_);
    if (!wanted_ && number >= range_.first.row && first_row_ != 0 && number >= first_row_) ++left_out_;
  }

  void cell(const StoredCell& cell) override {
    if (!wanted_ || !range_.contains(cell.at) || !cell.has_value) return;
    if (to_skip_ > 0) {
      range_.first.row = row_ + to_skip_;
      to_skip_ = 0;
      wanted_ = false;
      return;
    }
    if (names_known_ && !is_header()) {
      std::string_view text;
      const bool is_text = text_of(cell, text);
      if (enough()) return;
      if (is_text) {
        auto* column = place(cell.at);
        if (column == nullptr) return;
        if (column->takes_texts())
          column->add_text(text);
        else
          put(*column, cell.at, Value::of(std::string(text)), form_of(cell));
        if (!merges_.empty()) remember(cell.at, Value::of(std::string(text)));
        return;
      }
    }
    const auto value = value_of(cell);
    if (enough() || value.is(Type::nothing)) return;
    if (!merges_.empty()) remember(cell.at, value);
    if (is_header()) {
      if (header_row_ == 0) {
        header_row_ = row_;
        first_row_ = row_ + 1;
      }
      name_column(cell.at.column, text_for(value, form_of(cell)));
      return;
    }
    if (!names_known_ && !settle_names()) return;
    if (auto* column = place(cell.at)) put(*column, cell.at, value, form_of(cell));
  }

  void rows_end() override {
    end_row(std::min(range_.last.row, row_) + 1);
    if (!enough()) stop();
  }

  base::Result<SheetTable> finish() {
    if (!names_known_) QUANJI_DO(names_are_known());
    std::ranges::sort(columns_, {}, &SheetColumnState::column);
    SheetTable made;
    if (columns_.empty() && reading_.header == SheetHeader::first_row && !reading_.columns.empty()) QUANJI_DO(check_told());
    std::vector<std::string> names;
    std::vector<values::ColumnPtr> columns;
    for (auto& column : columns_) {
      names.push_back(column.name());
      column.pad(rows_);
      columns.push_back(column.finish());
    }
    QUANJI_TRY(auto table, values::Table::make(std::move(names), std::move(columns)));
    made.table = std::make_shared<const values::Table>(std::move(table));
    made.notes = std::move(notes_);
    made.first_row = rows_ == 0 ? 0 : first_row_;
    return made;
  }

 private:
  static constexpr std::uint32_t none = ~0U;
  // The header's names are complete from here on.
  base::Status names_are_known() {
    names_known_ = true;
    if (reading_.header == SheetHeader::first_row) {
      std::ranges::sort(columns_, {}, &SheetColumnState::column);
      std::vector<std::string> names;
      for (auto& column : columns_) names.push_back(column.name());
      names_.complete(
          names, [&](std::size_t i) { return column_letters(columns_[i].column()); }, notes_);
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        columns_[i].name() = std::move(names[i]);
        index_[columns_[i].column()] = static_cast<std::uint32_t>(i);
      }
      QUANJI_DO(check_told());
    } else {
      for (auto& column : columns_) column.name() = names_.add(column_letters(column.column()));
    }
    for (auto& column : columns_) QUANJI_DO(set_type(column));
    return {};
  }
  base::Status check_told() {
    std::vector<std::string> names;
    for (auto& column : columns_) names.push_back(column.name());
    for (const auto& told : reading_.columns)
      if (std::ranges::find(names, told.name) == names.end())
        return bad(fmt::format("没有列“{}”；有：{}。", told.name, joined(names)),
                   fmt::format("there is no column \"{}\"; there are: {}.", told.name, joined(names)));
    return {};
  }
  base::Status set_type(SheetColumnState& column) {
    const auto told = std::ranges::find(reading_.columns, column.name(), &SheetColumn::name);
    if (told != reading_.columns.end()) return column.set_type(told->type, told->format);
    return column.set_type(reading_.all_text ? ColumnType::text : ColumnType::any, "");
  }
  bool settle_names() {
    if (auto known = names_are_known(); !known.ok()) {
      fail(std::move(known).error());
      return false;
    }
    return true;
  }
  bool is_header() const { return reading_.header == SheetHeader::first_row && (header_row_ == 0 || row_ == header_row_); }

  SheetColumnState& add_column(std::uint32_t c) {
    index_[c] = static_cast<std::uint32_t>(columns_.size());
    return columns_.emplace_back(c, std::string());
  }
  void name_column(std::uint32_t c, std::string name) {
    (index_[c] == none ? add_column(c) : columns_[index_[c]]).name() = std::move(name);
  }

  // The column of a cell, padded up to its row; null after `fail` was said.
  SheetColumnState* place(Cell at) {
    if (first_row_ == 0) first_row_ = at.row;
    auto i = index_[at.column];
    if (i == none) {
      // Values beside the header: the column is called by its letter.
      auto& made = add_column(at.column);
      i = index_[at.column];
      made.name() = names_.add(column_letters(at.column));
      if (reading_.header == SheetHeader::first_row)
        notes_.emplace_back(fmt::format("{} 列没有列名，叫作“{}”。", column_letters(at.column), made.name()),
                            fmt::format("Column {} has no name and is called \"{}\".", column_letters(at.column), made.name()));
      if (auto typed = set_type(made); !typed.ok()) {
        fail(std::move(typed).error());
        return nullptr;
      }
    }
    const std::size_t index = at.row - first_row_ - left_out_;
    if ((index + 1) * columns_.size() > contents_.limits.cells) {
      fail(bad_workbook(contents_.parts.file(),
                        fmt::format("表格超过 {} 格（到 {} 为止）；读小一些的区域，或逐行读。", contents_.limits.cells, to_text(at)),
                        fmt::format("the table has more than {} cells (up to {}); read a smaller block, or row by row.",
                                    contents_.limits.cells, to_text(at))));
      return nullptr;
    }
    rows_ = std::max(rows_, index + 1);
    columns_[i].pad(index);
    return &columns_[i];
  }
  void put(SheetColumnState& column, Cell at, const Value& value, const CellForm& form) {
    if (column.add(value, form, contents_.book.dates)) return;
    if (reading_.bad_is_nothing) return column.add_nothing();
    const auto shown = std::string(base::utf8_beginning(text_for(value, form), 60));
    const auto what = column.expectation();
    const auto refusal =
        bad_cell(at, fmt::format("列“{}”的值“{}”不是{}；改正它，或把这一列读作 text。", column.name(), shown, what.zh),
                 fmt::format("column \"{}\": \"{}\" is not {}; correct it, or read the column as text.", column.name(), shown, what.en));
    fail(base::Error(refusal.code(), refusal.message(), "bad_value"));
  }

  // ---- merged blocks that are filled ----
  void remember(Cell at, const Value& value) {
    const auto found = std::ranges::lower_bound(merges_, at, {}, [](const Range& merge) { return merge.first; });
    if (found != merges_.end() && found->first == at) active_.push_back({*found, value});
  }
  // The row is over, and so are those without anything before `next`.
  void end_row(std::uint32_t next) {
    if (row_ == 0 || enough()) return;
    if (header_row_ != 0 && row_ == header_row_ && !names_known_) {
      for (const auto& [merge, value] : active_)
        for (auto c = merge.first.column; c <= std::min(merge.last.column, range_.last.column); ++c)
          if (merge.first.row <= row_ && (index_[c] == none || columns_[index_[c]].name().empty())) name_column(c, text_for(value, {}));
      if (!settle_names()) return;
    }
    if (active_.empty()) return;
    for (auto r = row_; r < next && !enough(); ++r) {
      std::erase_if(active_, [&](const Active& one) { return one.merge.last.row < r; });
      if (active_.empty()) return;
      if (first_row_ == 0 || r < first_row_ || (r == row_ && !wanted_)) continue;
      for (const auto& one : active_)
        for (auto c = std::max(one.merge.first.column, range_.first.column); c <= std::min(one.merge.last.column, range_.last.column);
             ++c) {
          auto* column = place({r, c});
          if (column == nullptr) return;
          if (column->size() == r - first_row_ - left_out_) put(*column, {r, c}, one.value, {});
          if (enough()) return;
        }
    }
  }

  struct Active {
    Range merge;
    Value value;
  };
  const SheetReading& reading_;
  Range range_;
  std::vector<std::uint32_t> index_;  // of a sheet's column in columns_
  std::vector<SheetColumnState> columns_;
  std::vector<Range> merges_;
  std::vector<Active> active_;
  ColumnNames names_;
  std::vector<base::Text> notes_;
  bool names_known_ = false, wanted_ = false;
  std::uint32_t row_ = 0, header_row_ = 0, first_row_ = 0, left_out_ = 0;
  std::uint32_t to_skip_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace

base::Result<SheetTable> Workbook::table(const SheetReading& reading) {
  QUANJI_TRY(const auto* found, contents_->find(reading.sheet));
  QUANJI_DO(contents_->prepare());
  std::vector<Range> merges;
  if (reading.fill_merged) {
    QUANJI_TRY(merges, merged(found->name));
  }
  TableEvents events(*contents_, *found, reading, std::move(merges));
  QUANJI_DO(read_xml(contents_->parts, found->part, events));
  return events.finish();
}

}  // namespace quanji::workbook
