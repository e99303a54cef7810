// Calls to a platform in the name of a profile.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/quanji/client_key.h"
#include "apps/quanji/profile.h"
#include "net/client.h"

namespace quanji::apps {

struct Ask {
  std::string method = "GET", target = "/";                  // target: path and query, from the root
  std::string body;                                          // JSON; empty: none
  std::vector<std::pair<std::string, std::string>> headers;  // beside those of the session
  std::function<base::Status(std::string_view)> take;        // of a stream: where its pieces go as they come, for up to a day
};

class Session {
 public:
  // `name` empty: nothing is read or kept (setup, doctor, login before it has tokens). `on_behalf_of`: the person an API client calls for.
  static base::Result<Session> open(Profile profile, std::string name, std::string on_behalf_of = {});
  // Signs, or brings the access token; then a 401 is answered by renewing the tokens once and asking again.
  base::Result<net::ClientResponse> call(const Ask& ask);
  const Profile& profile() const { return profile_; }

 private:
  Session() = default;
  base::Result<net::ClientResponse> once(const Ask& ask);
  bool signs(const Ask& ask) const;
  base::Status renew();

  Profile profile_;
  std::string name_, on_behalf_of_;
  std::optional<ClientKey> key_;
  std::unique_ptr<net::Client> client_;
};

}  // namespace quanji::apps
