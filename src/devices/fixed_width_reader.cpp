#include "devices/fixed_width_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "devices/fixed_width_values.h"
#include "devices/record_lines.h"
#include "devices/record_window.h"

namespace quanji::devices {
namespace {

using values::ColumnBuilder;

constexpr char old_end_mark = 0x1A;

class Reading {
 public:
  Reading(const RecordFile& file, const FixedPlan& plan, const FixedReadOptions& options)
      : file_(file), plan_(plan), options_(options), window_(file, plan.longest() + 2, options.go_on) {
    out_.findings = Findings(options.garbage, options.keep_findings);
  }

  base::Result<FixedRows> run() {
    QUANJI_TRY(const auto before, file_.state());
    QUANJI_DO(choose());
    if (options_.skip_lines > 0 || options_.skip_end_lines > 0) {
      QUANJI_TRY(const auto body, lines_between(file_, before.size, options_.skip_lines, options_.skip_end_lines, options_.go_on));
      window_.narrow(body.begin, body.end);
      record_ = options_.skip_lines;
    }
    for (;;) {
      QUANJI_DO(window_.fill());
      if (window_.rest().empty() || (window_.all_here() && window_.rest() == std::string_view(&old_end_mark, 1))) break;
      QUANJI_DO(next());
    }
    if (!seen_.empty() && stage_ != FixedRole::trailer) body_end_ = window_.offset();
    QUANJI_DO(check_missing());
    QUANJI_DO(check_totals());
    QUANJI_TRY(const auto after, file_.state());
    if (after != before)
      return base::Error(
          base::Code::changed_meanwhile,
          base::Text(fmt::format("文件 {} 在读取时被改写；请用稳定副本方式读取。", file_.name()),
                     fmt::format("The file {} was written while it was read: read it through a stable copy.", file_.name())));
    return finish();
  }

 private:
  struct Part {
    std::size_t kind = 0;
    std::vector<std::size_t> items;
    std::vector<ColumnBuilder> columns;
  };
  struct Total {
    const std::string* name;
    std::uint64_t record, offset;
    std::string bytes;
    std::int64_t said;
    enum class Of : std::uint8_t { count, bytes, checksum } of;
    std::uint64_t sum = 0;
  };

  base::Error refuse(std::uint64_t offset, std::string field, std::string_view bytes, base::Text reason) const {
    return to_error({record_, std::move(field), offset, std::string(bytes.substr(0, 64)), std::move(reason), FindingKind::unreadable},
                    file_.name());
  }

  base::Status choose() {
    const auto& kinds = plan_.kinds();
    for (const auto& wanted : options_.kinds)
      if (std::ranges::none_of(kinds, [&](const auto& k) { return k.record.name == wanted && k.record.role == FixedRole::body; }))
        return base::Error(base::Code::not_found, base::Text(fmt::format("布局没有数据记录种类 {}。", wanted),
                                                             fmt::format("The layout has no body records named {}.", wanted)));
    part_of_.assign(kinds.size(), SIZE_MAX);
    std::vector<bool> met(options_.columns.size());
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      if (kinds[k].record.role != FixedRole::body) continue;
      if (!options_.kinds.empty() && std::ranges::find(options_.kinds, kinds[k].record.name) == options_.kinds.end()) continue;
      Part part{k, {}, {}};
      if (options_.columns.empty()) {
        for (std::size_t i = 0; i < kinds[k].items.size(); ++i)
          if (kinds[k].items[i].field.type != FixedType::filler) part.items.push_back(i);
      }
      for (std::size_t c = 0; c < options_.columns.size(); ++c) {
        const auto i = kinds[k].find(options_.columns[c]);
        if (i == SIZE_MAX) continue;
        met[c] = true;
        part.items.push_back(i);
      }
      for (const auto i : part.items) part.columns.push_back(fixed_column(kinds[k].items[i].field));
      part_of_[k] = parts_.size();
      parts_.push_back(std::move(part));
    }
    for (std::size_t c = 0; c < met.size(); ++c)
      if (!met[c])
        return base::Error(base::Code::not_found, base::Text(fmt::format("布局没有字段 {}。", options_.columns[c]),
                                                             fmt::format("The layout has no field {}.", options_.columns[c])));
    return {};
  }

