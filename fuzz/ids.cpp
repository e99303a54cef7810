// Ids as a stranger may write them: what is read prints the same, another kind is told by both prefixes, a refusal is always text.
#include "base/ids.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"

using namespace quanji::base;

namespace {
bool same_in_upper_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return x == (y >= 'a' && y <= 'z' ? static_cast<char>(y - 'a' + 'A') : y); });
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of({data, size});
  Ulid ulid;
  if (from_text(text, ulid)) must(same_in_upper_case(to_text(ulid), text));

  const auto bar = text.find('_');
  const auto prefix = text.substr(0, bar);
  Ulid read;
  const auto status = parse_id(text, "tsk", read);
  if (status.ok()) {
    must(prefix == "tsk" && same_in_upper_case(to_text(read), text.substr(4)));
    must(id_text("tsk", read).substr(4) == to_text(read));
  } else {
    const auto& error = status.error();
    must(error.code() == Code::wrong_id_type && read.empty());
    must(error.message().en.find("tsk_") != std::string::npos && error.message().zh.find("tsk_") != std::string::npos);
    must(!is_utf8(text) || (is_utf8(error.message().zh) && is_utf8(error.message().en)));
    must(error.message().zh.size() < 300 && error.message().en.size() < 300);
    // Well-formed but another's: the sentence names it.
    if (bar != std::string_view::npos && bar <= 16 && from_text(text.substr(bar + 1), ulid))
      must(error.message().en.find(std::string(prefix) + "_") != std::string::npos);
  }
  const auto typed = Id<"tsk">::parse(text);
  must(typed.ok() == status.ok() && (!typed.ok() || (typed->ulid == read && Id<"tsk">::parse(typed->text())->ulid == read)));

  // Any sixteen bytes print as an id that reads as those bytes, and sort as their text does.
  if (size >= 32) {
    Ulid a, b, again;
    std::copy_n(data, 16, a.bytes.begin());
    std::copy_n(data + 16, 16, b.bytes.begin());
    must(from_text(to_text(a), again) && again == a);
    must((a < b) == (to_text(a) < to_text(b)));
  }
  return 0;
}
