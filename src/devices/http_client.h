// One exchange with an HTTP server, for flows: TLS always verified, redirects followed within bounds, the answer given piece by piece.
// No proxy, no netrc, no time-out of its own; nothing is taken from the environment.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace quanji::devices {

struct HttpField {
  std::string name, value;
  base::Secret secret;  // in the place of the value; goes to the first address only, not where a redirect leads
};
// A part of a form: `content`, or the file of that path.
struct HttpPart {
  std::string name;
  base::Secret content;
  std::string path, file_name;  // path empty: content counts
  std::string type;             // empty: none said
};
struct HttpSignIn {
  std::string username;  // empty: the secret is a bearer token
  base::Secret secret;
};
struct HttpCertificate {
  base::Secret certificate, key;  // PEM
};
struct HttpRequest {
  std::string method = "GET";
  std::string url;  // of http_address()
  std::vector<HttpField> headers;
  // What is sent, one of these or nothing.
  std::optional<base::Secret> body;
  std::string body_path;
  std::vector<HttpPart> parts;
  std::optional<HttpSignIn> sign_in;
  std::optional<HttpCertificate> certificate;
  std::string authorities;  // PEM: believed besides the system's
  bool as_it_is = false;    // no compression asked for: sizes and ranges are those of the file
  int most_redirects = 10;
};
struct HttpHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // in order; names in lower case, values as sent without blanks at the ends
  std::string url;                                           // that answered
  const std::string* find(std::string_view name) const;      // the first of that name
};
// What the exchange asks its caller while it goes on.
struct HttpWatch {
  std::function<bool()> go_on;                       // false: leave at once
  std::function<std::chrono::milliseconds()> slice;  // how long to wait before asking again
  int stop_descriptor = -1;                          // readable: ask now
  std::function<bool(int status)> keeps_redirect;    // true: this redirect is the answer; null: none is
  // The body of the answer, piece by piece; false: leave at once.
  std::function<bool(const HttpHead& head, std::string_view piece)> take;
};

enum class HttpFault : std::uint8_t {
  none,
  left,        // go_on or take said so
  no_network,  // this process may not make connections
  connection,  // no such host, nobody answers, it broke off
  tls,         // not who it should be, or it does not believe us
  answer,      // what came is no HTTP, or its compression is broken
  file,        // the file to be sent cannot be read
  redirects,   // more than most_redirects, or to somewhere that may not be gone to
};
struct HttpAnswer {
  HttpFault fault = HttpFault::none;
  base::Text why;  // of a fault: address, stage, how to mend it
  HttpHead head;
};
// One thread. Comes back within a slice when asked to leave, whatever the name server and the other side do.
HttpAnswer exchange(const HttpRequest& request, const HttpWatch& watch);

// An address with parameters added, percent-encoded as it has to be. invalid_field: no http or https, no host, a user in it, no address.
base::Result<std::string> http_address(std::string_view url, const std::vector<std::pair<std::string, std::string>>& query);
// "https://host:port" of an address, for messages: without path and parameters, which may be confidential.
std::string http_origin(const std::string& url);
// "a=1&b=%E4%B8%AD", as forms are sent.
void append_form_field(std::string& to, std::string_view name, std::string_view value);

}  // namespace quanji::devices
