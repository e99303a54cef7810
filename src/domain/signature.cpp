#include "domain/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace quanji::domain {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

constexpr std::string_view sha256_name = "QJ1-HMAC-SHA256", sm3_name = "QJ1-HMAC-SM3";

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
int lower_hex(char c) { return digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }
int any_hex(char c) { return c >= 'A' && c <= 'F' ? c - 'A' + 10 : lower_hex(c); }
bool visible(char c) { return c > ' ' && c < 0x7F; }

Error bad(std::string zh, std::string en) { return Error(Code::bad_signature, Text(std::move(zh), std::move(en))); }

// A query's escapes undone; false when one is broken.
bool undo(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return false;
      const int high = any_hex(text[i + 1]), low = any_hex(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return true;
}

}  // namespace

std::string_view to_text(SignatureAlgorithm algorithm) { return algorithm == SignatureAlgorithm::hmac_sm3 ? sm3_name : sha256_name; }
base::Hash hash_of(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::hmac_sm3 ? base::Hash::sm3 : base::Hash::sha256;
}
base::Mac mac_of(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::hmac_sm3 ? base::Mac::hmac_sm3 : base::Mac::hmac_sha256;
}

bool is_nonce(std::string_view text) {
  return text.size() >= 16 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return letter(c) || digit(c) || c == '_' || c == '-'; });
}
bool is_access_key(std::string_view text) {
  return text.size() == 24 && text.starts_with("QJAK") &&
         std::all_of(text.begin() + 4, text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); });
}

Result<SignedRequest> parse_signature(const SignatureHeaders& headers) {
  SignedRequest out;
  if (!is_access_key(headers.access_key))
    return bad("X-Access-Key 应为 QJAK 加 20 个字母数字", "X-Access-Key must be QJAK and 20 characters of base32");
  out.access_key = headers.access_key;

  const auto& time = headers.timestamp;
  const auto [end, ec] = std::from_chars(time.data(), time.data() + time.size(), out.timestamp);
  // One text for one value: no sign, no leading zero, so that the bytes signed are the bytes read.
  if (ec != std::errc() || end != time.data() + time.size() || time.size() > 12 || !digit(time.front()) ||
      (time.front() == '0' && time.size() > 1))
    return bad("X-Timestamp 应为 Unix 时间（秒）", "X-Timestamp must be Unix time in seconds");
  if (!is_nonce(headers.nonce))
    return bad("X-Nonce 应为 16 到 64 个字母、数字、- 或 _", "X-Nonce must be 16 to 64 letters, digits, - or _");
  out.nonce = headers.nonce;
  if (headers.on_behalf_of.size() > 64 || !std::all_of(headers.on_behalf_of.begin(), headers.on_behalf_of.end(), visible))
    return bad("X-On-Behalf-Of 应为用户标识或员工号", "X-On-Behalf-Of must be a user id or an employee number");
  out.on_behalf_of = headers.on_behalf_of;

  const auto wrong_form = [] {
    return bad("X-Signature 应为 QJ1-HMAC-SHA256 或 QJ1-HMAC-SM3、一个空格和 64 位小写十六进制",
               "X-Signature must be QJ1-HMAC-SHA256 or QJ1-HMAC-SM3, a space and 64 lower-case hex digits");
  };
  const auto space = headers.signature.find(' ');
  if (space == std::string_view::npos) return wrong_form();
  const auto name = headers.signature.substr(0, space), tag = headers.signature.substr(space + 1);
  if (name == sha256_name)
    out.algorithm = SignatureAlgorithm::hmac_sha256;
  else if (name == sm3_name)
    out.algorithm = SignatureAlgorithm::hmac_sm3;
  else
    return wrong_form();
  if (tag.size() != 2 * out.tag.size()) return wrong_form();
  for (std::size_t i = 0; i < out.tag.size(); ++i) {
    const int high = lower_hex(tag[2 * i]), low = lower_hex(tag[2 * i + 1]);
    if (high < 0 || low < 0) return wrong_form();
    out.tag[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (letter(c) || digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

Result<std::string> canonical_query(std::string_view query) {
  if (query.size() > canonical_query_limit) return Error(Code::too_large, Text("查询参数过长", "the query is too long"));
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string plain;
  const auto again = [&](std::string_view text, std::string& out) {
    if (!undo(text, plain)) return false;
    append_percent_encoded(out, plain);
    return true;
  };
  while (!query.empty()) {
    const auto amp = query.find('&');
    const auto piece = query.substr(0, amp);
    query = amp == std::string_view::npos ? std::string_view{} : query.substr(amp + 1);
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    auto& [name, value] = pairs.emplace_back();
    if (!again(piece.substr(0, equals), name) ||
        !again(equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1), value))
      return bad("查询参数的百分号编码不正确", "the query's percent-encoding is broken");
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

Result<std::string> string_to_sign(const SignatureSubject& subject) {
  if (!std::all_of(subject.path.begin(), subject.path.end(), [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7F; }))
    return bad("路径含有控制字符或空格", "the path holds a control character or a space");
  QUANJI_TRY(const auto query, canonical_query(subject.query));
  const auto digest = subject.body_digest.empty() ? base::hex(base::digest(hash_of(subject.algorithm), base::bytes_of(subject.body)))
                                                  : std::string(subject.body_digest);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", to_text(subject.algorithm), subject.method, subject.path, query, subject.timestamp,
                     subject.nonce, subject.on_behalf_of, digest);
}

Status check_timestamp(std::int64_t timestamp, base::Time now) {
  const auto seconds = now.micros / 1'000'000;
  if (timestamp >= seconds - signature_window_seconds && timestamp <= seconds + signature_window_seconds) return {};
  return bad(fmt::format("X-Timestamp 与平台时间 {} 相差超过 {} 秒，请校准时钟", seconds, signature_window_seconds),
             fmt::format("X-Timestamp is more than {} s away from the platform's time {}; set the clock right", signature_window_seconds,
                         seconds));
}

}  // namespace quanji::domain
