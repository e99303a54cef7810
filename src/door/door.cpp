#include "door/door.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <charconv>

#include "base/encodings.h"
#include "base/fields_json.h"

namespace quanji::door {
namespace {

using base::Code;
using base::Error;
using base::Kind;
using base::Problems;
using base::Status;
using base::Text;

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
bool decode_query_text(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return false;
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return true;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;
Status parse_query(std::string_view query, Pairs& pairs) {
  while (!query.empty()) {
    const auto amp = query.find('&');
    auto piece = query.substr(0, amp);
    query = amp == std::string_view::npos ? std::string_view{} : query.substr(amp + 1);
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    std::string name, value;
    if (!decode_query_text(piece.substr(0, equals), name) ||
        !decode_query_text(equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1), value) ||
        !base::is_utf8(name) || !base::is_utf8(value))
      return Error(Code::unreadable_body, Text("查询参数的百分号编码或 UTF-8 不正确", "the query is not percent-encoded UTF-8"));
    for (const auto& [other, unused] : pairs)
      if (other == name)
        return Error(Code::invalid_field).with_field(std::string(base::utf8_beginning(name, 64)), Text("参数重复", "given twice"));
    pairs.emplace_back(std::move(name), std::move(value));
    if (pairs.size() > 64) return Error(Code::too_large, Text("查询参数过多（最多 64 个）", "too many query parameters (64 at most)"));
  }
  return {};
}

// The words every list understands.
void take_list_word(base::ListQuery& list, const base::ListShape& shape, const std::string& name, const std::string& value,
                    Problems& problems) {
  const auto number = [&](std::int64_t low, std::int64_t high, std::int64_t& out) {
    std::int64_t n = 0;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (ec != std::errc() || end != value.data() + value.size() || n < low || n > high)
      return problems.add(
          Code::invalid_field, name,
          {fmt::format("应为 {} 到 {} 之间的整数", low, high), fmt::format("must be a whole number between {} and {}", low, high)});
    out = n;
  };
  const auto time = [&](std::optional<base::Time>& out) {
    if (auto parsed = base::parse_time(value))
      out = *parsed;
    else
      problems.add(Code::invalid_field, name, parsed.error().message());
  };
  if (name == "page") return number(1, 10'000, list.page);
  if (name == "pageSize") return number(1, 200, list.page_size);
  if (name == "cursor") {
    if (value.size() > 1024) return problems.add(Code::invalid_field, name, {"不是本接口给出的游标", "is not a cursor of this list"});
    list.cursor = value;
    return;
  }
  if (name == "sort" && !shape.sorts.empty()) {
    const auto bare = std::string_view(value).substr(value.starts_with('-') ? 1 : 0);
    if (std::find(shape.sorts.begin(), shape.sorts.end(), bare) == shape.sorts.end()) {
      std::string allowed;
      for (const auto sort : shape.sorts) allowed += allowed.empty() ? std::string(sort) : fmt::format(", {}", sort);
      return problems.add(
          Code::invalid_field, name,
          {fmt::format("可按 {} 排序，前面加 - 为倒序", allowed), fmt::format("sorts by {}, with - in front for descending", allowed)});
    }
    list.sort = value;
    return;
  }
  if (name == "keyword" && shape.keyword) {
    if (value.empty() || value.size() > 200) return problems.add(Code::invalid_field, name, {"1 到 200 字节", "1 to 200 bytes"});
    list.keyword = value;
    return;
  }
  if (name == "createdFrom" && shape.created_range) return time(list.created_from);
  if (name == "createdTo" && shape.created_range) return time(list.created_to);
  for (const auto& filter : shape.filters) {
    if (filter.name != name) continue;
    // Checked by reading it into a value of its type; the list's own query reads it again from the text.
    const auto before = problems.found.size();
    base::check_text(*filter.type, value, name, problems);
    if (problems.found.size() == before) list.filters.push_back({name, value});
    return;
  }
  problems.add(Code::unknown_field, base::utf8_beginning(name, 64), {"没有这个查询参数", "there is no such query parameter"});
}

Status decode_list(Call& call, const Match& match, const Pairs& query) {
  auto& list = *static_cast<base::ListQuery*>(call.in.get());
  Problems problems;
  for (const auto& [name, text] : match.parameters) {
    base::Ulid ulid;
    const auto bar = text.find('_');
    if (bar == std::string::npos || !base::from_text(std::string_view(text).substr(bar + 1), ulid)) return Error(Code::not_found);
    list.within = ulid;
  }
  for (const auto& [name, value] : query) take_list_word(list, *call.operation->binding.list, name, value, problems);
  if (list.page > 0 && !list.cursor.empty())
    problems.add(Code::invalid_field, "cursor", {"page 与 cursor 只能给一个", "give page or cursor, not both"});
  return std::move(problems).as_status();
}

std::string_view reason_word(Code code) { return base::row_of(code).word; }

}  // namespace

bool good_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

namespace {
// "0", "1", "0.5", "0.125" as thousandths (RFC 9110, 12.4.2); nothing for what is no weight.
std::optional<int> thousandths(std::string_view weight) {
  if (weight.empty() || weight.size() > 5 || (weight[0] != '0' && weight[0] != '1') || (weight.size() > 1 && weight[1] != '.')) return {};
  int value = 0, scale = 1000;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (i == 1) continue;
    if (weight[i] < '0' || weight[i] > '9') return {};
    value += (weight[i] - '0') * scale;
    scale /= 10;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
// Whether a range such as "en" or "EN-gb" is of the language.
bool of_language(std::string_view range, std::string_view language) {
  if (range.size() < 2 || (range.size() > 2 && range[2] != '-')) return false;
  return (range[0] | 0x20) == language[0] && (range[1] | 0x20) == language[1];
}
}  // namespace

bool prefers_english(std::string_view accept) {
  // Weights in thousandths; of ranges of one language the highest counts, "*" for the language that is not named.
  std::optional<int> english, chinese, any;
  bool english_first = false;
  const auto note = [](std::optional<int>& kept, int weight) { kept = std::max(kept.value_or(0), weight); };
  while (!accept.empty()) {
    const auto comma = accept.find(',');
    const auto item = accept.substr(0, comma);
    accept = comma == std::string_view::npos ? std::string_view{} : accept.substr(comma + 1);
    const auto semicolon = item.find(';');
    const auto range = trimmed(item.substr(0, semicolon));
    int weight = 1000;
    if (semicolon != std::string_view::npos) {
      const auto parameter = trimmed(item.substr(semicolon + 1));
      if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
      const auto given = thousandths(parameter.substr(2));
      if (!given) continue;
      weight = *given;
    }
    if (of_language(range, "en")) {
      if (!english && !chinese) english_first = true;
      note(english, weight);
    } else if (of_language(range, "zh")) {
      note(chinese, weight);
    } else if (range == "*") {
      note(any, weight);
    }
  }
  if (!english && !chinese) return false;
  // Not acceptable at all (q=0) is less than not named.
  const auto rank = [&](const std::optional<int>& own) {
    if (own) return *own > 0 ? *own + 1 : 0;
    return any && *any > 0 ? *any + 1 : 1;
  };
  return rank(english) > rank(chinese) || (rank(english) == rank(chinese) && english_first);
}

void fill_absent(const base::FieldList& fields, void* object, std::uint64_t given, Problems& problems) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields.all()[i];
    if (((given >> i) & 1U) || (field.limits.flags & (base::in_path | base::read_only)) || field.ops->optional) continue;
    if (!field.limits.fallback.empty()) {
      auto text = field.limits.fallback;
      if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
      base::decode_text(field, object, text, problems);
    } else {
      problems.add(Code::invalid_field, fields.json_name(i), {"必填", "is required"});
    }
  }
}

Status decode_ask(Call& call, const Match& match) {
  const auto& operation = *call.operation;
  call.in = Value(*operation.binding.in);
  // No id and no name is anything but text: such a path leads nowhere.
  for (const auto& [name, text] : match.parameters)
    if (!base::is_utf8(text)) return Error(Code::not_found);
  Pairs query;
  QUANJI_DO(parse_query(call.ask.query, query));
  if (operation.binding.list) return decode_list(call, match, query);

  const auto& fields = operation.binding.in->fields();
  void* object = call.in.object();
  Problems problems;
  const bool taken_in = operation.binding.intake == Intake::body;
  const bool body_taken = !taken_in && (operation.verb == Verb::post || operation.verb == Verb::patch);
  if (body_taken) {
    // The body is read into memory of its own and thrown away at once with it.
    unsigned char buffer[8192];
    boost::json::monotonic_resource memory(buffer, sizeof buffer);
    boost::json::parse_options options;
    options.max_depth = 32;
    boost::json::error_code ec;
    boost::json::value body(&memory);
    if (call.ask.body.empty())
      body = boost::json::object(&memory);
    else
      body = boost::json::parse(call.ask.body, ec, &memory, options);
    if (ec)
      return Error(Code::unreadable_body, Text("请求体不是有效的 JSON（UTF-8）", "the body is not valid JSON in UTF-8"), ec.message());
    const bool partial = operation.binding.in->given != nullptr;
    base::decode(fields, object, body, problems, base::Side::request, base::Unknown::refuse,
                 partial ? operation.binding.in->given(call.in.get()) : nullptr, partial);
    for (const auto& [name, value] : query)
      problems.add(Code::unknown_field, base::utf8_beginning(name, 64), {"此接口没有查询参数", "this operation takes no query parameters"});
  } else {
    // A POST in the place of a DELETE may bring the empty object that gateways add.
    if (!taken_in && !call.ask.body.empty() && !(call.ask.verb == Verb::post && call.ask.body == "{}"))
      return Error(Code::unreadable_body, Text("此接口不接受请求体", "this operation takes no body"));
    std::uint64_t seen = 0;
    for (const auto& [name, value] : query) {
      const int i = fields.find_json(name);
      if (i < 0 || (fields.all()[static_cast<std::size_t>(i)].limits.flags & (base::in_path | base::read_only))) {
        problems.add(Code::unknown_field, base::utf8_beginning(name, 64), {"没有这个查询参数", "there is no such query parameter"});
        continue;
      }
      seen |= std::uint64_t{1} << i;
      base::decode_text(fields.all()[static_cast<std::size_t>(i)], object, value, problems);
    }
    call.given = seen;
    // A form brings more fields with its file; who takes it in asks again.
    if (!taken_in) fill_absent(fields, object, seen, problems);
  }
  for (const auto& [name, text] : match.parameters) {
    const int i = fields.find(name);
    if (i < 0) return Error(Code::bug, fmt::format("{}: the path names {{{}}} but the input has no such field", operation.id, name));
    base::decode_text(fields.all()[static_cast<std::size_t>(i)], object, text, problems);
  }
  return std::move(problems).as_status();
}

void encode_answer(Call& call) {
  call.encoded.clear();
  const auto& out = *call.operation->binding.out;
  const auto& fields = out.fields();
  base::encode(fields, call.out.object(), call.encoded);
  if (const int i = fields.find("revision"); i >= 0 && fields.all()[static_cast<std::size_t>(i)].ops->kind == Kind::integer)
    call.revision = *static_cast<const std::int64_t*>(fields.all()[static_cast<std::size_t>(i)].in(call.out.object()));
}

std::string failure_body(const Error& error, std::string_view request_id, bool english) {
  std::string out = fmt::format("{{\"code\":{},\"message\":", static_cast<unsigned>(error.code()));
  const auto& message = error.message();
  base::append_json_string(out, english ? message.en : message.zh);
  out += ",\"reason\":";
  base::append_json_string(out, reason_word(error.code()));
  out += ",\"requestId\":";
  base::append_json_string(out, request_id);
  if (!error.fields().empty()) {
    out += ",\"errors\":[";
    bool first = true;
    for (const auto& field : error.fields()) {
      out += first ? "{\"field\":" : ",{\"field\":";
      first = false;
      base::append_json_string(out, field.field);
      out += ",\"reason\":";
      base::append_json_string(out, english ? field.reason.en : field.reason.zh);
      out += '}';
    }
    out += ']';
  }
  out += '}';
  return out;
}

void Door::run(Ask ask, std::function<void(Answer)> reply) {
  take(std::move(ask), [this, reply = std::move(reply)](const CallPtr& call) { reply(http_answer(*call)); });
}

void Door::run_frame(Ask ask, std::function<void(const Call&)> answered) {
  take(std::move(ask), [this, answered = std::move(answered)](const CallPtr& call) {
    heard(*call, call->result ? 200 : base::row_of(call->result.error().code()).http);
    answered(*call);
  });
}

std::string Door::request_id(std::string_view wanted) {
  return good_request_id(wanted) ? std::string(wanted) : base::id_text("req", request_ids_.next());
}

void Door::take(Ask ask, Finish finish) {
  auto call = std::make_shared<Call>();
  call->ask = std::move(ask);
  call->started = clock_.monotonic();
  const auto& header = call->ask.header;
  call->request_id = request_id(header("x-request-id"));
  call->english = prefers_english(header("accept-language"));

  auto match = table_.find(call->ask.verb, call->ask.path);
  call->operation = match.operation;
  if (!match.operation) {
    if (match.other_verbs.empty()) {
      call->result = Error(Code::no_such_operation);
    } else {
      std::string allowed;
      for (const auto verb : match.other_verbs) allowed += allowed.empty() ? std::string(word(verb)) : fmt::format(", {}", word(verb));
      call->result =
          Error(Code::no_such_operation, Text(fmt::format("此路径支持的方法是 {}", allowed), fmt::format("this path takes {}", allowed)));
      call->status_override = 405;
      call->extra_headers.emplace_back("Allow", allowed);
    }
    return finish(call);
  }
  gate_.authenticate(call, [this, call, match = std::move(match), finish = std::move(finish)](Status known) {
    call->result = std::move(known);
    if (call->result) call->result = gate_.permit(*call);
    if (call->result) call->result = decode_ask(*call, match);
    if (call->result && call->operation->creates && call->operation->verb == Verb::post) {
      const auto key = call->ask.header("idempotency-key");
      if (key.size() > 128 || !std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; }))
        call->result = Error(Code::invalid_field)
                           .with_field("Idempotency-Key", Text("应为 1 到 128 个可见 ASCII 字符", "1 to 128 visible ASCII characters"));
      else
        call->idempotency_key = key;
    }
    if (!call->result) return finish(call);
    call->out = Value(*call->operation->binding.out);
    work_.run(call, [call, finish] {
      if (call->ask.home)
        call->ask.home([call, finish] { finish(call); });
      else
        finish(call);
    });
  });
}

