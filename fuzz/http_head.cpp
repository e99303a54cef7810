// Requests and answers as a stranger may send them, in pieces as a socket brings them. The first byte chooses the size of the pieces.
// Built with src/net/request_reader.cpp src/net/body_framing.cpp src/net/message.cpp src/net/asio_build.cpp
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "net/request_reader.h"

using namespace quanji::net;

namespace {

// What the reader made of the bytes; the same however they were cut.
std::string read_requests(std::string_view bytes, std::size_t piece) {
  static const Limits limits = [] {
    Limits small;
    small.header_bytes = 2048;
    small.header_count = 20;
    small.body_bytes = 4096;
    return small;
  }();
  std::string seen;
  RequestReader reader(limits);
  reader.begin(std::make_unique<Request>());
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto rest = bytes.substr(at, piece);
    while (!rest.empty()) {
      std::size_t used = 0;
      auto event = reader.read(rest, used);
      if (used > rest.size()) std::abort();
      rest.remove_prefix(used);
      if (event == RequestReader::Event::broken) return seen + "!";  // which of several faults is met first may depend on the cut
      if (event == RequestReader::Event::head) {
        const Request& r = reader.request();
        if (r.head.size() > limits.header_bytes || r.headers().size() > limits.header_count + 1) std::abort();
        if (r.path.empty()) std::abort();
        seen += "|" + std::string(r.method) + " " + std::string(r.host) + std::string(r.path) + "?" + std::string(r.query) + ":";
        for (const auto& [name, value] : r.headers()) {
          if (value.find_first_of("\r\n") != std::string_view::npos) std::abort();
          if (r.header(name) == std::nullopt) std::abort();
        }
      }
      if (event == RequestReader::Event::piece) seen += reader.piece();
      if (event == RequestReader::Event::more && used == 0) std::abort();  // it would never go on
      if (reader.complete()) {
        seen += reader.keep_alive() ? ";" : "$";
        reader.begin(std::make_unique<Request>());
      }
    }
  }
  return seen;
}

void read_answer(std::string_view bytes, std::size_t piece) {
  ResponseReader reader("GET", 2048, 4096);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::size_t used = 0;
    const auto event = reader.read(bytes.substr(at, piece), used);
    if (used > piece || reader.response().body.size() > 4096) std::abort();
    if (event != ResponseReader::Event::more) return;
  }
  reader.ended();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] % 64 + 1;
  // A message is cut by the network as it pleases: that must not change what it says.
  if (read_requests(bytes, piece) != read_requests(bytes, bytes.size())) std::abort();
  read_answer(bytes, piece);
  return 0;
}