  // The kind of the record that stands here.
  std::size_t kind_here() const {
    const auto rest = window_.rest();
    const auto& kinds = plan_.kinds();
    std::size_t otherwise = SIZE_MAX, longest = 0, best = SIZE_MAX;
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      const auto& kind = kinds[k];
      if (kind.begins.empty()) {
        if (kind.record.role == FixedRole::header && record_ == 1) return k;
        if (kind.record.role == FixedRole::trailer && window_.all_here() && is_last(kind.length)) return k;
        if (kind.record.role == FixedRole::body) otherwise = k;
        continue;
      }
      const auto at = static_cast<std::size_t>(kind.record.begins_at);
      if (rest.size() >= at + kind.begins.size() && rest.substr(at, kind.begins.size()) == kind.begins && kind.begins.size() > longest) {
        best = k;
        longest = kind.begins.size();
      }
    }
    return best != SIZE_MAX ? best : otherwise;
  }
  bool is_last(std::size_t length) const {
    auto rest = window_.rest();
    if (rest.size() < length) return false;
    rest.remove_prefix(length);
    if (rest.starts_with('\r')) rest.remove_prefix(1);
    if (rest.starts_with('\n')) rest.remove_prefix(1);
    return rest.empty() || rest == std::string_view(&old_end_mark, 1);
  }

  base::Status next() {
    ++record_;
    const auto k = kind_here();
    if (k == SIZE_MAX)
      return refuse(window_.offset(), {}, window_.rest().substr(0, 16),
                    {"记录不属于布局中的任何种类", "the record is of no kind of the layout"});
    const auto& kind = plan_.kinds()[k];
    const auto role = kind.record.role;
    if ((role == FixedRole::header && stage_ != FixedRole::header) || (role != FixedRole::trailer && stage_ == FixedRole::trailer))
      return refuse(window_.offset(), {}, window_.rest().substr(0, 16),
                    {fmt::format("{} 记录出现在不该出现的位置：文件头在前，文件尾在后", kind.record.name),
                     fmt::format("a record {} out of its place: headers stand first, trailers last", kind.record.name)});
    if (role != FixedRole::header && stage_ == FixedRole::header) body_begin_ = window_.offset();
    if (role == FixedRole::trailer && stage_ != FixedRole::trailer) body_end_ = window_.offset();
    stage_ = role;
    seen_.resize(plan_.kinds().size());
    seen_[k] = true;
    std::size_t with_end = 0;
    QUANJI_TRY(const auto bytes, extent(kind, with_end));
    QUANJI_DO(locate(kind, bytes));
    if (role == FixedRole::body)
      QUANJI_DO(add_row(k, bytes));
    else
      QUANJI_DO(add_single(kind, bytes));
    window_.take(with_end);
    return {};
  }

  // The record's bytes without its line end, and how many there are with it.
  base::Result<std::string_view> extent(const FixedPlan::Kind& kind, std::size_t& with_end) {
    const auto rest = window_.rest();
    const auto ending = plan_.layout().ending;
    auto length = kind.length;
    if (length == 0) {
      const auto end = find_at_border(plan_.charset(), rest, '\n');
      if (!end && !window_.all_here())
        return refuse(window_.offset(), {}, rest.substr(0, 16), {"1 MiB 之内没有行尾", "no line end within 1 MiB"});
      length = end.value_or(rest.size() - (rest.ends_with(old_end_mark) ? 1 : 0));
      if (length > 0 && rest[length - 1] == '\r' && ending != FixedEnding::lf) --length;
    }
    if (rest.size() < length) return cut(kind, rest);
    const auto behind = rest.substr(length, 2);
    const bool at_end = window_.all_here() && (rest.size() == length || rest.substr(length) == std::string_view(&old_end_mark, 1));
    with_end = length;
    if (ending != FixedEnding::none) {
      if (behind.starts_with('\n') && ending != FixedEnding::crlf)
        with_end += 1;
      else if (behind == "\r\n" && ending != FixedEnding::lf)
        with_end += 2;
      else if (!at_end)
        return cut(kind, rest);
    }
    return rest.substr(0, length);
  }
  // Why a record does not end where it should.
  base::Error cut(const FixedPlan::Kind& kind, std::string_view rest) const {
    const auto line = rest.find('\n');
    auto found = std::min(line, rest.size());
    if (line != std::string_view::npos && found > 0 && rest[found - 1] == '\r') --found;
    const auto at = window_.offset() + std::min(kind.length, rest.size());
    if (plan_.layout().ending == FixedEnding::none || line == std::string_view::npos)
      return refuse(at, {}, {},
                    {fmt::format("记录 {} 应有 {} 字节，文件在第 {} 字节结束，不完整", kind.record.name, kind.length, rest.size()),
                     fmt::format("a record {} has {} bytes, the file ends after {} of them: incomplete", kind.record.name, kind.length,
                                 rest.size())});
    if (found == kind.length)
      return refuse(at, {}, rest.substr(found, 2), {"行尾与布局不符", "the line end is not the one the layout names"});
    return refuse(at, {}, {},
                  {fmt::format("记录 {} 应有 {} 字节，这一行有 {} 字节", kind.record.name, kind.length, found),
                   fmt::format("a record {} has {} bytes, this line has {}", kind.record.name, kind.length, found)});
  }

