// Workbooks of strangers: a whole file, or the inside of one part, read in every way; a sheet that can be read can be edited, and is read
// again with what was set.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"
#include "workbook/cell.h"
#include "workbook/formula_text.h"
#include "workbook/number_forms.h"
#include "workbook/shown_text.h"
#include "workbook/xlsx_edit.h"
#include "workbook/xlsx_edit_sheet.h"
#include "workbook/xlsx_look.h"
#include "workbook/xlsx_package.h"
#include "workbook/xlsx_package_edit.h"
#include "workbook/xlsx_read.h"
#include "workbook/xlsx_sheet.h"
#include "workbook/xlsx_structure.h"
#include "workbook/xml_events.h"
#include "workbook/xml_splice.h"
#include "workbook/zip_parts.h"
#include "workbook/zip_testing.h"

namespace {

using namespace quanji;
using namespace quanji::workbook;

ReadLimits limits() {
  ReadLimits limits;
  limits.zip.part_bytes = 4U << 20U;
  limits.zip.total_bytes = 32U << 20U;
  limits.cells = 100'000;
  limits.text_bytes = 1U << 20U;
  return limits;
}

void check_error(const base::Error& error) {
  must(base::is_utf8(error.message().zh) && base::is_utf8(error.message().en) && !error.message().en.empty());
}

void unpack_all(std::string_view bytes) {
  auto parts = ZipParts::of_bytes(bytes, "f", limits().zip);
  if (!parts.ok()) return;
  for (const auto& part : parts->parts()) {
    std::uint64_t got = 0;
    const auto status = parts->read(part.name, [&](std::string_view piece) {
      got += piece.size();
      return true;
    });
    must(!status.ok() || got == part.unpacked);
  }
}

// True when the sheet could be read.
bool read_all(std::string_view bytes, std::uint8_t how) {
  auto book = Workbook::of_bytes(bytes, "f", limits());
  if (!book.ok()) {
    check_error(book.error());
    return false;
  }
  SheetReading reading;
  reading.header = (how & 1U) != 0 ? SheetHeader::first_row : SheetHeader::none;
  reading.fill_merged = (how & 2U) != 0;
  reading.skip_hidden_rows = (how & 4U) != 0;
  reading.digits = (how & 8U) != 0 ? Digits::fifteen : Digits::shortest;
  reading.all_text = (how & 16U) != 0;
  reading.errors = static_cast<ErrorCells>((how >> 5U) % 3);
  auto table = book->table(reading);
  if (!table.ok()) check_error(table.error());
  if (table.ok())
    for (std::size_t c = 0; c < table->table->columns(); ++c) must(table->table->column(c)->size() == table->table->rows());
  (void)book->cell("", {3, 2});
  (void)book->merged("");
  const auto used = book->used("");
  std::uint32_t last = 0;
  (void)book->each_row(reading, [&](std::uint32_t row, std::span<const RowCell> cells) -> base::Result<bool> {
    must(row > last && !cells.empty());
    last = row;
    return true;
  });
  return table.ok() && used.ok();
}

void edit(std::vector<ZipEntry>& entries) {
  auto& document = entries.back().bytes;
  if (!base::is_utf8(document) || document.find('\0') != std::string::npos) return;
  const auto facts = facts_of_sheet(document);
  if (!facts.shared.empty() || !facts.blocks.empty()) return;
  CellEdits edits;
  edits[{2, 2}] = {{StoredAs::number, "5"}, false};
  edits[{2, 4}] = {{StoredAs::text, "<x>"}, false};
  edits[{7, 1}] = {{StoredAs::boolean, "1"}, true};
  const auto edited =
      edited_sheet(document, edits, [](std::uint32_t form, const StoredForm&) -> base::Result<std::uint32_t> { return form; });
  if (!edited.ok()) return;
  document = *edited;
  const auto bytes = zip_of(entries);
  auto book = Workbook::of_bytes(bytes, "f", limits());
  must(book.ok());
  const auto cell = book->cell("", {2, 4});
  must(cell.ok() && cell->value == values::Value::of(std::string("<x>")));
  must(book->used("").ok());
}

// The same workbook with its sheets, looks and drawings changed, from file to file: what was written can be read.
void change(const std::vector<ZipEntry>& entries, std::uint8_t how) {
  static const std::string folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "fuzz-xlsx-XXXXXX").string();
    must(::mkdtemp(name.data()) != nullptr);
    return name;
  }();
  const auto from = folder + "/a.xlsx", to = folder + "/b.xlsx";
  std::ofstream(from, std::ios::binary) << zip_of(entries);
  LookChange look;
  look.bold = true;
  look.number_format = "0.00";
  look.border = BorderLine::thin;
  look.width = 12;
  look.height = 20;
  look.merge = true;
  const Range block{{2, 2}, {4, 5}};
  base::Status done;
  switch (how % 6) {
    case 0:
      done = rename_sheet(from, to, "S", "It's <T>");
      break;
    case 1:
      done = change_look(from, to, "S", block, look);
      break;
    case 2:
      done = add_chart(from, to, "S", {"c", {1, 1}, ChartForm::line, block, "t"});
      break;
    case 3:
      done = add_picture(from, to, "S", {"p", {1, 1}, "bytes", "png", 1, 1});
      break;
    case 4:
      done = copy_sheet(from, to, "S", "T");
      break;
    default:
      done = add_sheet(from, to, "T", "S");
      break;
  }
  if (!done.ok()) return check_error(done.error());
  auto book = Workbook::open(to, limits());
  must(book.ok() && !book->sheets().empty());
  (void)look_of_cell(to, book->sheets().front().name, {2, 2});
  (void)delete_sheet(to, from, "T");
  (void)clear_look(to, from, "S", block);
}

