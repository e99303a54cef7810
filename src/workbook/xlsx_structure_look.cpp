// Looks of cells, widths of columns, heights of rows, merged blocks.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "workbook/xlsx_contents.h"
#include "workbook/xlsx_edit_sheet.h"
#include "workbook/xlsx_look.h"
#include "workbook/xlsx_package_edit.h"
#include "workbook/xlsx_structure.h"
#include "workbook/xml_splice.h"

namespace quanji::workbook {
namespace {

constexpr std::uint64_t most_cells = 1'000'000;

std::string_view text_of(std::string_view document, const Tag& tag) { return document.substr(tag.from, tag.to - tag.from); }
std::uint32_t number_in(std::string_view tag, std::string_view attribute, std::uint32_t otherwise) {
  const auto said = attribute_of(tag, attribute);
  std::uint32_t number = otherwise;
  if (said) std::from_chars(said->data(), said->data() + said->size(), number);
  return number;
}
std::string number_text(double number) { return fmt::format("{:.6g}", number); }

// Every cell that stands in the sheet, whether it holds something or not.
template <class Take>
void each_stored_cell(std::string_view document, Take take) {
  TagReader reader(document);
  std::uint32_t row = 0, column = 0;
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.kind == TagKind::close) continue;
    const auto text = text_of(document, tag);
    if (tag.local == "row") {
      row = number_in(text, "r", row + 1);
      column = 0;
    } else if (tag.local == "c") {
      const auto at = parse_cell(attribute_of(text, "r").value_or(""));
      column = at.ok() ? at->column : column + 1;
      take(Cell{row, column}, number_in(text, "s", 0));
    }
  }
}

// ---- columns ----
struct ColumnTag {
  std::uint32_t first = 0, last = 0;
  std::string tag;
};
std::string with_columns(std::string_view document, std::uint32_t first, std::uint32_t last, const LookChange& change) {
  const auto prefix = root_prefix(document);
  TagReader reader(document);
  reader.next();
  std::size_t from = 0, to = 0;
  std::vector<ColumnTag> columns;
  for (auto tag = reader.next(); tag.kind != TagKind::end && tag.local != "sheetData"; tag = reader.next()) {
    if (tag.kind == TagKind::close) continue;
    if (tag.local == "cols") {
      auto inner = reader;
      from = tag.from;
      to = inner.skip(tag);
    } else if (tag.local == "col") {
      const auto text = text_of(document, tag);
      columns.push_back({number_in(text, "min", 1), number_in(text, "max", 1), std::string(text)});
    } else if (tag.kind == TagKind::open) {
      reader.skip(tag);
    }
  }
  const auto changed = [&](std::string tag) {
    if (change.width) tag = with_attribute(with_attribute(tag, "width", number_text(*change.width)), "customWidth", "1");
    if (change.hidden) tag = with_attribute(tag, "hidden", *change.hidden ? std::optional<std::string_view>("1") : std::nullopt);
    return tag;
  };
  std::vector<ColumnTag> made;
  std::uint32_t next = first;  // of the range, the first column not yet told
  const auto fill = [&](std::uint32_t until) {
    if (next > until) return;
    made.push_back({next, until, changed(fmt::format("<{}col min=\"1\" max=\"1\" width=\"9.140625\"/>", prefix))});
    next = until + 1;
  };
  std::ranges::sort(columns, {}, &ColumnTag::first);
  for (const auto& one : columns) {
    if (one.first > first) fill(std::min(one.first - 1, last));
    if (one.first < first) made.push_back({one.first, std::min(one.last, first - 1), one.tag});
    if (one.last >= first && one.first <= last) {
      made.push_back({std::max(one.first, first), std::min(one.last, last), changed(one.tag)});
      next = std::max(next, std::min(one.last, last) + 1);
    }
    if (one.last > last) made.push_back({std::max(one.first, last + 1), one.last, one.tag});
  }
  fill(last);
  std::ranges::sort(made, {}, &ColumnTag::first);
  auto element = fmt::format("<{}cols>", prefix);
  for (const auto& one : made)
    element += with_attribute(with_attribute(one.tag, "min", std::to_string(one.first)), "max", std::to_string(one.last));
  element += fmt::format("</{}cols>", prefix);
  if (to > 0) return std::string(document.substr(0, from)) + element + std::string(document.substr(to));
  auto put = with_child(document, "cols", element);
  return put.ok() ? std::move(*put) : std::string(document);
}

