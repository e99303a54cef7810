#include "workbook/xlsx_edit_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "workbook/xml_splice.h"

namespace quanji::workbook {
namespace {

std::uint32_t number_of(std::optional<std::string_view> text, std::uint32_t otherwise) {
  std::uint32_t number = otherwise;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

struct Columns {
  std::uint32_t first = 0, last = 0, form = 0;
};

class SheetEditing {
 public:
  SheetEditing(std::string_view document, const CellEdits& edits, const ChooseForm& choose)
      : document_(document), edits_(edits), choose_(choose), reader_(document) {}

  base::Result<std::string> run() {
    out_.reserve(document_.size() + edits_.size() * 40);
    bool done = false;
    for (auto tag = reader_.next(); tag.kind != TagKind::end; tag = reader_.next()) {
      if (root_) {
        root_ = false;
        const auto colon = tag.name.find(':');
        if (colon != std::string_view::npos) prefix_ = std::string(tag.name.substr(0, colon + 1));
        continue;
      }
      if (tag.kind == TagKind::close) continue;
      if (is(tag, "dimension")) {
        copy_until(tag.from);
        out_ += with_dimension(document_.substr(tag.from, tag.to - tag.from));
        copied_ = tag.to;
      } else if (is(tag, "col")) {
        const auto text = document_.substr(tag.from, tag.to - tag.from);
        columns_.push_back(
            {number_of(attribute_of(text, "min"), 0), number_of(attribute_of(text, "max"), 0), number_of(attribute_of(text, "style"), 0)});
      } else if (is(tag, "sheetData") && !done) {
        done = true;
        QUANJI_DO(rows(tag));
      } else if (tag.kind == TagKind::open && !is(tag, "cols")) {
        reader_.skip(tag);
      }
    }
    if (!done) return base::Error(base::Code::invalid_field, base::Text("工作表里没有 sheetData。", "the sheet has no sheetData."));
    copy_until(document_.size());
    return std::move(out_);
  }

 private:
  bool is(const Tag& tag, std::string_view local) const {
    return tag.local == local && tag.name.size() == prefix_.size() + local.size() && tag.name.starts_with(prefix_);
  }
  void copy_until(std::size_t to) {
    out_ += document_.substr(copied_, to - copied_);
    copied_ = to;
  }
  std::string_view text_of(const Tag& tag) const { return document_.substr(tag.from, tag.to - tag.from); }

  std::string with_dimension(std::string_view tag) const {
    auto ref = attribute_of(tag, "ref");
    auto range = ref ? parse_range(*ref) : base::Result<Range>(base::Error(base::Code::bug));
    if (!range.ok()) return std::string(tag);
    for (const auto& [at, edit] : edits_) {
      if (edit.stored.as == StoredAs::nothing) continue;
      range->first.row = std::min(range->first.row, at.row);
      range->first.column = std::min(range->first.column, at.column);
      range->last.row = std::max(range->last.row, at.row);
      range->last.column = std::max(range->last.column, at.column);
    }
    return with_attribute(tag, "ref", to_text(*range));
  }

  base::Status rows(const Tag& data) {
    auto edit = edits_.begin();
    std::uint32_t row = 0;
    if (data.kind == TagKind::empty) {
      copy_until(data.from);
      auto open = std::string(text_of(data));
      open.erase(open.rfind('/'), 1);
      out_ += open;
      copied_ = data.to;
      QUANJI_DO(new_rows(edit, most_rows + 1));
      out_ += fmt::format("</{}sheetData>", prefix_);
      return {};
    }
    for (auto tag = reader_.next(); tag.kind != TagKind::end; tag = reader_.next()) {
      if (tag.kind == TagKind::close) {  // of sheetData: rows were passed whole
        copy_until(tag.from);
        return new_rows(edit, most_rows + 1);
      }
      if (!is(tag, "row")) {
        reader_.skip(tag);
        continue;
      }
      const auto said = attribute_of(text_of(tag), "r");
      row = number_of(said, row + 1);
      copy_until(tag.from);
      QUANJI_DO(new_rows(edit, row));
      const bool touched = edit != edits_.end() && edit->first.row == row;
      if (!touched) {
        if (!said) {
          out_ += with_attribute(text_of(tag), "r", std::to_string(row));
          copied_ = tag.to;
        }
        remember_row(tag);
        continue;
      }
      QUANJI_DO(old_row(tag, row, edit));
    }
    return base::Error(base::Code::invalid_field, base::Text("sheetData 没有结束。", "sheetData has no end."));
  }

  // The forms of a row that is passed unchanged, for rows appended below.
  void remember_row(const Tag& open) {
    if (open.kind != TagKind::open) return;
    above_.clear();
    std::uint32_t column = 0;
    for (auto tag = reader_.next(); tag.kind != TagKind::end && tag.kind != TagKind::close; tag = reader_.next()) {
      if (is(tag, "c")) {
        column = column_of(text_of(tag), column);
        above_.emplace_back(column, number_of(attribute_of(text_of(tag), "s"), 0));
      }
      reader_.skip(tag);
    }
  }
  static std::uint32_t column_of(std::string_view tag, std::uint32_t before) {
    if (const auto place = attribute_of(tag, "r"))
      if (const auto at = parse_cell(*place); at.ok()) return at->column;
    return before + 1;
  }

  std::uint32_t form_for_new(const CellEdit& edit, std::uint32_t column, std::uint32_t row_form) const {
    if (edit.appended)
      for (const auto& [c, form] : above_)
        if (c == column) return form;
    if (row_form != 0) return row_form;
    for (const auto& one : columns_)
      if (column >= one.first && column <= one.last) return one.form;
    return 0;
  }
  base::Status new_cell(const CellEdits::const_iterator& edit, std::uint32_t form) {
    QUANJI_TRY(const auto chosen, choose_(form, edit->second.stored));
    if (edit->second.stored.as == StoredAs::nothing && chosen == 0) return {};
    append_cell(out_, prefix_, edit->first, chosen, edit->second.stored);
    return {};
  }
  base::Status new_rows(CellEdits::const_iterator& edit, std::uint32_t before) {
    while (edit != edits_.end() && edit->first.row < before) {
      const auto row = edit->first.row;
      std::vector<std::pair<std::uint32_t, std::uint32_t>> forms;
      out_ += fmt::format("<{}row r=\"{}\">", prefix_, row);
      for (; edit != edits_.end() && edit->first.row == row; ++edit) {
        const auto form = form_for_new(edit->second, edit->first.column, 0);
        forms.emplace_back(edit->first.column, form);
        QUANJI_DO(new_cell(edit, form));
      }
      out_ += fmt::format("</{}row>", prefix_);
      if (std::prev(edit)->second.appended) above_ = std::move(forms);
    }
    return {};
  }

  base::Status old_row(const Tag& open, std::uint32_t row, CellEdits::const_iterator& edit) {
    auto head = with_attribute(with_attribute(text_of(open), "spans", std::nullopt), "r", std::to_string(row));
    const auto row_form = attribute_of(head, "customFormat") ? number_of(attribute_of(head, "s"), 0) : 0;
    if (open.kind == TagKind::empty) head.erase(head.rfind('/'), 1);
    out_ += head;
    copied_ = open.to;
    const auto new_cells = [&](std::uint32_t before) -> base::Status {
      for (; edit != edits_.end() && edit->first.row == row && edit->first.column < before; ++edit)
        QUANJI_DO(new_cell(edit, form_for_new(edit->second, edit->first.column, row_form)));
      return {};
    };
    std::vector<std::pair<std::uint32_t, std::uint32_t>> forms;
    std::uint32_t column = 0;
    if (open.kind == TagKind::open) {
      for (auto tag = reader_.next();; tag = reader_.next()) {
        if (tag.kind == TagKind::end) return base::Error(base::Code::invalid_field, base::Text("行没有结束。", "a row has no end."));
        if (tag.kind == TagKind::close) {
          copy_until(tag.from);
          break;
        }
        if (!is(tag, "c")) {
          // What an extension keeps at the end of a row stays there.
          copy_until(tag.from);
          QUANJI_DO(new_cells(most_columns + 1));
          reader_.skip(tag);
          continue;
        }
        const auto text = text_of(tag);
        column = column_of(text, column);
        const auto form = number_of(attribute_of(text, "s"), 0);
        forms.emplace_back(column, form);
        copy_until(tag.from);
        QUANJI_DO(new_cells(column));
        if (edit != edits_.end() && edit->first == Cell{row, column} && edit->second.look_only) {
          QUANJI_TRY(const auto chosen, choose_(form, edit->second.stored));
          std::optional<std::string> number;
          if (chosen != 0) number = std::to_string(chosen);
          out_ += with_attribute(with_attribute(text, "s", number), "r", to_text(Cell{row, column}));
          copied_ = tag.to;
          reader_.skip(tag);
          ++edit;
        } else if (edit != edits_.end() && edit->first == Cell{row, column}) {
          QUANJI_DO(new_cell(edit, form));
          ++edit;
          copied_ = reader_.skip(tag);
        } else {
          if (!attribute_of(text, "r")) {
            out_ += with_attribute(text, "r", to_text(Cell{row, column}));
            copied_ = tag.to;
          }
          reader_.skip(tag);
        }
      }
    }
    QUANJI_DO(new_cells(most_columns + 1));
    if (open.kind == TagKind::empty) out_ += fmt::format("</{}row>", prefix_);
    above_ = std::move(forms);
    return {};
  }

  std::string_view document_;
  const CellEdits& edits_;
  const ChooseForm& choose_;
  TagReader reader_;
  std::string out_;
  std::string prefix_;
  std::size_t copied_ = 0;
  bool root_ = true;
  std::vector<Columns> columns_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> above_;  // column and form
};

}  // namespace

SheetFacts facts_of_sheet(std::string_view document) {
  SheetFacts facts;
  TagReader reader(document);
  std::uint32_t row = 0, column = 0;
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.kind == TagKind::close) continue;
    const auto text = document.substr(tag.from, tag.to - tag.from);
    if (tag.local == "row") {
      row = number_of(attribute_of(text, "r"), row + 1);
      column = 0;
    } else if (tag.local == "c") {
      const auto place = attribute_of(text, "r");
      const auto at = place ? parse_cell(*place) : base::Result<Cell>(Cell{row, column + 1});
      column = at.ok() ? at->column : column + 1;
    } else if (tag.local == "f") {
      const auto type = attribute_of(text, "t").value_or("");
      const auto ref = parse_range(attribute_of(text, "ref").value_or(""));
      const Cell here{row, column};
      if (type == "array" || type == "dataTable") {
        const Range block = ref.ok() ? *ref : Range{here, here};
        if (block.first != block.last || type == "dataTable") facts.blocks.push_back(block);
      } else if (type == "shared") {
        const std::string number(attribute_of(text, "si").value_or("0"));
        ++facts.shared_uses[number];
        if (attribute_of(text, "ref")) facts.shared.emplace_back(here, number);
      }
    } else if (tag.local == "mergeCell") {
      if (const auto ref = parse_range(attribute_of(text, "ref").value_or("")); ref.ok()) facts.merged.push_back(*ref);
    } else if (tag.local == "sheetProtection") {
      const auto on = attribute_of(text, "sheet").value_or("0");
      facts.is_protected = on == "1" || on == "true";
    }
  }
  return facts;
}

base::Result<std::string> edited_sheet(std::string_view document, const CellEdits& edits, const ChooseForm& choose) {
  return SheetEditing(document, edits, choose).run();
}

}  // namespace quanji::workbook
