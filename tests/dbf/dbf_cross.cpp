// dbf_cross shapelib: our DBF files against shapelib's. dbf_cross read FILE | write FILE SEED: the file's schema and rows as JSON lines,
// for the comparison with npm's dbffile. dbf_cross files: the market files there are.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cross.h"
#include "devices/dbf_reader.h"
#include "devices/dbf_writer.h"

using namespace quanji;

namespace {

void print(const devices::DbfSchema& schema, const values::Table& table) {
  std::string out = "{\"fields\":[";
  for (const auto& field : schema.fields) {
    if (&field != schema.fields.data()) out += ',';
    out += "[" + values::Value::of(field.name).json() + ",\"" + field.type + "\"," + std::to_string(field.width) + "," +
           std::to_string(field.places) + "]";
  }
  out += "]}\n";
  const auto flags = table.find("_deleted").value();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    out += table.at(row, flags).boolean() ? "[true" : "[false";
    for (std::size_t c = 0; c < flags; ++c) {
      const auto value = table.at(row, c);
      out += ',' + (value.is(values::Type::nothing) || value.is(values::Type::boolean) ? value.json()
                                                                                       : values::Value::of(value.display()).json());
    }
    out += "]\n";
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
}

}  // namespace

void fail(const std::string& what) {
  std::fprintf(stderr, "dbf_cross: %s\n", what.c_str());
  std::exit(1);
}

std::vector<std::string> market_files() {
  namespace fs = std::filesystem;
  const char* named = std::getenv("QUANJI_SHARED_DATA");
  const auto folder = named ? fs::path(named) : fs::path(__FILE__).parent_path() / "../../../shared/data";
  std::vector<std::string> found;
  if (!fs::exists(folder / "market")) return found;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "market")) {
    const auto name = entry.path().extension().string();
    if (entry.is_regular_file() && (name == ".dbf" || name == ".DBF")) found.push_back(entry.path().string());
  }
  return found;
}

Made make_table(std::uint64_t seed) {
  base::SeededRandom chance(seed);
  std::vector<devices::DbfField> fields;
  const auto count = 1 + chance.below(10);
  for (std::uint64_t i = 0; i < count; ++i) {
    devices::DbfField field{"F" + std::to_string(i), "CCNNDL"[chance.below(6)], 8};
    if (field.type == 'C') field.width = static_cast<std::uint32_t>(1 + chance.below(100));
    if (field.type == 'N') {
      field.width = static_cast<std::uint32_t>(2 + chance.below(17));  // no more than a double or dbffile takes
      field.places = field.width < 4 ? 0 : static_cast<std::int32_t>(chance.below(std::min(field.width - 2, 8U)));
    }
    if (field.type == 'L') field.width = 1;
    fields.push_back(field);
  }
  Made made{devices::make_dbf_schema(fields, base::Charset::gb18030).value(), {}};
  const auto rows = chance.below(80);
  std::vector<std::string> names;
  std::vector<values::ColumnPtr> columns;
  const auto finish = [&](std::string name, values::ColumnBuilder builder) {
    names.push_back(std::move(name));
    columns.push_back(std::move(builder).finish());
  };
  for (const auto& field : fields) {
    const bool integer = field.type == 'N' && field.places == 0;
    values::ColumnBuilder column(field.type == 'C'   ? values::ColumnType::text
                                 : integer           ? values::ColumnType::integer
                                 : field.type == 'N' ? values::ColumnType::decimal
                                 : field.type == 'D' ? values::ColumnType::date
                                                     : values::ColumnType::boolean,
                                 field.places);
    for (std::uint64_t row = 0; row < rows; ++row) {
      if (field.type != 'C' && chance.below(5) == 0) {
        column.add_nothing();
        continue;
      }
      if (field.type == 'C') {
        static constexpr const char* pieces[] = {"浦", "發", "東", "a", "Z9", "|", "，"};
        std::string text;
        std::size_t bytes = 0;
        const auto wanted = chance.below(field.width + 1);
        while (bytes < wanted) {
          const std::string piece = pieces[chance.below(7)];
          const auto size = piece.size() == 3 ? 2 : piece.size();
          if (bytes + size > wanted) break;
          text += piece;
          bytes += size;
        }
        column.add_text(text);
      } else if (field.type == 'N') {
        std::int64_t units = 0;
        const auto digits = std::min(15U, field.width - 1 - (field.places > 0 ? 1U : 0U));
        for (auto d = chance.below(digits + 1); d > 0; --d) units = units * 10 + static_cast<std::int64_t>(chance.below(10));
        if (chance.below(3) == 0) units = -units;
        if (integer)
          column.add_integer(units);
        else
          column.add_units(units);
      } else if (field.type == 'D') {
        column.add(base::Date{static_cast<std::int32_t>(chance.below(30'000))});
      } else {
        column.add(chance.below(2) == 0);
      }
    }
    finish(field.name, std::move(column));
  }
  values::ColumnBuilder deleted(values::ColumnType::boolean);
  for (std::uint64_t row = 0; row < rows; ++row) deleted.add(chance.below(10) == 0);
  finish("_deleted", std::move(deleted));
  made.table = values::Table::make(std::move(names), std::move(columns)).value();
  return made;
}

int main(int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word == "shapelib") return compare_with_shapelib();
  if (word == "files") {
    for (const auto& file : market_files()) std::printf("%s\n", file.c_str());
    return 0;
  }
  if (word == "read" && argc == 3) {
    const auto reader = devices::DbfReader::open(std::string(argv[2]));
    if (!reader) fail(reader.error().message().en);
    const auto rows = reader->read({});
    if (!rows) fail(rows.error().message().en);
    print(reader->schema(), rows->table);
    return 0;
  }
  if (word == "write" && argc == 4) {
    const auto made = make_table(std::strtoull(argv[3], nullptr, 10));
    const auto written = devices::write_dbf(argv[2], made.schema, made.table, base::Date{20'412}, {});
    if (!written.ok()) fail(written.error().message().en);
    print(made.schema, made.table);
    return 0;
  }
  fail("usage: dbf_cross shapelib | files | read FILE | write FILE SEED");
}
