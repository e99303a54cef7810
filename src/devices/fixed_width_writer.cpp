#include "devices/fixed_width_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "devices/fixed_width_values.h"
#include "devices/record_findings.h"

namespace quanji::devices {
namespace {

using values::Value;

constexpr std::size_t block_bytes = 1 << 20;

base::Error refused(std::string_view record, std::optional<std::size_t> row, std::string_view field, const base::Text& reason,
                    FindingKind kind = FindingKind::bad_value) {
  const auto zh_row = row ? fmt::format("第 {} 行，", *row + 1) : std::string();
  const auto en_row = row ? fmt::format("row {}, ", *row + 1) : std::string();
  return base::Error(base::Code::invalid_field,
                     base::Text(fmt::format("记录 {}，{}字段 {}：{}。", record, zh_row, field, reason.zh),
                                fmt::format("Record {}, {}field {}: {}.", record, en_row, field, reason.en)),
                     std::string(word_of(kind)));
}

std::string_view end_of(FixedEnding ending) {
  if (ending == FixedEnding::none) return "";
  return ending == FixedEnding::crlf ? "\r\n" : "\n";
}

class Writing {
 public:
  Writing(const FixedPlan& plan, const FixedContent& content, const FixedWriteOptions& options)
      : plan_(plan), content_(content), options_(options) {}

  base::Status run(const std::string& path) {
    QUANJI_DO(check_names());
    QUANJI_TRY(auto file, NewFile::begin(path, options_.existing));
    // Headers first with totals of zero, written again when the totals are known: they are of fixed length then.
    QUANJI_TRY(const auto draft, singles(FixedRole::header, 0));
    QUANJI_DO(put(file, draft));
    const auto header_end = file.size() + block_.size();
    for (const auto& part : content_.parts) QUANJI_DO(put_rows(file, part));
    body_bytes_ = file.size() + block_.size() - header_end;
    QUANJI_TRY(const auto header, singles(FixedRole::header, 0));
    if (header.size() != draft.size())
      return base::Error(base::Code::invalid_field,
                         base::Text("文件头写入总数后长度改变。", "The header's length changes with its totals."));
    for (const char c : draft) sum_ -= static_cast<std::uint8_t>(c);
    for (const char c : header) sum_ += static_cast<std::uint8_t>(c);
    QUANJI_TRY(const auto trailer, singles(FixedRole::trailer, sum_));
    QUANJI_DO(put(file, trailer));
    QUANJI_DO(file.append(block_));
    QUANJI_DO(file.overwrite(0, header));
    return std::move(file).finish();
  }

 private:
  base::Status check_names() const {
    for (const auto& part : content_.parts) {
      const auto* kind = body(part.kind);
      if (!kind)
        return base::Error(base::Code::invalid_field, base::Text(fmt::format("布局没有数据记录种类 {}。", part.kind),
                                                                 fmt::format("The layout has no body records named {}.", part.kind)));
      for (const auto& name : part.table.names())
        if (kind->find(name) == SIZE_MAX || kind->items[kind->find(name)].field.type == FixedType::filler)
          return refused(part.kind, std::nullopt, name, {"布局没有该字段", "the layout has no such field"});
    }
    for (const auto role : {FixedRole::header, FixedRole::trailer})
      for (const auto& one : role == FixedRole::header ? content_.header : content_.trailer) {
        const auto& name = one.first;
        if (std::ranges::none_of(plan_.kinds(), [&](const auto& k) { return k.record.role == role && k.find(name) != SIZE_MAX; }))
          return refused(role == FixedRole::header ? "header" : "trailer", std::nullopt, name,
                         {"布局没有该字段", "the layout has no such field"});
      }
    return {};
  }
  const FixedPlan::Kind* body(std::string_view name) const {
    for (const auto& kind : plan_.kinds())
      if (kind.record.name == name && kind.record.role == FixedRole::body) return &kind;
    return nullptr;
  }

  base::Status put(NewFile& file, std::string_view bytes) {
    for (const char c : bytes) sum_ += static_cast<std::uint8_t>(c);
    block_ += bytes;
    if (block_.size() < block_bytes) return {};
    if (options_.go_on) QUANJI_DO(options_.go_on());
    QUANJI_DO(file.append(block_));
    block_.clear();
    return {};
  }

  base::Status put_rows(NewFile& file, const FixedRows::Part& part) {
    const auto& kind = *body(part.kind);
    std::vector<const values::Column*> columns(kind.items.size());
    for (std::size_t c = 0; c < part.table.columns(); ++c) columns[kind.find(part.table.name(c))] = part.table.column(c).get();
    std::string record;
    for (std::size_t row = 0; row < part.table.rows(); ++row, ++rows_) {
      QUANJI_DO(make(kind, row, record, [&](std::size_t i) { return columns[i] ? columns[i]->value(row) : Value(); }));
      QUANJI_DO(put(file, record));
    }
    return {};
  }

