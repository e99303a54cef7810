// What the two forms of the client share.
#pragma once
#include <map>
#include <mutex>
#include <vector>

#include "net/client.h"
#include "net/dial.h"
#include "net/request_reader.h"

namespace quanji::net {

base::Result<std::string> write_request(const ClientRequest& request);
bool may_repeat(const ClientRequest& request);
base::Result<Destination> destination_of(const Url& url, const std::string& unix_path, const std::shared_ptr<TlsClient>& tls);

struct ClientPool {
  struct Kept {
    std::unique_ptr<Link> link;
    std::chrono::microseconds since;
  };
  ClientOptions options;  // constant after construction
  std::mutex mutex;
  std::map<std::string, std::vector<Kept>> idle;  // guarded by mutex

  static std::string key(const Url& url);
  std::unique_ptr<Link> take(const Url& url);  // null if none is usable
  void keep(const Url& url, std::unique_ptr<Link> link);
};
struct Client::Body : ClientPool {};
struct ClientLoop::Body {
  explicit Body(std::shared_ptr<base::Clock> clock) : io(std::make_shared<IoThread>(0, std::move(clock), std::chrono::milliseconds(250))) {}
  std::shared_ptr<IoThread> io;
};

}  // namespace quanji::net
