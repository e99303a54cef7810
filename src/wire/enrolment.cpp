#include "wire/enrolment.h"

#include <algorithm>

#include "base/bytes.h"

namespace quanji::wire {

using base::Code;
using base::Error;
using base::Result;

namespace {
constexpr std::string_view prefix = "qje_";
constexpr std::size_t secret_length = 43;  // 32 bytes in base64url
Error not_a_code() {
  return Error(Code::wrong_credentials, base::Text("注册码不完整：应为 qje_ 加 43 个字符、一个点、32 个十六进制数字；请从平台整段复制",
                                                   "the enrolment code is not whole: qje_, 43 characters, a point and 32 hexadecimal "
                                                   "digits; copy it from the platform as it stands"));
}
}  // namespace

QUANJI_FIELDS(EnrolRequest, QF(code, "注册码", "Enrolment code", .max = 64),
              QF(name, "机器人名称", "Name of the robot", .max = 63, .pattern = &base::name_pattern),
              QF(request, "证书请求", "Certificate request", .max = 8192), QF(version, "程序版本", "Version of the program", .max = 32),
              QF(os, "操作系统", "Operating system", .max = 200), QF(arch, "处理器架构", "Processor architecture", .max = 32),
              QF(slots, "可同时执行的任务数", "Tasks it can run at once", .min = 1, .max = 64))

QUANJI_FIELDS(EnrolAnswer, QF(robot, "机器人标识", "Id of the robot"), QF(name, "机器人名称", "Name of the robot", .max = 63),
              QF(certificate, "证书", "Certificate", .max = 16384),
              QF(authority, "平台根证书", "Certificate of the platform's authority", .max = 16384),
              QF(renew_after, "到期前应更新的时间", "Renew after"))

Result<EnrolmentCode> EnrolmentCode::parse(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos || !text.starts_with(prefix) || point != prefix.size() + secret_length) return not_a_code();
  auto bytes = base::from_base64url(text.substr(prefix.size(), secret_length));
  if (!bytes || bytes->size() != 32) return not_a_code();
  base::wipe(*bytes);
  const auto digits = text.substr(point + 1);
  auto authority = base::from_hex(digits);
  if (!authority || authority->size() != 16) return not_a_code();
  EnrolmentCode code;
  code.secret = base::Secret(text.substr(0, point));
  std::copy(authority->begin(), authority->end(), code.authority.begin());
  return code;
}

EnrolmentCode EnrolmentCode::make(base::Random& random, const base::Digest& authority_spki) {
  auto bytes = base::Secret::random(random, 32);
  auto text = std::string(prefix) + base::base64url(bytes.reveal_bytes());
  EnrolmentCode code;
  code.secret = base::Secret::take(text);
  std::copy_n(authority_spki.begin(), code.authority.size(), code.authority.begin());
  return code;
}

base::Secret EnrolmentCode::text() const {
  auto whole = std::string(secret.reveal()) + "." + base::hex(authority);
  return base::Secret::take(whole);
}

bool EnrolmentCode::names(const base::Digest& authority_spki) const {
  return std::equal(authority.begin(), authority.end(), authority_spki.begin());
}

base::Secret enrol_body(const EnrolRequest& request) {
  auto rest = base::to_json(request);  // {"name":…}: the encoder leaves secrets out
  std::string body;
  body.reserve(rest.size() + request.code.size() + 16);
  body = "{\"code\":";
  base::append_json_string(body, request.code.reveal());
  body += ",";
  body += std::string_view(rest).substr(1);
  return base::Secret::take(body);
}

}  // namespace quanji::wire
