#include "workbook/xlsx_read.h"

#include <fmt/format.h>

#include <map>

#include "workbook/formula_text.h"
#include "workbook/xlsx_contents.h"

namespace quanji::workbook {
namespace {

class OneCell final : public ValueEvents {
 public:
  OneCell(Workbook::Contents& contents, const SheetInfo& sheet, Cell wanted)
      : ValueEvents(contents, sheet, ErrorCells::text, Digits::shortest), wanted_(wanted) {
    wants_formulas = true;
  }
  void row(std::uint32_t number, bool) override {
    if (number > wanted_.row) stop();
  }
  void cell(const StoredCell& cell) override {
    if (cell.shared >= 0 && !cell.formula.empty()) shared_.emplace(cell.shared, cell.at);
    if (cell.at < wanted_) return;
    if (cell.at == wanted_) {
      found.value = value_of(cell);
      found.formula = cell.formula;
      found.format_code = form_of(cell).code;
      if (cell.shared >= 0 && cell.formula.empty())
        if (const auto owner = shared_.find(cell.shared); owner != shared_.end()) found.shared_with = to_text(owner->second);
    }
    stop();
  }
  void rows_end() override { stop(); }
  CellContent found;

 private:
  Cell wanted_;
  std::map<std::int64_t, Cell> shared_;
};

class Rows final : public ValueEvents {
 public:
  Rows(Workbook::Contents& contents, const SheetInfo& sheet, const SheetReading& reading, const TakeRow& take)
      : ValueEvents(contents, sheet, reading.errors, reading.digits),
        range_(reading.range.value_or(Range{})),
        skip_hidden_(reading.skip_hidden_rows),
        take_(take) {
    wants_formulas = reading.formulas;
  }
  void row(std::uint32_t number, bool hidden) override {
    give();
    row_ = number;
    wanted_ = number >= range_.first.row && !(hidden && skip_hidden_);
    if (number > range_.last.row) stop();
  }
  void cell(const StoredCell& cell) override {
    if (wants_formulas && cell.shared >= 0 && !cell.formula.empty() && shared_.size() < 1'000'000)
      shared_.emplace(cell.shared, std::pair(cell.at, std::string(cell.formula)));
    if (!wanted_ || !range_.contains(cell.at)) return;
    auto value = value_of(cell);
    if (!wants_formulas) {
      if (!value.is(values::Type::nothing)) cells_.push_back({cell.at.column, std::move(value), {}, {}});
      return;
    }
    if (value.is(values::Type::nothing) && !cell.has_formula) return;
    RowCell made{cell.at.column, std::move(value), std::string(cell.formula), form_of(cell).code};
    if (made.formula.empty() && cell.shared >= 0)
      if (const auto owner = shared_.find(cell.shared); owner != shared_.end())
        made.formula = shifted_formula(owner->second.second, std::int64_t{cell.at.row} - owner->second.first.row,
                                       std::int64_t{cell.at.column} - owner->second.first.column);
    cells_.push_back(std::move(made));
  }
  void rows_end() override {
    give();
    stop();
  }

 private:
  void give() {
    if (cells_.empty() || enough()) return;
    const auto more = take_(row_, cells_);
    cells_.clear();
    if (!more.ok()) return fail(more.error().clone());
    if (!*more) stop();
  }
  Range range_;
  bool skip_hidden_;
  const TakeRow& take_;
  std::map<std::int64_t, std::pair<Cell, std::string>> shared_;  // owners of shared formulas by number
  bool wanted_ = false;
  std::uint32_t row_ = 0;
  std::vector<RowCell> cells_;
};

class Extent final : public SheetEvents {
 public:
  using SheetEvents::SheetEvents;
  void row(std::uint32_t, bool) override {}
  void cell(const StoredCell& cell) override {
    if (!cell.has_value && !cell.has_formula) return;
    if (!found) {
      found = Range{cell.at, cell.at};
      return;
    }
    found->first.column = std::min(found->first.column, cell.at.column);
    found->last.column = std::max(found->last.column, cell.at.column);
    found->last.row = cell.at.row;
  }
  std::optional<Range> found;
};

class Merges final : public SheetEvents {
 public:
  using SheetEvents::SheetEvents;
  void row(std::uint32_t, bool) override {}
  void cell(const StoredCell&) override {}
  void merge(const Range& range) override {
    if (found.size() >= 1'000'000) return fail(bad("合并的单元格太多。", "there are too many merged cells."));
    found.push_back(range);
  }
  std::vector<Range> found;
};

}  // namespace

base::Result<Workbook> Workbook::open(const std::string& path, const ReadLimits& limits) {
  QUANJI_TRY(auto parts, ZipParts::open(path, limits.zip));
  QUANJI_TRY(auto book, workbook_part_of(parts));
  return Workbook(std::make_unique<Contents>(std::move(parts), std::move(book), limits));
}
base::Result<Workbook> Workbook::of_bytes(std::string_view bytes, std::string file, const ReadLimits& limits) {
  QUANJI_TRY(auto parts, ZipParts::of_bytes(bytes, std::move(file), limits.zip));
  QUANJI_TRY(auto book, workbook_part_of(parts));
  return Workbook(std::make_unique<Contents>(std::move(parts), std::move(book), limits));
}
Workbook::Workbook(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
Workbook::~Workbook() = default;
Workbook::Workbook(Workbook&&) noexcept = default;
Workbook& Workbook::operator=(Workbook&&) noexcept = default;
const std::vector<SheetInfo>& Workbook::sheets() const { return contents_->book.sheets; }
DateSystem Workbook::date_system() const { return contents_->book.dates; }

base::Result<CellContent> Workbook::cell(std::string_view sheet, Cell at) {
  QUANJI_TRY(const auto* found, contents_->find(sheet));
  QUANJI_DO(contents_->prepare());
  OneCell events(*contents_, *found, at);
  QUANJI_DO(read_xml(contents_->parts, found->part, events));
  return std::move(events.found);
}
base::Status Workbook::each_row(const SheetReading& reading, const TakeRow& take) {
  QUANJI_TRY(const auto* found, contents_->find(reading.sheet));
  QUANJI_DO(contents_->prepare());
  Rows events(*contents_, *found, reading, take);
  return read_xml(contents_->parts, found->part, events);
}
base::Result<std::vector<Range>> Workbook::merged(std::string_view sheet) {
  QUANJI_TRY(const auto* found, contents_->find(sheet));
  Merges events(contents_->parts.file(), found->name);
  QUANJI_DO(read_xml(contents_->parts, found->part, events));
  return std::move(events.found);
}
base::Result<std::optional<Range>> Workbook::used(std::string_view sheet) {
  QUANJI_TRY(const auto* found, contents_->find(sheet));
  return used_range(contents_->parts, *found);
}
base::Result<std::optional<Range>> used_range(ZipParts& parts, const SheetInfo& sheet) {
  Extent events(parts.file(), sheet.name);
  QUANJI_DO(read_xml(parts, sheet.part, events));
  return events.found;
}

}  // namespace quanji::workbook
