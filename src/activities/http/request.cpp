// get, request, upload.
#include <algorithm>

#include "activities/group.h"
#include "activities/http/http.h"

namespace quanji::activities {
namespace http {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::ErrorCode;
using engine::Outcome;
using flow::ErrorKind;

#define QUANJI_ADDRESS QF(url, "地址，http 或 https", "An address, http or https", .min = 1, .max = 8'192)
#define QUANJI_QUERY QF(query, "地址的查询参数；列表为重复的参数", "Parameters of the address; a list repeats one", .fallback = "{}")
#define QUANJI_HEADERS QF(headers, "请求头；值可以是凭据的机密", "Headers; a value may be a secret of a credential", .fallback = "{}")
#define QUANJI_TRUST                                                                                               \
  QF(sign_in, "登录用的凭据名：有 username 为 Basic，否则 Bearer",                                                 \
     "Name of the credential to sign in with: Basic when it has a username, else Bearer", .min = 1, .max = 128),   \
      QF(certificate, "客户端证书的凭据名（certificate、private_key）",                                            \
         "Name of a credential that holds a client certificate (certificate, private_key)", .min = 1, .max = 128), \
      QF(ca, "另外信任的 CA 证书（PEM 文件）", "A file of further authorities to believe (PEM)")
#define QUANJI_ACCEPT                                                                                                   \
  QF(accept, "可接受的状态码，如 404 或 200-299", "Statuses that count as success: 404, 200-299", .min = 1, .max = 100, \
     .fallback = "[\"200-299\"]")

QUANJI_FIELDS(Answer, QF(status, "状态码", "The status"), QF(headers, "回答的头，名字小写", "The answer's headers, names in lower case"),
              QF(body, "内容：JSON 为值，文本为文本，其余为字节", "The body: JSON as a value, text as text, else bytes"))
QUANJI_FIELDS(Get::Input, QUANJI_ADDRESS, QUANJI_QUERY, QUANJI_HEADERS, QUANJI_TRUST, QUANJI_ACCEPT)
QUANJI_FIELDS(Request::Input, QUANJI_ADDRESS, QF(method, "HTTP 方法", "The HTTP method", .min = 1, .max = 20, .fallback = "\"POST\""),
              QUANJI_QUERY,
              QF(body, "请求体：文本、字节、文件原样；其余为 JSON", "Text, bytes or a file as they are; anything else as JSON"),
              QF(form_fields, "表单字段；有文件或字节时为 multipart", "Fields of a form; multipart when one is a file or bytes"),
              QUANJI_HEADERS, QUANJI_TRUST, QUANJI_ACCEPT)
QUANJI_FIELDS(Upload::Input, QF(file, "要上传的文件", "The file to upload"), QUANJI_ADDRESS,
              QF(method, "HTTP 方法", "The HTTP method", .min = 1, .max = 20, .fallback = "\"POST\""),
              QF(field, "文件的表单字段名；不写则文件就是请求体", "The form's field for the file; without it the file is the body",
                 .min = 1, .max = 256),
              QF(form_fields, "其他表单字段", "Further fields of the form"), QUANJI_QUERY, QUANJI_HEADERS, QUANJI_TRUST, QUANJI_ACCEPT)

namespace {

template <class Input>
Sender sender_of(const Input& input) {
  return {input.url, input.query, input.headers, input.sign_in, input.certificate, input.ca};
}
Outcome<void> set_method(devices::HttpRequest& request, const std::string& method) {
  if (!std::all_of(method.begin(), method.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; }))
    return wrong("method 应为大写字母，如 POST", "`method` is of capital letters, like POST");
  if (method == "CONNECT" || method == "TRACE") return wrong("method 不能是 " + method, "`method` cannot be " + method);
  request.method = method;
  return {};
}
std::vector<ErrorCode> with(std::vector<ErrorCode> errors, std::initializer_list<ErrorCode> more) {
  errors.insert(errors.end(), more);
  return errors;
}
constexpr ErrorCode unreadable{
    "unreadable",
    ErrorKind::business,
    {"回答说是 JSON 却不是；原文在错误的 data 里", "an answer that says it is JSON and is none; it is in the error's data"}};
constexpr ErrorCode too_large{
    "too_large",
    ErrorKind::business,
    {"回答超过 64 MiB：用 http.download 存成文件", "an answer of more than 64 MiB: take it into a file with http.download"}};
constexpr ErrorCode io_failed{
    "io_failed",
    ErrorKind::system,
    {"要发送的文件读不出来；消息里有系统的原因", "the file to be sent cannot be read; the message has the system's reason"}};

void say_common(ActivityInfo& info) {
  info.capabilities = {"network"};
  info.names = {{"sign_in", flow::Names::credential}, {"certificate", flow::Names::credential}};
}

}  // namespace

ActivityInfo Get::info() {
  ActivityInfo info;
  info.id = "http.get";
  info.title = {"读取网址", "Get from an address"};
  info.sentence = {"读一个地址；JSON 回答成值，文本成文本，其余成字节。",
                   "Reads an address; JSON becomes a value, text a text, else bytes."};
  info.effect = flow::Effect::none;
  say_common(info);
  info.errors = with(network_errors(), {unreadable, too_large});
  info.examples = {{{"查一只证券的行情（server 是服务器的地址）", "A security's quote (`server` is the server's address)"},
                    R"(- do: http.get
  with:
    url: =f"{server}/quotes"
    query: {code: "600000", fields: [price, volume]}
  save: {quote: body}
- return: {price: "=quote['price']", asked: "=quote['asked']"}
)",
                    R"({"price":10.50,"asked":"code=600000&fields=price&fields=volume"})"},
                   {{"没有（404）不算失败", "Not being there (404) is no failure"},
                    R"(- do: http.get
  with:
    url: =f"{server}/status/404"
    accept: [200-299, 404]
  save: {status: status}
- return: {there: =status != 404}
)",
                    R"({"there":false})"}};
  return info;
}
Outcome<Get::Output> Get::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto accept, Statuses::of(input.accept));
  QUANJI_TRY(const auto request, request_of(context, sender_of(input)));
  return answer_of(context, request, accept);
}

