// What goes out: addresses, headers, credentials, bodies.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "activities/http/http.h"
#include "base/encodings.h"
#include "base/fields_json.h"

namespace quanji::activities::http {

using base::Secret;
using base::Text;
using devices::HttpField;
using devices::HttpPart;
using devices::HttpRequest;
using engine::ActivityContext;
using engine::Failure;
using engine::Outcome;
using values::Map;
using values::Type;
using values::Value;

Failure wrong(std::string zh, std::string en) { return engine::system_failure("invalid_argument", Text(std::move(zh), std::move(en))); }

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}
// What a scalar is in an address, a header or a form.
Outcome<std::string> word_of(const Value& value, std::string_view where, std::string_view name) {
  switch (value.type()) {
    case Type::text:
    case Type::integer:
    case Type::decimal:
    case Type::date:
    case Type::time:
    case Type::datetime:
    case Type::duration:
      return value.display();
    case Type::boolean:
      return std::string(value.boolean() ? "true" : "false");
    default:
      return wrong(fmt::format("{} 的 {} 应为文本、数、日期或真假，现为 {}", where, name, values::word_of(value.type())),
                   fmt::format("`{}` of `{}` is a text, number, date or bool, but is {}", name, where, values::word_of(value.type())));
  }
}
Outcome<std::vector<std::pair<std::string, std::string>>> parameters(const Map& query) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : query) {
    if (value.is(Type::nothing)) continue;
    if (value.is(Type::secret))
      return wrong(fmt::format("query 的 {} 是机密：地址会留在对方和中间设备的日志里；请放进 headers 或请求体", name),
                   fmt::format("`{}` of `query` is a secret: addresses stay in logs on the way; put it into `headers` or the body", name));
    const auto one = values::List{value};
    for (const auto& each : value.is(Type::list) ? value.list() : one) {
      QUANJI_TRY(auto word, word_of(each, "query", name));
      out.emplace_back(name, std::move(word));
    }
  }
  return out;
}
bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// The credential's plain or secret field; nothing when it has none of that name.
Outcome<std::optional<Secret>> field_of(ActivityContext& context, const engine::CredentialView& credential, std::string_view field) {
  for (const auto& [name, value] : credential.plain)
    if (name == field && value.is(Type::text)) return std::optional(Secret(std::string_view(value.text())));
  if (std::find(credential.secret_fields.begin(), credential.secret_fields.end(), field) == credential.secret_fields.end())
    return std::optional<Secret>();
  QUANJI_TRY(auto secret, context.open_secret({credential.name, credential.version, std::string(field)}));
  return std::optional(std::move(secret));
}
Failure lacks(std::string_view credential, std::string_view zh, std::string_view en) {
  return engine::business_failure(
      "not_found", Text(fmt::format("凭据“{}”没有{}", credential, zh), fmt::format("the credential “{}” has no {}", credential, en)));
}
Outcome<engine::CredentialView> credential_of(ActivityContext& context, const std::string& name) {
  auto view = context.outside().credential(name);
  if (view) return std::move(*view);
  auto failure = engine::failure_of(view.error());
  if (failure.code == "not_found") failure.kind = flow::ErrorKind::business;
  return failure;
}
Outcome<devices::HttpSignIn> sign_in_of(ActivityContext& context, const std::string& name) {
  QUANJI_TRY(const auto credential, credential_of(context, name));
  devices::HttpSignIn out;
  QUANJI_TRY(auto username, field_of(context, credential, "username"));
  if (username && !username->empty()) {
    out.username = username->reveal();
    QUANJI_TRY(auto password, field_of(context, credential, "password"));
    if (!password)
      return lacks(name, "字段 password（有 username 时按 Basic 登录）", "field `password` (with a username it signs in by Basic)");
    out.secret = std::move(*password);
    return out;
  }
  QUANJI_TRY(auto token, field_of(context, credential, "token"));
  if (!token && credential.secret_fields.size() == 1) {
    QUANJI_TRY(token, field_of(context, credential, credential.secret_fields.front()));
  }
  if (!token)
    return lacks(name, "username 和 password（Basic），也没有 token（Bearer）", "username and password (Basic), and no token (Bearer)");
  out.secret = std::move(*token);
  return out;
}
Outcome<devices::HttpCertificate> certificate_of(ActivityContext& context, const std::string& name) {
  QUANJI_TRY(const auto credential, credential_of(context, name));
  QUANJI_TRY(auto certificate, field_of(context, credential, "certificate"));
  if (!certificate) return lacks(name, "字段 certificate（PEM）", "field `certificate` (PEM)");
  QUANJI_TRY(auto key, field_of(context, credential, "private_key"));
  if (!key) return lacks(name, "字段 private_key（PEM）", "field `private_key` (PEM)");
  return devices::HttpCertificate{std::move(*certificate), std::move(*key)};
}
Outcome<std::string> authorities_of(ActivityContext& context, const values::FileRef& file) {
  std::ifstream in(context.path_of(file.path), std::ios::binary);
  std::string text(std::size_t{1} << 20, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
  if (text.empty())
    return engine::business_failure("not_found", Text(fmt::format("CA 文件 {} 不存在或是空的", file.path),
                                                      fmt::format("the file {} of `ca` does not exist or is empty", file.path)));
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    return wrong(fmt::format("CA 文件 {} 不是 PEM 证书（-----BEGIN CERTIFICATE-----）", file.path),
                 fmt::format("the file {} of `ca` holds no PEM certificate (-----BEGIN CERTIFICATE-----)", file.path));
  return text;
}

// JSON that may hold secrets: written into memory that is wiped.
Outcome<void> append_json(ActivityContext& context, const Value& value, std::string& out) {
  switch (value.type()) {
    case Type::secret: {
      QUANJI_TRY(const auto secret, context.open_secret(value.secret()));
      base::append_json_string(out, secret.reveal());
      return {};
    }
    case Type::list: {
      out += '[';
      for (std::size_t i = 0; i < value.list().size(); ++i) {
        if (i != 0) out += ',';
        QUANJI_DO(append_json(context, value.list()[i], out));
      }
      out += ']';
      return {};
    }
    case Type::map: {
      out += '{';
      for (std::size_t i = 0; i < value.map().size(); ++i) {
        if (i != 0) out += ',';
        base::append_json_string(out, value.map()[i].first);
        out += ':';
        QUANJI_DO(append_json(context, value.map()[i].second, out));
      }
      out += '}';
      return {};
    }
    case Type::handle:
      return wrong("请求体里不能有打开的资源", "a body holds no open resource");
    default:
      value.append_plain_json(out);
      return {};
  }
}
Outcome<std::string> file_to_send(ActivityContext& context, const values::FileRef& file) {
  auto path = context.path_of(file.path);
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0 || !S_ISREG(there.st_mode))
    return engine::business_failure("not_found", Text(fmt::format("要发送的文件 {} 不存在", file.path),
                                                      fmt::format("the file {} to be sent does not exist", file.path)));
  return path;
}
void say_type(HttpRequest& request, std::string type) {
  if (std::none_of(request.headers.begin(), request.headers.end(), [](const auto& h) { return same_name(h.name, "content-type"); }))
    request.headers.push_back({"Content-Type", std::move(type), {}});
}

}  // namespace