void check_words(std::string_view text) {
  (void)formula_names_sheet(text, "S");
  must(formula_with_sheet(text, "no such sheet at all", "T") == text);
  if (formula_names_sheet(text, "S")) must(!formula_names_sheet(formula_with_sheet(text, "S", "T_T"), "S"));
  must(shifted_formula(text, 0, 0).size() <= text.size() * 2 + 8);
  (void)plain_xml(text);
  must(plain_xml(escaped_xml(text)) == text);
  if (base::is_utf8(text)) {
    for (const auto& value :
         {values::Value::of(std::int64_t{-1234}), values::Value::of(base::Date{20'000}), values::Value::of(std::string("x"))})
      if (const auto shown = shown_text(value, text)) must(base::is_utf8(*shown));
  }
  if (base::is_utf8(text)) {
    LookEditing looks{std::string(text)};
    if (looks.begin().ok()) {
      LookChange change;
      change.bold = change.wrap = true;
      change.number_format = "0.0";
      (void)looks.look_of(looks.derived(1, change));
      (void)looks.document();
    }
  }
  if (const auto cell = parse_cell(text); cell.ok()) must(parse_cell(to_text(*cell)).value() == *cell);
  if (const auto range = parse_range(text); range.ok())
    must(range->first.row <= range->last.row && range->first.column <= range->last.column);
  (void)parse_format_code(text);
  (void)parse_zero_padding(text);
  for (const auto digits : {Digits::shortest, Digits::fifteen}) (void)parse_stored_number(text, digits);
  TagReader reader(text);
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    must(tag.from < tag.to && tag.to <= text.size());
    const auto changed = with_attribute(text.substr(tag.from, tag.to - tag.from), "r", "A1");
    (void)unescaped(attribute_of(changed, "r").value_or(""));
  }
  std::string decoded(text);
  if (base::is_utf8(text)) {
    decode_text(decoded);
    must(base::is_utf8(decoded));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto text = base::text_of({data + 2, size - 2});
  check_words(text);
  if (text.starts_with("PK")) {
    unpack_all(text);
    read_all(text, data[0]);
    return 0;
  }
  auto entries = workbook_entries("", {"yyyy-mm-dd", "000000"});
  entries.push_back(
      {"xl/sharedStrings.xml", R"(<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>x</t></si></sst>)"});
  for (auto& entry : entries) entry.pack = false;
  std::swap(entries.back(), entries[5]);  // the sheet is the last
  // One of the parts is the stranger's.
  constexpr std::size_t parts[] = {6, 6, 6, 2, 3, 4, 5, 1};
  entries[parts[data[1] & 7U]].bytes = text;
  if (!read_all(zip_of(entries), data[0])) return 0;
  if ((data[1] & 8U) != 0) change(entries, data[1] >> 4U);
  if (parts[data[1] & 7U] == 6) edit(entries);
  return 0;
}