void Door::heard(const Call& call, int status) { ear_.answered(call, status, clock_.monotonic() - call.started); }

Answer Door::http_answer(Call& call) {
  Answer answer;
  answer.headers = std::move(call.extra_headers);
  if (call.result) {
    answer.status = call.status_override ? call.status_override : call.operation->creates && call.operation->verb == Verb::post ? 201 : 200;
    if (call.revision >= 0) {
      auto tag = fmt::format("\"{}\"", call.revision);
      if (call.operation->verb == Verb::get && call.ask.header("if-none-match") == tag) answer.status = 304;
      answer.headers.emplace_back("ETag", std::move(tag));
    }
    if (call.pieces) {
      answer.pieces = std::move(call.pieces);
      answer.content_type = call.content_type;
    } else if (answer.status != 304) {
      answer.body.reserve(call.encoded.size() + 96);
      answer.body = R"({"code":0,"message":"ok","requestId":")";
      answer.body += call.request_id;
      answer.body += R"(","data":)";
      answer.body += call.encoded.empty() ? "null" : call.encoded;
      answer.body += '}';
    }
  } else {
    const auto& error = call.result.error();
    answer.status = call.status_override ? call.status_override : base::row_of(error.code()).http;
    answer.body = failure_body(error, call.request_id, call.english);
    if (error.retry_after_seconds() > 0) answer.headers.emplace_back("Retry-After", std::to_string(error.retry_after_seconds()));
  }
  if (call.operation && !call.operation->deprecated_since.empty()) {
    answer.headers.emplace_back("Deprecation", std::string(call.operation->deprecated_since));
    if (!call.operation->sunset.empty()) answer.headers.emplace_back("Sunset", std::string(call.operation->sunset));
  }
  answer.headers.emplace_back("X-Request-Id", call.request_id);
  const int truth = answer.status;
  if (call.always_200 && truth != 304) answer.status = 200;
  heard(call, truth);
  return answer;
}

}  // namespace quanji::door