  // Where each field of the record stands, its separators checked.
  base::Status locate(const FixedPlan::Kind& kind, std::string_view bytes) {
    places_.clear();
    const auto& layout = plan_.layout();
    const char separator = layout.separator.empty() ? '\0' : layout.separator[0];
    if (kind.length > 0) {
      for (std::size_t i = 0; i < kind.items.size(); ++i) {
        const auto& item = kind.items[i];
        const auto width = static_cast<std::size_t>(item.field.width);
        places_.push_back({item.start, width});
        const bool last = i + 1 == kind.items.size();
        if (layout.separator.empty() || (last && !layout.separator_at_end)) continue;
        if (bytes[item.start + width] == separator) continue;
        return misplaced(item.field.name, bytes, item.start + width);
      }
      return {};
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i < kind.items.size(); ++i) {
      const auto& item = kind.items[i];
      const bool separated = i + 1 < kind.items.size() || layout.separator_at_end;
      std::size_t end = bytes.size();
      if (item.field.width > 0) {
        end = at + static_cast<std::size_t>(item.field.width);
        if (end > bytes.size() || (separated && (end == bytes.size() || bytes[end] != separator)))
          return misplaced(item.field.name, bytes, std::min(end, bytes.size()));
      } else if (separated) {
        const auto found = find_at_border(plan_.charset(), bytes, separator, at);
        if (!found) return misplaced(item.field.name, bytes, bytes.size());
        end = *found;
      } else if (find_at_border(plan_.charset(), bytes, separator, at)) {
        return refuse(window_.offset() + at, item.field.name, bytes.substr(at),
                      {fmt::format("记录的字段多于布局的 {} 个", kind.items.size()),
                       fmt::format("the record has more fields than the layout's {}", kind.items.size())});
      }
      places_.push_back({at, end - at});
      at = end + (separated ? 1 : 0);
    }
    if (at != bytes.size())
      return refuse(window_.offset() + at, {}, bytes.substr(at), {"最后一个字段之后还有内容", "something stands behind the last field"});
    return {};
  }
  base::Error misplaced(const std::string& field, std::string_view bytes, std::size_t at) const {
    return refuse(window_.offset() + at, field, bytes.substr(at, 1),
                  {fmt::format("字段后应是分隔字节“{}”", plan_.layout().separator),
                   fmt::format("the separator \"{}\" should stand behind the field", plan_.layout().separator)});
  }

  base::Status add_field(ColumnBuilder& column, const FixedPlan::Item& item, std::size_t i, std::string_view bytes) {
    const auto [start, width] = places_[i];
    const auto field = bytes.substr(start, width);
    auto outcome = add_fixed_value(column, item, field, plan_.charset(), options_.bad_text);
    if (!outcome.garbage && !outcome.repaired) return {};
    const bool text = outcome.repaired || item.field.type == FixedType::text;
    RecordFinding found{record_,
                        item.field.name,
                        window_.offset() + start,
                        std::string(field),
                        {},
                        text ? FindingKind::bad_encoding : FindingKind::bad_value};
    if (outcome.repaired) {
      found.reason = std::move(*outcome.repaired);
      out_.findings.note(std::move(found));
      return {};
    }
    found.reason = std::move(*outcome.garbage);
    // Text that cannot be read is judged by bad_text, everything else by garbage.
    if (item.field.type == FixedType::text && options_.bad_text == BadText::refuse) return to_error(found, file_.name());
    QUANJI_DO(out_.findings.add(std::move(found), file_.name()));
    column.add_nothing();
    return {};
  }

  base::Status add_row(std::size_t k, std::string_view bytes) {
    ++out_.records;
    if (part_of_[k] == SIZE_MAX) return {};
    const auto number = wanted_++;
    if (number < options_.skip || number - options_.skip >= options_.most) return {};
    auto& part = parts_[part_of_[k]];
    for (std::size_t c = 0; c < part.items.size(); ++c)
      QUANJI_DO(add_field(part.columns[c], plan_.kinds()[k].items[part.items[c]], part.items[c], bytes));
    return {};
  }

