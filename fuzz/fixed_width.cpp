// Fixed-width files and layouts of strangers. What is read keeps the reader's promises and, written again, reads the same.
// Input: a byte of choices, the layout as JSON up to a NUL, then the file.
// Built with src/devices/record_findings.cpp src/devices/record_numbers.cpp src/devices/record_text.cpp src/devices/record_file.cpp
// Built with src/devices/record_lines.cpp src/devices/fixed_width.cpp src/devices/fixed_width_values.cpp
// Built with src/devices/fixed_width_reader.cpp src/devices/fixed_width_writer.cpp
#include "devices/fixed_width.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "devices/fixed_width_reader.h"
#include "devices/fixed_width_values.h"
#include "devices/record_lines.h"
#include "devices/record_numbers.h"
#include "devices/record_text.h"
#include "devices/record_window.h"
#include "must.h"
#include "values/table.h"

using namespace quanji;

namespace {

void check_refusal(const base::Error& error) {
  must(!error.message().zh.empty() && base::is_utf8(error.message().zh) && base::is_utf8(error.message().en));
  for (const auto& problem : error.fields()) must(base::is_utf8(problem.field) && base::is_utf8(problem.reason.en));
}

// A field's value written into its field reads the same, if it can be written.
void check_written(const devices::FixedPlan& plan, const devices::FixedPlan::Item& item, const values::Value& value) {
  if (value.is(values::Type::nothing) || item.field.width == 0) return;
  const auto made = devices::fixed_bytes(item, value, plan.charset(), std::nullopt);
  if (made.refusal) {
    must(base::is_utf8(made.refusal->en));
    return;
  }
  const auto padded = devices::fixed_padded(item, made.bytes);
  must(padded.size() == static_cast<std::size_t>(item.field.width));
  auto column = devices::fixed_column(item.field);
  const auto outcome = devices::add_fixed_value(column, item, padded, plan.charset(), devices::BadText::refuse);
  // Padding that is part of a text, or says that there is no value, does not come back.
  if (item.field.type == devices::FixedType::text || outcome.garbage) return;
  const auto again = std::move(column).finish()->value(0);
  must(again == value || again.is(values::Type::nothing));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto choices = data[0];
  const auto all = base::text_of({data + 1, size - 1});
  const auto nul = all.find('\0');
  const auto file = nul == std::string_view::npos ? std::string_view() : all.substr(nul + 1);
  (void)devices::read_number(file.substr(0, 20), 3);
  (void)devices::read_day(file.substr(0, 8));
  for (const auto order : {devices::FixedCharset::utf16le, devices::FixedCharset::utf16be})
    if (const auto text = devices::utf16_to_utf8(file.substr(0, 64), order); text.ok()) {
      must(base::is_utf8(*text));
      const auto back = devices::utf8_to_utf16(*text, order);
      must(back.ok() && *back == file.substr(0, 64));
    }
  const auto plan = devices::parse_fixed_layout(all.substr(0, nul));
  if (!plan) {
    check_refusal(plan.error());
    return 0;
  }
  devices::FixedReadOptions options;
  options.bad_text = (choices & 1U) != 0 ? devices::BadText::replace : devices::BadText::refuse;
  options.garbage = (choices & 2U) != 0 ? devices::Garbage::nothing : devices::Garbage::refuse;
  options.keep_findings = 5;
  options.skip_lines = (choices >> 2U) & 3U;
  options.skip_end_lines = (choices >> 4U) & 3U;
  const auto bytes = devices::RecordFile::of_bytes("f.txt", std::string(file));
  const auto body = devices::lines_between(bytes, file.size(), options.skip_lines, options.skip_end_lines, {});
  must(body.ok() && body->begin <= body->end && body->end <= file.size());
  const auto rows = devices::read_fixed_width(bytes, *plan, options);
  if (!rows) {
    check_refusal(rows.error());
    return 0;
  }
  std::uint64_t total = 0;
  bool bare = false;
  for (const auto& part : rows->parts) {
    total += part.table.rows();
    bare |= part.table.columns() == 0;
    const devices::FixedPlan::Kind* kind = nullptr;
    for (const auto& one : plan->kinds())
      if (one.record.name == part.kind) kind = &one;
    must(kind != nullptr);
    for (std::size_t c = 0; c < part.table.columns(); ++c) {
      const auto& item = kind->items[kind->find(part.table.name(c))];
      for (std::size_t r = 0; r < part.table.rows(); ++r) {
        const auto value = part.table.at(r, c);
        if (value.is(values::Type::text)) must(base::is_utf8(value.text()));
        check_written(*plan, item, value);
      }
    }
  }
  // A record of filler alone has no columns, and a table without columns no rows.
  must((bare ? total <= rows->records : total == rows->records) && rows->findings.first().size() <= 5);
  for (const auto& finding : rows->findings.first()) check_refusal(devices::to_error(finding, "f.txt"));
  return 0;
}