  // The headers or trailers, with totals as they are now. sum: of all bytes before them.
  base::Result<std::string> singles(FixedRole role, std::uint64_t sum) {
    std::string out, record;
    const auto& given = role == FixedRole::header ? content_.header : content_.trailer;
    for (const auto& kind : plan_.kinds()) {
      if (kind.record.role != role) continue;
      const auto value_of = [&](std::size_t i) -> Value {
        const auto& name = kind.items[i].field.name;
        if (name == kind.record.count_field) return Value::of(static_cast<std::int64_t>(rows_));
        if (name == kind.record.bytes_field) return Value::of(static_cast<std::int64_t>(body_bytes_));
        if (name == kind.record.checksum_field) return Value();
        for (const auto& [key, value] : given)
          if (key == name) return value;
        return {};
      };
      QUANJI_DO(make(kind, std::nullopt, record, value_of));
      if (!kind.record.checksum_field.empty()) {
        const auto& item = kind.items[kind.find(kind.record.checksum_field)];
        auto before = sum;
        for (const char c : std::string_view(record).substr(0, item.start)) before += static_cast<std::uint8_t>(c);
        const auto digits = fmt::format("{:03}", before % 256);
        if (digits.size() > static_cast<std::size_t>(item.field.width))
          return refused(kind.record.name, std::nullopt, item.field.name, {"校验和需要 3 字节", "a checksum needs 3 bytes"});
        record.replace(item.start, digits.size(), digits);
      }
      for (const char c : record) sum += static_cast<std::uint8_t>(c);
      out += record;
    }
    return out;
  }

  template <class ValueOf>
  base::Status make(const FixedPlan::Kind& kind, std::optional<std::size_t> row, std::string& record, const ValueOf& value_of) {
    record.clear();
    const auto& layout = plan_.layout();
    for (std::size_t i = 0; i < kind.items.size(); ++i) {
      const auto& item = kind.items[i];
      const auto value = value_of(i);
      const auto made = fixed_bytes(item, value, plan_.charset(), options_.rounding);
      if (made.refusal) {
        // A text that has no bytes at all, whatever the width is.
        auto wide = item;
        wide.field.width = 0;
        const bool no_bytes = item.field.type == FixedType::text && value.is(values::Type::text) &&
                              fixed_bytes(wide, value, plan_.charset(), options_.rounding).refusal.has_value();
        return refused(kind.record.name, row, item.field.name, *made.refusal,
                       no_bytes ? FindingKind::bad_encoding : FindingKind::bad_value);
      }
      if (item.field.width == 0 && (find_at_border(plan_.charset(), made.bytes, layout.separator[0]) ||
                                    made.bytes.find('\n') != std::string::npos || made.bytes.find('\r') != std::string::npos))
        return refused(kind.record.name, row, item.field.name, {"值含有分隔字节或换行", "the value holds a separator or a line end"});
      if (kind.length > 0) record.resize(item.start, ' ');
      record += fixed_padded(item, made.bytes);
      if (!layout.separator.empty() && (i + 1 < kind.items.size() || layout.separator_at_end)) record += layout.separator;
    }
    if (kind.length > 0) record.resize(kind.length, ' ');
    const auto at = static_cast<std::size_t>(kind.record.begins_at);
    if (!kind.begins.empty()) {
      const auto there = std::string_view(record).substr(std::min(at, record.size()), kind.begins.size());
      if (there != kind.begins) {
        const bool blank = there.size() == kind.begins.size() && there.find_first_not_of(' ') == std::string_view::npos;
        if (!blank)
          return refused(kind.record.name, row, {},
                         {fmt::format("记录不以 {} 为标识", kind.record.begins),
                          fmt::format("the record does not say {} where its kind says so", kind.record.begins)});
        record.replace(at, kind.begins.size(), kind.begins);
      }
    }
    record += end_of(layout.ending);
    return {};
  }

  const FixedPlan& plan_;
  const FixedContent& content_;
  const FixedWriteOptions& options_;
  std::string block_;
  std::uint64_t rows_ = 0, body_bytes_ = 0, sum_ = 0;
};

}  // namespace

base::Status write_fixed_width(const std::string& path, const FixedPlan& plan, const FixedContent& content,
                               const FixedWriteOptions& options) {
  return Writing(plan, content, options).run(path);
}

}  // namespace quanji::devices