// ---- rows ----
std::string with_rows(std::string_view document, std::uint32_t first, std::uint32_t last, const LookChange& change) {
  const auto prefix = root_prefix(document);
  const auto changed = [&](std::string tag) {
    if (change.height) tag = with_attribute(with_attribute(tag, "ht", number_text(*change.height)), "customHeight", "1");
    if (change.hidden) tag = with_attribute(tag, "hidden", *change.hidden ? std::optional<std::string_view>("1") : std::nullopt);
    return tag;
  };
  std::string out;
  std::size_t copied = 0;
  std::uint32_t next = first, row = 0;
  const auto copy = [&](std::size_t to) {
    out += document.substr(copied, to - copied);
    copied = to;
  };
  const auto fill = [&](std::uint32_t before) {
    for (; next < before && next <= last; ++next) out += changed(fmt::format("<{}row r=\"{}\"/>", prefix, next));
  };
  TagReader reader(document);
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    const auto text = text_of(document, tag);
    if (tag.local == "row" && tag.kind != TagKind::close) {
      row = number_in(text, "r", row + 1);
      copy(tag.from);
      fill(row);
      if (row >= first && row <= last) {
        out += with_attribute(changed(std::string(text)), "r", std::to_string(row));
        copied = tag.to;
        next = row + 1;
      } else if (!attribute_of(text, "r")) {
        out += with_attribute(text, "r", std::to_string(row));
        copied = tag.to;
      }
    } else if (tag.local == "sheetData" && tag.kind == TagKind::close) {
      copy(tag.from);
      fill(last + 1);
    } else if (tag.local == "sheetData" && tag.kind == TagKind::empty) {
      copy(tag.from);
      out += fmt::format("<{}sheetData>", prefix);
      fill(last + 1);
      out += fmt::format("</{}sheetData>", prefix);
      copied = tag.to;
    }
  }
  copy(document.size());
  return out;
}

// ---- merged blocks ----
base::Result<std::string> with_merge(const PackageEditing& package, std::string_view document, const Range& range) {
  for (const auto& there : facts_of_sheet(document).merged) {
    if (there == range) return std::string(document);
    if (there.meets(range))
      return package.refuse(fmt::format("区域 {} 与已合并的 {} 相交。", to_text(range), to_text(there)),
                            fmt::format("the range {} meets the merged block {}.", to_text(range), to_text(there)));
  }
  const auto prefix = root_prefix(document);
  const auto one = fmt::format("<{}mergeCell ref=\"{}\"/>", prefix, to_text(range));
  TagReader reader(document);
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.local != "mergeCells" || tag.kind == TagKind::close) continue;
    const auto end = reader.skip(tag);
    auto open = with_attribute(text_of(document, tag), "count", std::to_string(facts_of_sheet(document).merged.size() + 1));
    if (tag.kind == TagKind::empty) open.erase(open.rfind('/'), 1);
    const auto inside = tag.kind == TagKind::empty ? std::string_view() : document.substr(tag.to, document.rfind("</", end - 1) - tag.to);
    return std::string(document.substr(0, tag.from)) + open + std::string(inside) + one + fmt::format("</{}>", tag.name) +
           std::string(document.substr(end));
  }
  return with_child(document, "mergeCells", fmt::format("<{0}mergeCells count=\"1\">{1}</{0}mergeCells>", prefix, one));
}

struct SheetPart {
  std::string part, name, document;
};
base::Result<SheetPart> sheet_part(PackageEditing& package, std::string_view sheet) {
  QUANJI_TRY(const auto place, package.find(sheet));
  const auto& info = package.book().sheets[place];
  if (!info.has_cells)
    return package.refuse(fmt::format("工作表“{}”没有单元格。", info.name), fmt::format("the sheet \"{}\" has no cells.", info.name));
  QUANJI_DO(used_range(package.parts(), info));  // its rows and cells are in order
  QUANJI_TRY(auto document, package.part(info.part));
  return SheetPart{info.part, info.name, std::move(document)};
}
base::Result<LookEditing> styles_of(PackageEditing& package) {
  if (package.book().styles.empty())
    return package.refuse("没有样式部件；用表格程序打开后另存。", "it has no styles; open and save it in a spreadsheet program.");
  QUANJI_TRY(auto document, package.part(package.book().styles));
  LookEditing styles(std::move(document));
  if (auto begun = styles.begin(); !begun.ok()) return package.refuse(begun.error().message().zh, begun.error().message().en);
  return styles;
}
// The same sheet with looks changed only.
base::Status put_looks(PackageEditing& package, SheetPart& sheet, const CellEdits& edits, const ChooseForm& choose) {
  if (edits.empty()) return {};
  auto made = edited_sheet(sheet.document, edits, choose);
  if (!made.ok())
    return package.refuse(fmt::format("工作表“{}”：{}", sheet.name, made.error().message().zh),
                          fmt::format("sheet \"{}\": {}", sheet.name, made.error().message().en));
  sheet.document = std::move(*made);
  return {};
}

}  // namespace

