#include "devices/dbf_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "devices/dbf_columns.h"

namespace quanji::devices {
namespace {

// A block's records stay in the second-level cache while its columns are read one after another.
constexpr std::size_t block_bytes = 256 * 1024;

base::Error unknown_column(const DbfSchema& schema, std::string_view wanted, std::string_view file) {
  std::string names;
  for (const auto& field : schema.fields) {
    if (field.system) continue;
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return base::Error(base::Code::not_found, base::Text(fmt::format("文件 {} 没有字段 {}；有：{}。", file, wanted, names),
                                                       fmt::format("The file {} has no field {}; it has {}.", file, wanted, names)));
}

// What is read of each record, and what becomes of it.
class Reading {
 public:
  Reading(const DbfReader& reader, base::Charset charset, const DbfReadOptions& options)
      : reader_(reader), charset_(charset), options_(options) {
    out_.findings = Findings(options.garbage, options.keep_findings);
  }

  base::Status choose(std::uint64_t rows) {
    const auto& schema = reader_.schema();
    std::vector<std::size_t> chosen;
    for (const auto& wanted : options_.columns) {
      const auto i = schema.find(wanted);
      if (i == SIZE_MAX) return unknown_column(schema, wanted, reader_.name());
      if (std::ranges::find(chosen, i) != chosen.end())
        return base::Error(base::Code::invalid_field, base::Text(fmt::format("columns 中 {} 出现了两次。", wanted),
                                                                 fmt::format("{} stands twice in columns.", wanted)));
      chosen.push_back(i);
    }
    if (options_.columns.empty())
      for (std::size_t i = 0; i < schema.fields.size(); ++i)
        if (!schema.fields[i].system) chosen.push_back(i);
    const auto bits = null_bits_of(schema);
    const auto expected = static_cast<std::size_t>(std::min<std::uint64_t>(rows, 1U << 22U));
    for (const auto i : chosen) {
      const auto& field = schema.fields[i];
      QUANJI_TRY(auto column, DbfColumn::of({&reader_.name(), &field, &out_.findings, charset_, options_.bad_text, options_.typing,
                                             bits.offset, bits.null[i], bits.varied[i]}));
      column.reserve(expected);
      columns_.push_back(std::move(column));
      names_.push_back(field.name);
    }
    if (!options_.deleted_column.empty()) {
      if (std::ranges::find(names_, options_.deleted_column) != names_.end())
        return base::Error(base::Code::invalid_field,
                           base::Text(fmt::format("文件有字段 {}，删除标志列请另取名称。", options_.deleted_column),
                                      fmt::format("The file has a field {}: give the column of the deletion flag another name.",
                                                  options_.deleted_column)));
      flags_.emplace(values::ColumnType::boolean);
      flags_->reserve(expected);
      names_.push_back(options_.deleted_column);
    }
    return {};
  }

  base::Status add(std::uint64_t first, std::string_view records) {
    const auto& schema = reader_.schema();
    const auto length = schema.record_length;
    taken_.clear();
    numbers_.clear();
    for (std::size_t at = 0; at < records.size(); at += length, ++first) {
      const char flag = records[at];
      const bool deleted = flag == '*';
      if (!deleted && flag != ' ') {
        const auto offset = schema.header_length + first * length;
        QUANJI_DO(out_.findings.add(
            {first + 1,
             {},
             offset,
             std::string(1, flag),
             {"删除标志既不是空格也不是 *，记录可能错位", "the deletion flag is neither blank nor *: records may be out of step"}},
            reader_.name()));
      }
      ++out_.records;
      out_.deleted += deleted ? 1U : 0U;
      if (deleted ? options_.deleted == DeletedRows::skipped : options_.deleted == DeletedRows::only) continue;
      taken_.push_back(records.data() + at);
      numbers_.push_back(first);
      if (flags_) flags_->add(deleted);
    }
    const DbfBlock block{taken_, numbers_, schema.header_length, length};
    for (auto& column : columns_) QUANJI_DO(column.add(block));
    return {};
  }

  base::Result<DbfRows> finish() && {
    std::vector<values::ColumnPtr> made;
    made.reserve(names_.size());
    for (auto& column : columns_) made.push_back(std::move(column).finish());
    if (flags_) made.push_back(std::move(*flags_).finish());
    QUANJI_TRY(out_.table, values::Table::make(std::move(names_), std::move(made)));
    return std::move(out_);
  }

 private:
  const DbfReader& reader_;
  base::Charset charset_;
  const DbfReadOptions& options_;
  std::vector<std::string> names_;
  std::vector<DbfColumn> columns_;
  std::optional<values::ColumnBuilder> flags_;
  std::vector<const char*> taken_;
  std::vector<std::uint64_t> numbers_;
  DbfRows out_;
};

}  // namespace

base::Result<DbfReader> DbfReader::open(const std::string& path, base::Charset charset) {
  QUANJI_TRY(auto file, RecordFile::open(path));
  return open(std::move(file), charset);
}
base::Result<DbfReader> DbfReader::open(RecordFile file, base::Charset charset) {
  QUANJI_TRY(const auto state, file.state());  // before the header: what changes in between is noticed after reading
  QUANJI_TRY(auto schema, read_dbf_schema(file, charset));
  return DbfReader(std::move(file), std::move(schema), charset, state);
}

base::Result<DbfRows> DbfReader::read(const DbfReadOptions& options) const {
  const auto first = std::min(options.skip, schema_.records);
  const auto count = std::min(options.most, schema_.records - first);
  Reading reading(*this, charset_, options);
  QUANJI_DO(reading.choose(count));
  QUANJI_DO(scan(first, count, [&](std::uint64_t at, std::string_view records) -> base::Status {
    if (options.go_on) QUANJI_DO(options.go_on());
    return reading.add(at, records);
  }));
  return std::move(reading).finish();
}

base::Status DbfReader::scan(const Visit& visit) const { return scan(0, schema_.records, visit); }

base::Status DbfReader::scan(std::uint64_t first, std::uint64_t count, const Visit& visit) const {
  const std::uint64_t length = schema_.record_length;
  const auto at_once = std::max<std::uint64_t>(1, block_bytes / length);
  std::vector<char> room(static_cast<std::size_t>(std::min(at_once, std::max<std::uint64_t>(count, 1)) * length));
  for (const auto end = first + count; first < end;) {
    const auto records = std::min(at_once, end - first);
    const auto bytes = std::span(room).first(static_cast<std::size_t>(records * length));
    QUANJI_TRY(const auto got, file_.read(schema_.header_length + first * length, bytes));
    if (got < bytes.size()) return changed();  // it became shorter
    QUANJI_DO(visit(first, {bytes.data(), bytes.size()}));
    first += records;
  }
  return unchanged();
}

base::Status DbfReader::unchanged() const {
  QUANJI_TRY(const auto now, file_.state());
  if (now == opened_) return {};
  return changed();
}

base::Error DbfReader::changed() const {
  return base::Error(base::Code::changed_meanwhile,
                     base::Text(fmt::format("文件 {} 在读取时被改写；请用稳定副本方式读取。", name()),
                                fmt::format("The file {} was written while it was read: read it through a stable copy.", name())));
}

base::Result<DbfReader> open_stable_dbf(const std::string& path, base::Charset charset, const StableCopyOptions& options,
                                        base::Clock& clock, const Wait& wait) {
  QUANJI_TRY(auto copy, stable_copy(path, options, clock, wait, [&](const RecordFile& file) -> base::Status {
               QUANJI_DO(read_dbf_schema(file, charset));
               return {};
             }));
  return DbfReader::open(std::move(copy), charset);
}

}  // namespace quanji::devices
