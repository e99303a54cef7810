// HTTPS to the door and back, and what stands beside the door on the same port: the console, the API's pages, /health and its like.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "door/door.h"
#include "net/server.h"

namespace quanji::api {

// A file of the console, embedded into the program and compressed at build time.
struct Asset {
  std::string_view path;  // "/index.html"
  std::string_view content_type;
  std::string_view plain, gzip, brotli;  // gzip and brotli may be empty
  std::string_view etag;                 // quoted
  bool immutable = false;                // its name carries its digest
};

// Plain pages outside the API: answered at once, on the io thread.
using Page = std::function<net::Response(const net::Request&)>;

class Http {
 public:
  explicit Http(std::string version) : version_(std::move(version)) {}
  // Everything below `prefix` ("/api/v1") goes through this door.
  void add_door(std::string prefix, door::Door& door) { doors_.emplace_back(std::move(prefix), &door); }
  void add_page(std::string path, Page page) { pages_[std::move(path)] = std::move(page); }
  void add_assets(const std::vector<Asset>& assets);

  void serve(net::RequestPtr request, net::Responder responder);
  // Bodies of operations that take one in come piece by piece.
  net::BodyPlan plan(const net::Request& request) const;
  // The envelope for what net refuses by itself.
  net::Response refuse(net::Refusal why, int status, const net::Request* request) const;

 private:
  const Asset* asset(std::string_view path) const;
  void through(door::Door& door, net::RequestPtr request, net::Responder responder);
  // `request` may be null.
  net::Response failure(int status, const base::Error& error, const net::Request* request) const;
  net::Response static_file(const Asset& asset, const net::Request& request) const;
  // Constant once the server has started.
  std::string version_;
  std::vector<std::pair<std::string, door::Door*>> doors_;
  std::map<std::string, Page, std::less<>> pages_;
  std::map<std::string_view, Asset> assets_;
};

}  // namespace quanji::api