std::string file_name_of(std::string_view path) { return base::repair_utf8(path.substr(path.rfind('/') + 1)); }

Outcome<HttpRequest> request_of(ActivityContext& context, const Sender& sender) {
  HttpRequest request;
  QUANJI_TRY(const auto query, parameters(sender.query));
  auto url = devices::http_address(sender.url, query);
  if (!url) return wrong(url.error().message().zh, url.error().message().en);
  request.url = std::move(*url);
  for (const auto& [name, value] : sender.headers) {
    if (value.is(Type::nothing)) continue;
    if (!is_header_name(name))
      return wrong(fmt::format("headers 里“{}”不是请求头的名字", name), fmt::format("“{}” in `headers` is no header's name", name));
    for (const auto* ours : {"host", "content-length", "transfer-encoding", "connection"})
      if (same_name(name, ours))
        return wrong(fmt::format("请求头 {} 由请求本身决定，不能写", name),
                     fmt::format("the header {} is the request's own: leave it out", name));
    HttpField header{name, {}, {}};
    if (value.is(Type::secret)) {
      QUANJI_TRY(header.secret, context.open_secret(value.secret()));
    } else {
      QUANJI_TRY(header.value, word_of(value, "headers", name));
    }
    const auto sent = header.secret.empty() ? std::string_view(header.value) : header.secret.reveal();
    if (std::any_of(sent.begin(), sent.end(), [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }))
      return wrong(fmt::format("请求头 {} 的值里有换行或控制字符", name),
                   fmt::format("the value of the header {} holds a line end or control character", name));
    request.headers.push_back(std::move(header));
  }
  if (sender.sign_in) {
    QUANJI_TRY(request.sign_in, sign_in_of(context, *sender.sign_in));
  }
  if (sender.certificate) {
    QUANJI_TRY(request.certificate, certificate_of(context, *sender.certificate));
  }
  if (sender.ca) {
    QUANJI_TRY(request.authorities, authorities_of(context, *sender.ca));
  }
  return request;
}

