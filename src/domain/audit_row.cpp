#include "domain/audit_row.h"

#include <boost/json.hpp>
#include <charconv>

#include "base/fields_json.h"

namespace quanji::domain {
namespace {

void put_number(base::Bytes& out, std::int64_t n) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(n) >> shift));
}

// The members in the order of their JSON names: the canonical form is written and read by this one list.
template <class Row, class Visitor>
void each_member(Row& row, Visitor&& visit) {
  visit("account", row.account);
  visit("actor", row.actor);
  visit("address", row.address);
  visit("after", row.after);
  visit("afterDigest", row.after_digest);
  visit("algorithm", row.algorithm);
  visit("approval", row.approval);
  visit("at", row.at.micros);
  visit("audit", row.audit);
  visit("before", row.before);
  visit("beforeDigest", row.before_digest);
  visit("callerKind", row.caller_kind);
  visit("channel", row.channel);
  visit("count", row.count);
  visit("department", row.department);
  visit("id", row.id);
  visit("keyId", row.key_id);
  visit("onBehalfOf", row.on_behalf_of);
  visit("operation", row.operation);
  visit("reason", row.reason);
  visit("requestId", row.request_id);
  visit("result", row.result);
  visit("target", row.target);
  visit("targetName", row.target_name);
}

struct Writer {
  std::string& out;
  void name(std::string_view n) {
    out += out.empty() ? '{' : ',';
    out += '"';
    out += n;
    out += "\":";
  }
  void operator()(std::string_view n, const std::string& v) {
    name(n);
    append_exact_json_string(out, v);
  }
  void operator()(std::string_view n, std::int64_t v) {
    name(n);
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
  }
  void operator()(std::string_view n, const AuditId& v) {
    name(n);
    append_exact_json_string(out, v.text());
  }
  void operator()(std::string_view n, const std::optional<DepartmentId>& v) {
    name(n);
    if (v)
      append_exact_json_string(out, v->text());
    else
      out += "null";
  }
};

struct Reader {
  const boost::json::object& from;
  std::string trouble{};
  std::size_t seen = 0;
  const boost::json::value* find(std::string_view n) {
    const auto* found = from.if_contains(n);
    if (!found && trouble.empty()) trouble = std::string(n) + " is missing";
    if (found) ++seen;
    return found;
  }
  void wrong(std::string_view n) {
    if (trouble.empty()) trouble = std::string(n) + " has the wrong type";
  }
  void operator()(std::string_view n, std::string& v) {
    const auto* found = find(n);
    if (!found) return;
    if (const auto* text = found->if_string())
      v.assign(text->data(), text->size());
    else
      wrong(n);
  }
  void operator()(std::string_view n, std::int64_t& v) {
    const auto* found = find(n);
    if (!found) return;
    if (const auto* number = found->if_int64())
      v = *number;
    else
      wrong(n);
  }
  void operator()(std::string_view n, AuditId& v) {
    const auto* found = find(n);
    if (!found) return;
    if (const auto* text = found->if_string(); !text || !base::parse_id({text->data(), text->size()}, "aud", v.ulid)) wrong(n);
  }
  void operator()(std::string_view n, std::optional<DepartmentId>& v) {
    const auto* found = find(n);
    if (!found) return;
    v.reset();
    if (found->is_null()) return;
    if (const auto* text = found->if_string(); !text || !base::parse_id({text->data(), text->size()}, "dep", v.emplace().ulid)) wrong(n);
  }
};

}  // namespace

void append_exact_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (;;) {
    const auto plain = base::plain_json_prefix(text);
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    const auto c = static_cast<unsigned char>(text[plain]);
    text.remove_prefix(plain + 1);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == 0x7f) {
      out += static_cast<char>(c);
    } else {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  out += '"';
}

std::string canonical_json(const AuditRow& row) {
  std::string out;
  out.reserve(700 + row.before.size() + row.after.size());
  each_member(row, Writer{out});
  out += '}';
  return out;
}

base::Result<AuditRow> parse_audit_row(std::string_view canonical) {
  QUANJI_TRY(const auto value, base::parse_json(canonical));
  const auto* object = value.if_object();
  if (!object) return base::Error(base::Code::unreadable_body, "an audit row is a JSON object");
  AuditRow row;
  Reader reader{*object};
  each_member(row, reader);
  if (reader.trouble.empty() && reader.seen != object->size()) reader.trouble = "there are members that are not known";
  if (!reader.trouble.empty()) return base::Error(base::Code::unreadable_body, "audit row: " + reader.trouble);
  return row;
}

base::Digest leaf_digest(base::Hash hash, const AuditLeaf& leaf) {
  base::Bytes message;
  message.reserve(5 + 16 + leaf.mac.size());
  for (const char c : std::string_view("QJAL1")) message.push_back(static_cast<std::uint8_t>(c));
  put_number(message, leaf.place);
  put_number(message, leaf.seq);
  message.insert(message.end(), leaf.mac.begin(), leaf.mac.end());
  return base::digest(hash, message);
}

base::Hash hash_of(base::Mac mac) { return mac == base::Mac::hmac_sm3 ? base::Hash::sm3 : base::Hash::sha256; }

}  // namespace quanji::domain
