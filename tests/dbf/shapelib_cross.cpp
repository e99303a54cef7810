// Every cell of generated files, and of the market files where they are, as shapelib sees it and as we do.
#include <shapefil.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/encodings.h"
#include "cross.h"
#include "devices/dbf_reader.h"
#include "devices/dbf_writer.h"

using namespace quanji;

namespace {

class Shape {
 public:
  explicit Shape(DBFHandle handle, const std::string& path) : handle_(handle) {
    if (!handle_) fail("shapelib does not open " + path);
  }
  ~Shape() { DBFClose(handle_); }
  Shape(const Shape&) = delete;
  Shape& operator=(const Shape&) = delete;
  DBFHandle get() const { return handle_; }

 private:
  DBFHandle handle_;
};

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// shapelib fills a number without a value with asterisks, which we take for a number that did not fit, unless findings are only counted.
const devices::DbfReadOptions asterisks_are_null{.garbage = devices::Garbage::nothing};

// Field by field, cell by cell: the bytes of texts, the spelling and the value of numbers, what is null, what is deleted.
std::size_t compare(const std::string& path) {
  const auto reader = devices::DbfReader::open(path);
  if (!reader) fail(reader.error().message().en);
  const auto typed = reader->read(asterisks_are_null);
  const auto texts = reader->read({.typing = devices::DbfTyping::text});
  if (!typed || !texts) fail((typed ? texts : typed).error().message().en);
  const auto& schema = reader->schema();
  const Shape shape(DBFOpen(path.c_str(), "rb"), path);
  auto* const theirs = shape.get();
  if (DBFGetRecordCount(theirs) != static_cast<int>(schema.records) || DBFGetFieldCount(theirs) != static_cast<int>(schema.fields.size()))
    fail(path + ": the counts differ");
  std::size_t cells = 0;
  for (int f = 0; f < DBFGetFieldCount(theirs); ++f) {
    const auto& field = schema.fields[static_cast<std::size_t>(f)];
    char name[16];
    int width = 0, places = 0;
    DBFGetFieldInfo(theirs, f, name, &width, &places);
    if (field.name != name || static_cast<int>(field.width) != width || DBFGetNativeFieldType(theirs, f) != field.type ||
        (field.type == 'N' && field.places != places))
      fail(path + ": field " + field.name + " differs");
    const auto& column = *typed->table.column(static_cast<std::size_t>(f));
    const auto& spelled = *texts->table.column(static_cast<std::size_t>(f));
    for (int r = 0; r < DBFGetRecordCount(theirs); ++r, ++cells) {
      const auto row = static_cast<std::size_t>(r);
      const auto at = path + ": row " + std::to_string(r) + ", field " + field.name;
      const bool deleted = typed->table.at(row, schema.fields.size()).boolean();
      if ((DBFIsRecordDeleted(theirs, r) != 0) != deleted) fail(at + ": deleted differs");
      const auto bytes = base::from_utf8(base::Charset::gb18030, spelled.text(row)).value();
      const std::string their_text = DBFReadStringAttribute(theirs, r, f);
      if (trimmed(bytes) != trimmed(their_text)) fail(at + ": '" + bytes + "' is '" + their_text + "' there");
      const bool marked = !bytes.empty() && bytes.find_first_not_of("-.") == std::string::npos;
      if (field.type == 'N' && !marked) {
        if ((DBFIsAttributeNULL(theirs, r, f) != 0) != column.is_nothing(row)) fail(at + ": null differs");
        if (column.is_nothing(row)) continue;
        const double ours =
            column.type() == values::ColumnType::integer ? static_cast<double>(column.numbers()[row]) : column.decimal(row).approximate();
        if (ours != DBFReadDoubleAttribute(theirs, r, f)) fail(at + ": the numbers differ");
      }
      if (field.type == 'L' && !column.is_nothing(row) && (std::strchr("TtYy", their_text[0]) != nullptr) != (column.flags()[row] != 0))
        fail(at + ": the booleans differ");
    }
  }
  return cells;
}

// The same table written by shapelib.
void write_by_shapelib(const std::string& path, const Made& made) {
  const Shape shape(DBFCreate(path.c_str()), path);
  auto* const theirs = shape.get();
  for (const auto& field : made.schema.fields)
    if (DBFAddNativeFieldType(theirs, field.name.c_str(), field.type, static_cast<int>(field.width), field.places) < 0)
      fail("shapelib adds no field");
  for (std::size_t row = 0; row < made.table.rows(); ++row) {
    const int r = static_cast<int>(row);
    for (std::size_t c = 0; c + 1 < made.table.columns(); ++c) {
      const int f = static_cast<int>(c);
      const auto value = made.table.at(row, c);
      if (value.is(values::Type::nothing)) {
        DBFWriteNULLAttribute(theirs, r, f);
      } else if (value.is(values::Type::boolean)) {
        DBFWriteLogicalAttribute(theirs, r, f, value.boolean() ? 'T' : 'F');
      } else if (value.is(values::Type::text)) {
        DBFWriteStringAttribute(theirs, r, f, base::from_utf8(base::Charset::gb18030, value.text()).value().c_str());
      } else if (value.is(values::Type::date)) {
        auto day = value.display();
        std::erase(day, '-');
        DBFWriteAttributeDirectly(theirs, r, f, day.data());
      } else {
        DBFWriteDoubleAttribute(theirs, r, f,
                                value.is(values::Type::integer) ? static_cast<double>(value.integer()) : value.decimal().approximate());
      }
    }
    if (made.table.at(row, made.table.columns() - 1).boolean()) DBFMarkRecordDeleted(theirs, r, 1);
  }
}

}  // namespace

int compare_with_shapelib() {
  const char* given = std::getenv("QUANJI_SEED");
  base::SystemRandom random;
  const auto seed = given ? std::strtoull(given, nullptr, 10) : random.below(1'000'000'000);
  std::printf("seed=%llu\n", static_cast<unsigned long long>(seed));
  std::string name = (std::filesystem::temp_directory_path() / "quanji-cross-XXXXXX").string();
  const std::string folder = ::mkdtemp(name.data());
  std::size_t cells = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto made = make_table(seed + i);
    const auto ours = folder + "/ours.dbf", theirs = folder + "/theirs.dbf";
    const auto written = devices::write_dbf(ours, made.schema, made.table, base::Date{20'412}, {.existing = devices::Existing::replace});
    if (!written.ok()) fail("seed " + std::to_string(seed + i) + ": " + written.error().message().en);
    cells += compare(ours);
    if (made.table.rows() == 0) continue;  // shapelib writes no header before the first record
    write_by_shapelib(theirs, made);
    cells += compare(theirs);
    const auto read = devices::DbfReader::open(theirs)->read(asterisks_are_null);
    if (!read || !(read->table == made.table)) fail("seed " + std::to_string(seed + i) + ": what shapelib wrote is read differently");
  }
  std::printf("generated: agree, %zu cells\n", cells);
  std::filesystem::remove_all(folder);
  const auto files = market_files();
  for (const auto& file : files) std::printf("%s: agree, %zu cells\n", std::filesystem::path(file).filename().c_str(), compare(file));
  if (files.empty()) std::printf("data: ../shared/data is not there, no market files compared\n");
  return 0;
}