Outcome<void> set_body(ActivityContext& context, HttpRequest& request, const Value& body) {
  switch (body.type()) {
    case Type::nothing:
      return {};
    case Type::file: {
      QUANJI_TRY(request.body_path, file_to_send(context, body.file()));
      say_type(request, "application/octet-stream");
      return {};
    }
    case Type::text:
      request.body = Secret(std::string_view(body.text()));
      say_type(request, "text/plain; charset=utf-8");
      return {};
    case Type::bytes:
      request.body = Secret(std::span<const std::uint8_t>(body.bytes()));
      say_type(request, "application/octet-stream");
      return {};
    case Type::secret: {
      QUANJI_TRY(request.body, context.open_secret(body.secret()));
      say_type(request, "text/plain; charset=utf-8");
      return {};
    }
    default: {
      std::string json;
      auto written = append_json(context, body, json);
      request.body = Secret::take(json);
      QUANJI_DO(std::move(written));
      say_type(request, "application/json");
      return {};
    }
  }
}

Outcome<void> set_form(ActivityContext& context, HttpRequest& request, const Map& fields) {
  const bool parts = !request.parts.empty() || std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return field.second.is(Type::file) || field.second.is(Type::bytes);
  });
  std::string encoded;
  std::vector<HttpPart> made;
  for (const auto& [name, value] : fields) {
    if (value.is(Type::nothing)) continue;
    if (value.is(Type::file)) {
      QUANJI_TRY(auto path, file_to_send(context, value.file()));
      auto shown = file_name_of(path);
      made.push_back({name, {}, std::move(path), std::move(shown), "application/octet-stream"});
    } else if (value.is(Type::bytes)) {
      made.push_back({name, Secret(std::span<const std::uint8_t>(value.bytes())), {}, {}, "application/octet-stream"});
    } else {
      Secret word;
      if (value.is(Type::secret)) {
        QUANJI_TRY(word, context.open_secret(value.secret()));
      } else {
        QUANJI_TRY(auto text, word_of(value, "form_fields", name));
        word = Secret::take(text);
      }
      if (parts)
        made.push_back({name, std::move(word), {}, {}, {}});
      else
        devices::append_form_field(encoded, name, word.reveal());
    }
  }
  if (!parts) {
    request.body = Secret::take(encoded);
    say_type(request, "application/x-www-form-urlencoded");
    return {};
  }
  // Fields before the file: some servers want to know them first.
  made.insert(made.end(), std::make_move_iterator(request.parts.begin()), std::make_move_iterator(request.parts.end()));
  request.parts = std::move(made);
  std::erase_if(request.headers, [](const auto& h) { return same_name(h.name, "content-type"); });  // the boundary is ours
  return {};
}

}  // namespace quanji::activities::http
