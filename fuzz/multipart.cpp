// Uploads in pieces of the size the first byte chooses; the boundary is fixed so that the fuzzer need not guess it.
// Built with src/net/multipart.cpp src/net/http_text.cpp src/net/message.cpp
#include "net/multipart.h"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace quanji;

namespace {

std::string read(std::string_view bytes, std::size_t piece) {
  std::string seen;
  bool open = false;
  net::MultipartLimits limits;
  limits.parts = 4;
  limits.head_bytes = 256;
  limits.part_bytes = 1024;
  auto reader = net::MultipartReader::make("multipart/form-data; boundary=b",
                                           {[&](const net::Part& part) {
                                              if (open || part.file_name.find_first_of("/\\") != std::string::npos) std::abort();
                                              open = true;
                                              seen += "[" + part.name + "|" + part.file_name + "|" + part.content_type + ":";
                                              return base::Status();
                                            },
                                            [&](std::string_view data) {
                                              if (!open) std::abort();
                                              seen += data;
                                              return base::Status();
                                            },
                                            [&] {
                                              if (!open) std::abort();
                                              open = false;
                                              seen += "]";
                                              return base::Status();
                                            }},
                                           limits);
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (!reader->feed(bytes.substr(at, piece)).ok()) return "broken";  // how much was told before is a matter of the cut
  return seen + (reader->finish().ok() ? "." : "?");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto in_pieces = read(bytes, data[0] % 32 + 1);
  const auto at_once = read(bytes, bytes.size());
  if (in_pieces.back() == '.' && at_once.back() == '.' && in_pieces != at_once) std::abort();
  return 0;
}
