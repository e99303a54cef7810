// Single values as text, from path, query and filters: the first byte chooses the field.
#include <boost/json.hpp>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "must.h"

namespace quanji::base {
namespace {
enum class Mood : std::uint8_t { calm, very_cross };
}
}  // namespace quanji::base
QUANJI_ENUM(quanji::base::Mood, "calm", "very_cross");

namespace quanji::base {
namespace {

struct Words {
  std::string text;
  std::optional<std::string> short_text;
  std::int64_t number = 0;
  std::optional<bool> yes;
  std::optional<Time> at;
  Date day;
  Id<"tng"> id;
  Mood mood = Mood::calm;
  std::vector<std::string> list;
  std::vector<Id<"tng">> ids;
  static const FieldList& fields();
};
QUANJI_FIELDS(Words, QF(text, "文本", "Text", .pattern = &email_pattern), QF(short_text, "短文本", "Short text", .min = 1, .max = 3),
              QF(number, "数", "Number", .min = -9, .max = 9), QF(yes, "是否", "Yes"), QF(at, "时间", "At"), QF(day, "日", "Day"),
              QF(id, "标识", "Id"), QF(mood, "心情", "Mood"), QF(list, "列表", "List", .max = 3), QF(ids, "标识列表", "Ids", .max = 3))

void check_times(std::string_view text) {
  if (const auto time = parse_time(text); time.ok()) {
    const auto written = to_text(*time);
    const auto again = parse_time(written);
    // A time within hours of either end of the calendar may leave it by the offset it is written with.
    if (written >= "1970-01-02" && written < "2262-12-31")
      must(again.ok() && again->micros <= time->micros && time->micros - again->micros < 1000);
  } else {
    must(!is_utf8(text) || (is_utf8(time.error().message().zh) && is_utf8(time.error().message().en)));
  }
  if (const auto date = parse_date(text); date.ok()) must(to_text(*date) == text);
}

}  // namespace
}  // namespace quanji::base

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji::base;
  if (size == 0) return 0;
  const auto text = text_of({data + 1, size - 1});
  check_times(text);
  if (!is_utf8(text)) return 0;  // refused before: door reads queries, paths and bodies as UTF-8
  const auto& field = Words::fields().all()[data[0] % Words::fields().size()];
  Words words;
  Problems problems;
  decode_text(field, &words, text, problems);
  for (const auto& problem : problems.found) must(is_utf8(problem.reason.zh) && is_utf8(problem.reason.en));
  if (problems.found.empty()) {
    must(words.number >= -9 && words.number <= 9 && words.list.size() <= 3 && words.ids.size() <= 3);
    const auto json = to_json(words, Side::stored);
    const auto again = from_json_text<Words>(json, Unknown::refuse);
    must(again.ok() && to_json(*again, Side::stored) == json);
  }
  Problems filter;
  const auto& ops = field.ops->optional ? *field.ops->inner : *field.ops;
  if (ops.kind != Kind::list) {
    check_text(ops, text, "filter", filter);
    for (const auto& problem : filter.found) must(problem.field == "filter" && is_utf8(problem.reason.zh) && is_utf8(problem.reason.en));
  }
  return 0;
}