ActivityInfo Request::info() {
  ActivityInfo info;
  info.id = "http.request";
  info.title = {"发送请求", "Send a request"};
  info.sentence = {"发请求；JSON 回答成值，文本成文本，其余成字节。只读取时用 http.get。",
                   "Sends a request; JSON becomes a value, text a text, else bytes. To read only, use http.get."};
  info.effect = flow::Effect::once;
  say_common(info);
  info.errors = with(network_errors(), {unreadable, too_large, io_failed});
  info.examples = {{{"发一条 JSON 指令，用凭据登录", "A JSON instruction, signed in by a credential"},
                    R"(- do: http.request
  with:
    url: =f"{server}/echo"
    body: {account: "10086", amount: 12.50}
    sign_in: counter_db
  save: {answer: body}
- return: {sent: "=answer['body']", type: "=answer['headers']['content-type']", method: "=answer['method']"}
)",
                    R"({"sent":"{\"account\":\"10086\",\"amount\":12.50}","type":"application/json","method":"POST"})"}};
  return info;
}
Outcome<Request::Output> Request::run(ActivityContext& context, const Input& input) {
  if (input.body && input.form_fields) return wrong("body 和 form_fields 只能写一个", "say either `body` or `form_fields`");
  QUANJI_TRY(const auto accept, Statuses::of(input.accept));
  QUANJI_TRY(auto request, request_of(context, sender_of(input)));
  QUANJI_DO(set_method(request, input.method));
  if ((input.body || input.form_fields) && (input.method == "GET" || input.method == "HEAD"))
    return wrong(input.method + " 没有请求体：参数写在 query", input.method + " has no body: parameters stand in `query`");
  if (input.body) QUANJI_DO(set_body(context, request, *input.body));
  if (input.form_fields) QUANJI_DO(set_form(context, request, *input.form_fields));
  return answer_of(context, request, accept);
}

ActivityInfo Upload::info() {
  ActivityInfo info;
  info.id = "http.upload";
  info.title = {"上传文件", "Upload a file"};
  info.sentence = {"上传文件（表单字段或请求体），不读入内存。",
                   "Uploads a file, as a form's field or the body, without taking it into memory."};
  info.effect = flow::Effect::once;
  say_common(info);
  info.errors = with(network_errors(), {unreadable, too_large, io_failed});
  info.examples = {{{"作为表单字段上传", "As a form's field"},
                    R"(- do: http.download
  with:
    url: =f"{server}/file/a,b"
    to: report.csv
- do: http.upload
  with:
    file: report.csv
    url: =f"{server}/echo"
    field: attachment
    form_fields: {day: 2026-11-20}
  save: {answer: body}
- return: {has_file: "='filename=\"report.csv\"' in answer['body']", has_day: "='2026-11-20' in answer['body']"}
)",
                    R"({"has_file":true,"has_day":true})"}};
  return info;
}
Outcome<Upload::Output> Upload::run(ActivityContext& context, const Input& input) {
  if (input.form_fields && !input.field)
    return wrong("有 form_fields 时要写 field：文件放在哪个字段", "with `form_fields`, `field` says which one holds the file");
  QUANJI_TRY(const auto accept, Statuses::of(input.accept));
  QUANJI_TRY(auto request, request_of(context, sender_of(input)));
  QUANJI_DO(set_method(request, input.method));
  if (input.method == "GET" || input.method == "HEAD") return wrong("上传用 POST 或 PUT", "an upload is a POST or PUT");
  QUANJI_DO(set_body(context, request, values::Value::of(input.file)));
  if (input.field) {
    auto path = std::move(request.body_path);
    request.body_path.clear();
    auto shown = file_name_of(path);
    request.parts.push_back({*input.field, {}, std::move(path), std::move(shown), "application/octet-stream"});
    QUANJI_DO(set_form(context, request, input.form_fields.value_or(values::Map())));
  }
  return answer_of(context, request, accept);
}

}  // namespace http

void add_http(Activities& to) {
  using namespace http;
  to.insert(to.end(), {engine::activity<Get>(), engine::activity<Request>(), engine::activity<Download>(), engine::activity<Upload>()});
}

}  // namespace quanji::activities