  base::Status add_single(const FixedPlan::Kind& kind, std::string_view bytes) {
    auto& values = kind.record.role == FixedRole::header ? out_.header : out_.trailer;
    for (std::size_t i = 0; i < kind.items.size(); ++i) {
      const auto& item = kind.items[i];
      if (item.field.type == FixedType::filler) continue;
      auto builder = fixed_column(item.field);
      QUANJI_DO(add_field(builder, item, i, bytes));
      auto value = std::move(builder).finish()->value(0);
      const auto& name = item.field.name;
      const bool number = value.is(values::Type::integer);
      if (number && name == kind.record.count_field) remember(name, i, bytes, value.integer(), Total::Of::count);
      if (number && name == kind.record.bytes_field) remember(name, i, bytes, value.integer(), Total::Of::bytes);
      if (number && name == kind.record.checksum_field) remember(name, i, bytes, value.integer(), Total::Of::checksum);
      if (std::ranges::none_of(values, [&](const auto& pair) { return pair.first == name; })) values.emplace_back(name, std::move(value));
    }
    return {};
  }
  void remember(const std::string& name, std::size_t i, std::string_view bytes, std::int64_t said, Total::Of of) {
    const auto [start, width] = places_[i];
    Total total{&name, record_, window_.offset() + start, std::string(bytes.substr(start, width)), said, of};
    total.sum = window_.sum();
    for (const char c : bytes.substr(0, start)) total.sum += static_cast<std::uint8_t>(c);
    totals_.push_back(std::move(total));
  }

  base::Status check_missing() const {
    for (std::size_t k = 0; k < plan_.kinds().size(); ++k) {
      const auto& record = plan_.kinds()[k].record;
      if (record.role == FixedRole::body || (k < seen_.size() && seen_[k])) continue;
      return to_error(
          {0,
           {},
           window_.offset(),
           {},
           {fmt::format("缺少 {} 记录{}，文件不完整", record.name, record.role == FixedRole::header ? "（文件头）" : "（文件尾）"),
            fmt::format("the {} {} is missing: incomplete", record.role == FixedRole::header ? "header" : "trailer", record.name)}},
          file_.name());
    }
    return {};
  }
  base::Status check_totals() const {
    for (const auto& total : totals_) {
      const auto found = total.of == Total::Of::count   ? out_.records
                         : total.of == Total::Of::bytes ? body_end_ - body_begin_
                                                        : total.sum % 256;
      if (total.said >= 0 && static_cast<std::uint64_t>(total.said) == found) continue;
      const bool sum = total.of == Total::Of::checksum;
      const char* what_zh = total.of == Total::Of::count ? "条数据记录" : sum ? "（校验和）" : "字节数据";
      const char* what_en = total.of == Total::Of::count ? "body records" : sum ? "as the checksum" : "bytes of body";
      return to_error({total.record,
                       *total.name,
                       total.offset,
                       total.bytes,
                       {fmt::format("文件写的是 {}{}，实际是 {}，文件不完整或被改动", total.said, what_zh, found),
                        fmt::format("the file says {} {}, there are {}: incomplete or changed", total.said, what_en, found)}},
                      file_.name());
    }
    return {};
  }

  base::Result<FixedRows> finish() {
    for (auto& part : parts_) {
      const auto& kind = plan_.kinds()[part.kind];
      std::vector<std::string> names;
      std::vector<values::ColumnPtr> columns;
      for (std::size_t c = 0; c < part.items.size(); ++c) {
        names.push_back(kind.items[part.items[c]].field.name);
        columns.push_back(std::move(part.columns[c]).finish());
      }
      QUANJI_TRY(auto table, values::Table::make(std::move(names), std::move(columns)));
      out_.parts.push_back({kind.record.name, std::move(table)});
    }
    return std::move(out_);
  }

  const RecordFile& file_;
  const FixedPlan& plan_;
  const FixedReadOptions& options_;
  RecordWindow window_;
  FixedRole stage_ = FixedRole::header;
  std::uint64_t record_ = 0, wanted_ = 0, body_begin_ = 0, body_end_ = 0;
  std::vector<std::size_t> part_of_;
  std::vector<Part> parts_;
  std::vector<bool> seen_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
  std::vector<Total> totals_;
  FixedRows out_;
};

}  // namespace

base::Result<FixedRows> read_fixed_width(const RecordFile& file, const FixedPlan& plan, const FixedReadOptions& options) {
  return Reading(file, plan, options).run();
}

}  // namespace quanji::devices
