// Calls to a platform in the name of a profile.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/quanji/profile.h"
#include "net/client.h"

namespace quanji::apps {

struct Ask {
  std::string method = "GET", target = "/";                  // target: path and query, from the root
  std::string body;                                          // JSON; empty: none
  std::vector<std::pair<std::string, std::string>> headers;  // beside those of the session
};

class Session {
 public:
  // `name` empty: nothing is read or kept (setup, doctor, login before it has tokens).
  static base::Result<Session> open(Profile profile, std::string name);
  // Brings the access token; a 401 is answered by renewing the tokens once and asking again.
  base::Result<net::ClientResponse> call(const Ask& ask);
  const Profile& profile() const { return profile_; }

 private:
  Session() = default;
  base::Result<net::ClientResponse> once(const Ask& ask);
  base::Status renew();

  Profile profile_;
  std::string name_;
  std::unique_ptr<net::Client> client_;
};

}  // namespace quanji::apps
