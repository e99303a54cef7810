// http: requests to servers, files from them and to them. No proxy and nothing else is taken from the environment; TLS is always verified.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "devices/http_client.h"
#include "devices/http_head.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::http {

enum class IfTargetExists : std::uint8_t { fail, replace, skip };
inline constexpr std::size_t answer_limit = std::size_t{64} << 20;

struct Answer {
  std::int64_t status = 0;
  values::Map headers;
  values::Value body;
  static const base::FieldList& fields();
};

struct Get {
  struct Input {
    std::string url;
    values::Map query, headers;
    std::optional<std::string> sign_in, certificate;
    std::optional<values::FileRef> ca;
    std::vector<values::Value> accept;
    static const base::FieldList& fields();
  };
  using Output = Answer;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Request {
  struct Input {
    std::string url, method;
    values::Map query;
    std::optional<values::Value> body;
    std::optional<values::Map> form_fields;
    values::Map headers;
    std::optional<std::string> sign_in, certificate;
    std::optional<values::FileRef> ca;
    std::vector<values::Value> accept;
    static const base::FieldList& fields();
  };
  using Output = Answer;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Download {
  struct Input {
    std::string url;
    values::FileRef to;
    std::optional<std::string> digest;
    values::Map query, headers;
    std::optional<std::string> sign_in, certificate;
    std::optional<values::FileRef> ca;
    IfTargetExists if_exists = IfTargetExists::fail;
    static const base::FieldList& fields();
  };
  struct Output {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Upload {
  struct Input {
    values::FileRef file;
    std::string url, method;
    std::optional<std::string> field;
    std::optional<values::Map> form_fields;
    values::Map query, headers;
    std::optional<std::string> sign_in, certificate;
    std::optional<values::FileRef> ca;
    std::vector<values::Value> accept;
    static const base::FieldList& fields();
  };
  using Output = Answer;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

// ---- what they share ----

engine::Failure wrong(std::string zh, std::string en);  // invalid_argument

// What stands in every request: address with parameters, headers, who signs in, whom to believe.
struct Sender {
  const std::string& url;
  const values::Map& query;
  const values::Map& headers;
  const std::optional<std::string>&sign_in, &certificate;
  const std::optional<values::FileRef>& ca;
};
engine::Outcome<devices::HttpRequest> request_of(engine::ActivityContext& context, const Sender& sender);
// `body`: a file as it is, text, bytes or a secret as they are, anything else as JSON (secrets inside are opened into it). Says the
// content type unless a header does.
engine::Outcome<void> set_body(engine::ActivityContext& context, devices::HttpRequest& request, const values::Value& body);
// As a form: url-encoded, or multipart when one field is a file or bytes, or when there are parts already.
engine::Outcome<void> set_form(engine::ActivityContext& context, devices::HttpRequest& request, const values::Map& fields);
std::string file_name_of(std::string_view path);

// The statuses that count as success: 404, "200-299".
class Statuses {
 public:
  static engine::Outcome<Statuses> of(const std::vector<values::Value>& accept);
  bool holds(int status) const;
  std::string text() const;

 private:
  std::vector<std::pair<int, int>> ranges_;
};

// Waits by the context; `take` may fill `why` when it answers false.
using Take = std::function<bool(const devices::HttpHead& head, std::string_view piece, std::optional<engine::Failure>& why)>;
engine::Outcome<devices::HttpHead> exchange(engine::ActivityContext& context, const devices::HttpRequest& request, const Statuses& accept,
                                            const Take& take);
// The whole answer in memory, decoded; http_status when it is none of `accept`.
engine::Outcome<Answer> answer_of(engine::ActivityContext& context, const devices::HttpRequest& request, const Statuses& accept);
// Of an answer that is not accepted.
engine::Failure status_failure(const devices::HttpHead& head, std::string_view body, const Statuses& accept);
values::Map headers_of(const devices::HttpHead& head);
// By the content type: JSON as a value, text as text, else bytes; nothing when there is nothing. unreadable: JSON that is none.
engine::Outcome<values::Value> body_value(const devices::HttpHead& head, std::string_view body);

// The rows of ActivityInfo::errors.
std::vector<engine::ErrorCode> network_errors();

}  // namespace quanji::activities::http

QUANJI_ENUM(quanji::activities::http::IfTargetExists, "fail", "replace", "skip");
