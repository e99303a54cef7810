// API clients: programs that call with access keys. They belong to a department, not to who made them.
//
// What a client may do: its scopes, in its department and all departments below it (services/authority: load_client_authority). Scopes are
// published permissions or patterns ("task.*"); together they must not join sides that clash (domain/role_rules), and none decides
// approvals: a client is never a checker. With actFor it may name a person (X-On-Behalf-Of: user id or employee number); it then may do
// what both may.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/address_list.h"
#include "services/passwords.h"
#include "storage/listing.h"

namespace quanji::services {

using domain::ApiClientId;

enum class ClientState : std::uint8_t { enabled, disabled };

struct ApiKey {
  std::string access_key;
  base::Time created_at;
  std::optional<base::Time> retires_at;  // replaced: works until then
  static const base::FieldList& fields();
};
struct ApiClient {
  ApiClientId id;
  std::string name;  // unique in the department
  std::optional<std::string> title;
  DepartmentId department_id;
  std::optional<std::string> contact;
  std::optional<std::string> remark;
  ClientState state = ClientState::enabled;
  std::vector<std::string> scopes;
  std::vector<std::string> addresses;  // networks it may call from; none: from anywhere
  bool act_for = false;
  bool always_ok = false;  // HTTP 200 for every answer
  std::optional<std::int64_t> rate_per_second;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> last_used_at;
  std::optional<std::vector<ApiKey>> keys;  // newest first; not in lists
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewApiClient {
  std::string name;
  std::optional<std::string> title;
  DepartmentId department_id;
  std::optional<std::string> contact;
  std::optional<std::string> remark;
  std::vector<std::string> scopes;
  std::vector<std::string> addresses;
  bool act_for = false;
  bool always_ok = false;
  std::optional<std::int64_t> rate_per_second;
  std::optional<base::Time> expires_at;
  static const base::FieldList& fields();
};
struct ApiClientChange {
  ApiClientId id;
  std::string name;
  std::optional<std::string> title;
  std::optional<std::string> contact;
  std::optional<std::string> remark;
  std::vector<std::string> scopes;
  std::vector<std::string> addresses;
  bool act_for = false;
  bool always_ok = false;
  std::optional<std::int64_t> rate_per_second;
  std::optional<base::Time> expires_at;
  static const base::FieldList& fields();
};
struct ApiClientRef {
  ApiClientId id;
  static const base::FieldList& fields();
};
struct ApiClientAct {
  ApiClientId id;
  std::string reason;
  static const base::FieldList& fields();
};
struct KeyRotation {
  ApiClientId id;
  std::int64_t overlap_seconds = 86400;  // how long the former key goes on working, 0 to 7 days
  static const base::FieldList& fields();
};
// A new key with its secret, shown this once.
struct NewApiKey {
  ApiClientId id;
  std::string name;
  std::string access_key;
  std::string secret;
  std::optional<std::string> retiring_key;
  std::optional<base::Time> retires_at;
  base::Time created_at;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};

const base::ListShape& api_client_list_shape();
const storage::Listing& api_client_listing();
Result<base::Page<ApiClient>> list_api_clients(const View&, const base::ListQuery&);
Result<ApiClient> read_api_client(const View&, const ApiClientRef&);
Result<NewApiKey> create_api_client(Change&, const Prepared<NewApiClient>&);
Result<ApiClient> change_api_client(Change&, const base::Patch<ApiClientChange>&);
Status delete_api_client(Change&, const ApiClientRef&);
Result<ApiClient> enable_api_client(Change&, const ApiClientRef&);
// Cut off at once: keys and tokens stop working.
Result<ApiClient> disable_api_client(Change&, const ApiClientAct&);
// Two keys at most: a key still retiring ends now.
Result<NewApiKey> rotate_api_key(Change&, const Prepared<KeyRotation>&);

// ---- for the gate ----
base::SecretPlace key_place(std::string_view access_key);
Result<MadeKey> make_key(const SecretBox& box, base::Random& random);
struct ClientFacts {
  ApiClientId id;
  std::string name;
  DepartmentId department_id;
  ClientState state = ClientState::enabled;
  std::vector<std::string> scopes, addresses;
  bool act_for = false, always_ok = false;
  std::optional<std::int64_t> rate_per_second;
  std::optional<base::Time> expires_at;
  std::string sealed;  // of the key asked for; empty when asked by id
  std::optional<base::Time> key_retires_at;
};
Result<std::optional<ClientFacts>> find_client_by_key(const View&, std::string_view access_key);
Result<std::optional<ClientFacts>> find_client(const View&, const ApiClientId&);
// By user id text or employee number.
Result<std::optional<Standing>> find_person(const View&, std::string_view text);
struct Used {
  ApiClientId id;
  base::Time at;
};
Status note_used(Change&, const std::vector<Used>&);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::ClientState, "enabled", "disabled");