base::Status change_look(const std::string& from, const std::string& to, std::string_view sheet_name, const Range& range,
                         const LookChange& change) {
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_TRY(auto sheet, sheet_part(package, sheet_name));
  const bool looks = change.number_format || change.bold || change.italic || change.wrap || change.size || change.colour ||
                     change.background || change.border || change.align;
  const bool whole_columns = range.first.row == 1 && range.last.row == most_rows,
             whole_rows = range.first.column == 1 && range.last.column == most_columns;
  if (looks) {
    auto block = range;
    if (whole_columns || whole_rows) {
      Cell last{0, 0};
      each_stored_cell(sheet.document, [&](Cell at, std::uint32_t) {
        last.row = std::max(last.row, at.row);
        last.column = std::max(last.column, at.column);
      });
      if (whole_columns) block.last.row = last.row;
      if (whole_rows) block.last.column = last.column;
    }
    const auto height = block.last.row >= block.first.row ? block.last.row - block.first.row + 1 : 0;
    const auto width = block.last.column >= block.first.column ? block.last.column - block.first.column + 1 : 0;
    if (std::uint64_t{height} * width > most_cells)
      return workbook_too_large(package.parts().file(), fmt::format("区域 {} 超过 {} 格。", to_text(range), most_cells),
                                fmt::format("the range {} has more than {} cells.", to_text(range), most_cells));
    QUANJI_TRY(auto styles, styles_of(package));
    CellEdits edits;
    for (auto row = block.first.row; row <= block.last.row; ++row)
      for (auto column = block.first.column; column <= block.last.column; ++column) edits[{row, column}] = {{}, false, true};
    QUANJI_DO(put_looks(package, sheet, edits, [&](std::uint32_t form, const StoredForm&) -> base::Result<std::uint32_t> {
      return styles.derived(form, change);
    }));
    package.put(package.book().styles, styles.document());
  }
  if (change.hidden && !whole_columns && !whole_rows)
    return base::Error(base::Code::invalid_field,
                       base::Text("hidden 需要整列（C:D）或整行（3:5）。", "hidden wants whole columns (C:D) or whole rows (3:5)."));
  auto for_columns = change, for_rows = change;
  if (!whole_columns) for_columns.hidden.reset();
  if (!whole_rows || whole_columns) for_rows.hidden.reset();
  if (for_columns.width || for_columns.hidden)
    sheet.document = with_columns(sheet.document, range.first.column, range.last.column, for_columns);
  if (for_rows.height || for_rows.hidden) {
    if (range.last.row - range.first.row >= 100'000)
      return workbook_too_large(package.parts().file(), "一次最多改 100000 行的行高或隐藏。",
                                "heights and hiding are changed for 100 000 rows at most.");
    sheet.document = with_rows(sheet.document, range.first.row, range.last.row, for_rows);
  }
  if (change.merge && range.first != range.last) {
    QUANJI_TRY(sheet.document, with_merge(package, sheet.document, range));
  }
  package.put(sheet.part, std::move(sheet.document));
  return package.save(to);
}

base::Status clear_look(const std::string& from, const std::string& to, std::string_view sheet_name, const Range& range) {
  QUANJI_TRY(auto package, PackageEditing::open(from));
  QUANJI_TRY(auto sheet, sheet_part(package, sheet_name));
  CellEdits edits;
  each_stored_cell(sheet.document, [&](Cell at, std::uint32_t form) {
    if (form != 0 && range.contains(at)) edits[at] = {{}, false, true};
  });
  QUANJI_DO(put_looks(package, sheet, edits, [](std::uint32_t, const StoredForm&) -> base::Result<std::uint32_t> { return 0U; }));
  package.put(sheet.part, std::move(sheet.document));
  return package.save(to);
}

base::Result<LookChange> look_of_cell(const std::string& path, std::string_view sheet_name, Cell at) {
  QUANJI_TRY(auto package, PackageEditing::open(path));
  QUANJI_TRY(const auto sheet, sheet_part(package, sheet_name));
  std::optional<std::uint32_t> form;
  each_stored_cell(sheet.document, [&](Cell cell, std::uint32_t its) {
    if (cell == at) form = its;
  });
  LookChange look, of_column;
  TagReader reader(sheet.document);
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.kind == TagKind::close) continue;
    const auto text = text_of(sheet.document, tag);
    const auto real = [&](std::string_view attribute) -> std::optional<double> {
      const auto said = attribute_of(text, attribute);
      return said ? std::optional(std::strtod(std::string(*said).c_str(), nullptr)) : std::nullopt;
    };
    if (tag.local == "col" && at.column >= number_in(text, "min", 1) && at.column <= number_in(text, "max", 1)) {
      of_column.width = real("width");
      if (!form) form = number_in(text, "style", 0);
      of_column.hidden = attribute_of(text, "hidden").value_or("0") == "1";
    } else if (tag.local == "row" && number_in(text, "r", 0) == at.row) {
      of_column.height = real("ht");
      if (attribute_of(text, "hidden").value_or("0") == "1") of_column.hidden = true;
    }
  }
  if (package.book().styles.empty()) {
    look = of_column;
  } else {
    QUANJI_TRY(const auto styles, styles_of(package));
    look = styles.look_of(form.value_or(0));
    if (!look.number_format) {
      QUANJI_TRY(const auto forms, cell_forms(package.parts(), package.book().styles));
      if (form.value_or(0) < forms.size()) look.number_format = forms[form.value_or(0)].code;
    }
  }
  look.width = of_column.width;
  look.height = of_column.height;
  look.hidden = of_column.hidden.value_or(false);
  for (const auto& merged : facts_of_sheet(sheet.document).merged) look.merge = look.merge || merged.contains(at);
  return look;
}

}  // namespace quanji::workbook
