// The headers and the query of a signed request, as anybody may send them: header fields on the first five lines, the query after them.
#include "domain/signature.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "domain/address_list.h"

using namespace quanji::domain;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = quanji::base::text_of({data, size});
  std::array<std::string_view, 5> lines;
  for (auto& line : lines) {
    const auto end = rest.find('\n');
    line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  // What is canonical stays as it is, and holds nothing that could pass for another line.
  if (const auto once = canonical_query(rest); once.ok()) {
    if (once->find_first_of("\r\n +") != std::string::npos) std::abort();
    const auto twice = canonical_query(*once);
    if (once->size() <= canonical_query_limit && (!twice.ok() || *twice != *once)) std::abort();
  }
  if (const auto request = parse_signature({lines[0], lines[1], lines[2], lines[3], lines[4]}); request.ok()) {
    if (!is_access_key(request->access_key) || !is_nonce(request->nonce) || std::to_string(request->timestamp) != lines[1]) std::abort();
    const auto text = string_to_sign({request->algorithm, "GET", lines[4], rest, lines[1], request->nonce, request->on_behalf_of, rest});
    if (text.ok() && std::count(text->begin(), text->end(), '\n') != 7) std::abort();
  }
  // A network that is read allows its own address.
  const std::string network(lines[0]);
  if (const auto list = AddressList::parse({network}); list.ok() && !list->allows(network.substr(0, network.find('/')))) std::abort();
  return 0;
}
