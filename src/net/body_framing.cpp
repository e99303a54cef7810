#include <algorithm>

#include "net/request_reader.h"

namespace quanji::net {
namespace {
constexpr std::size_t most_extra = 4 * 1024;  // of chunk extensions and trailers in one body
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
}  // namespace

void BodyFraming::start_length(std::uint64_t length) {
  chunked_ = false;
  left_ = length;
  at_ = length ? At::length : At::done;
}
void BodyFraming::start_chunked() {
  chunked_ = true;
  left_ = 0;
  digits_ = 0;
  extra_ = 0;
  at_ = At::size;
}

BodyFraming::Event BodyFraming::read_size(char c) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++digits_ > 15) return Event::broken;  // leaves 60 bits: no overflow to play with
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return Event::more;
  }
  if (digits_ == 0) return Event::broken;
  if (c == '\r')
    at_ = At::size_lf;
  else if (c == ';')
    at_ = At::extension;
  else
    return Event::broken;
  return Event::more;
}

BodyFraming::Event BodyFraming::read(std::string_view bytes, std::size_t& used) {
  used = 0;
  if (at_ == At::done) return Event::end;
  while (used < bytes.size()) {
    if (at_ == At::length || at_ == At::data || at_ == At::until_end) {
      const auto rest = bytes.substr(used);
      const auto size = at_ == At::until_end ? rest.size() : static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      piece_ = rest.substr(0, size);
      used += size;
      if (at_ == At::until_end) return Event::piece;
      left_ -= size;
      if (left_ == 0) at_ = at_ == At::length ? At::done : At::data_cr;
      return Event::piece;
    }
    const char c = bytes[used++];
    switch (at_) {
      case At::size:
        if (read_size(c) == Event::broken) return Event::broken;
        break;
      case At::extension:
        if (++extra_ > most_extra) return Event::broken;
        if (c == '\r')
          at_ = At::size_lf;
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
          return Event::broken;
        break;
      case At::size_lf:
        if (c != '\n') return Event::broken;
        at_ = left_ ? At::data : At::trailer_start;
        digits_ = 0;
        break;
      case At::data_cr:
        if (c != '\r') return Event::broken;
        at_ = At::data_lf;
        break;
      case At::data_lf:
        if (c != '\n') return Event::broken;
        at_ = At::size;
        break;
      case At::trailer_start:
        at_ = c == '\r' ? At::last_lf : At::trailer;
        if (c == ' ' || c == '\t') return Event::broken;
        [[fallthrough]];
      case At::trailer:
        if (at_ == At::last_lf) break;
        if (++extra_ > most_extra) return Event::broken;
        if (c == '\r')
          at_ = At::trailer_lf;
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
          return Event::broken;
        break;
      case At::trailer_lf:
        if (c != '\n') return Event::broken;
        at_ = At::trailer_start;
        break;
      case At::last_lf:
        if (c != '\n') return Event::broken;
        at_ = At::done;
        return Event::end;
      default:
        return Event::broken;
    }
  }
  return Event::more;
}

}  // namespace quanji::net
