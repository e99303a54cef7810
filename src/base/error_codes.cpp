#include "base/result.h"

namespace quanji::base {

const std::vector<CodeRow>& code_table() {
  static const std::vector<CodeRow> table = {
      {Code::not_signed_in, "not_signed_in", 401, {"请先登录。", "Sign in first."}},
      {Code::wrong_credentials, "wrong_credentials", 401, {"账号或口令不正确。", "Account or password is wrong."}},
      {Code::locked_out, "locked_out", 401, {"失败次数过多，暂时锁定，请稍后再试。", "Too many failures: locked for a while, try later."}},
      {Code::bad_signature, "bad_signature", 401, {"请求签名不正确。", "The request's signature is wrong."}},
      {Code::replayed,
       "replayed",
       401,
       {"该请求已经发送过，或时间戳已过期。", "This request was sent before, or its timestamp is too old."}},
      {Code::not_permitted, "not_permitted", 403, {"没有执行此操作的权限。", "You may not do this."}},
      {Code::address_not_allowed, "address_not_allowed", 403, {"来源地址不在允许范围内。", "Calls from this address are not allowed."}},
      {Code::totp_required, "totp_required", 401, {"需要动态口令。", "A one-time code is needed."}},
      {Code::invalid_field, "invalid_field", 422, {"有字段不符合要求。", "Some fields are not as they should be."}},
      {Code::unknown_field, "unknown_field", 422, {"有无法识别的字段或参数。", "There are fields or parameters that are not known."}},
      {Code::unreadable_body, "unreadable_body", 400, {"请求内容无法读取。", "The request cannot be read."}},
      {Code::wrong_id_type, "wrong_id_type", 422, {"标识的类型不对。", "The id is of another kind of thing."}},
      {Code::too_large, "too_large", 413, {"内容超过大小限制。", "Larger than the limit."}},
      {Code::wrong_state, "wrong_state", 409, {"当前状态不允许此操作。", "Not possible in the present state."}},
      {Code::name_taken, "name_taken", 409, {"名称已被使用。", "The name is taken."}},
      {Code::still_referenced, "still_referenced", 409, {"仍被引用，不能删除。", "Still in use, so it cannot be deleted."}},
      {Code::idempotency_conflict,
       "idempotency_conflict",
       409,
       {"同一幂等键已用于不同的内容。", "This idempotency key was used with another body."}},
      {Code::changed_meanwhile,
       "changed_meanwhile",
       412,
       {"数据已被他人修改，请刷新后重试。", "Changed by somebody else meanwhile: read it again."}},
      {Code::stale_token, "stale_token", 409, {"令牌已失效，任务已另行分配。", "The token is stale: the work was given to another."}},
      {Code::calendar_unknown, "calendar_unknown", 409, {"日历未覆盖该日期。", "The calendar does not reach this date."}},
      {Code::frozen, "frozen", 409, {"处于封网窗口，暂不允许变更。", "Frozen: changes are not allowed in this window."}},
      {Code::stopped_by_emergency, "stopped_by_emergency", 409, {"已被紧急停止。", "Stopped by an emergency stop."}},
      {Code::not_found, "not_found", 404, {"对象不存在。", "There is no such thing."}},
      {Code::no_such_operation, "no_such_operation", 404, {"没有这个接口。", "There is no such operation."}},
      {Code::robot_unreachable, "robot_unreachable", 503, {"机器人暂时无法连接。", "The robot cannot be reached."}},
      {Code::package_refused, "package_refused", 422, {"流程包未通过检查。", "The package was refused."}},
      {Code::requirement_missing, "requirement_missing", 409, {"缺少运行所需的资源。", "Something it needs is missing."}},
      {Code::not_supported, "not_supported", 501, {"不支持此功能。", "Not supported."}},
      {Code::too_many_calls, "too_many_calls", 429, {"调用过于频繁，请稍后再试。", "Too many calls: try later."}},
      {Code::waiting_limit, "waiting_limit", 429, {"等待数量已达上限。", "The waiting limit is reached."}},
      {Code::no_licence, "no_licence", 409, {"没有可用的许可。", "No licence is free."}},
      {Code::audit_unavailable,
       "audit_unavailable",
       503,
       {"审计无法写入，已拒绝变更。", "Audit cannot be written, so nothing was changed."}},
      {Code::store_unavailable, "store_unavailable", 503, {"数据库暂时不可用，请稍后再试。", "The database is not available: try later."}},
      {Code::bug,
       "bug",
       500,
       {"平台内部错误，请凭请求编号联系管理员。", "An error inside the platform: tell the administrator the request id."}},
  };
  return table;
}

const CodeRow& row_of(Code code) {
  for (const auto& row : code_table())
    if (row.code == code) return row;
  return code_table().back();
}

Error::Error(Code code, std::string detail) : Error(code, Text(row_of(code).sentence), std::move(detail)) {}
Error::Error(Code code, Text message, std::string detail)
    : body_(std::make_unique<Body>(Body{code, std::move(message), std::move(detail), {}, 0})) {}
Error Error::clone() const {
  Error copy(code(), message(), detail());
  *copy.body_ = *body_;
  return copy;
}
Error&& Error::with_field(std::string field, Text reason) && {
  body_->fields.push_back({std::move(field), std::move(reason)});
  return std::move(*this);
}
Error&& Error::with_fields(std::vector<FieldProblem> fields) && {
  body_->fields = std::move(fields);
  return std::move(*this);
}
Error&& Error::with_retry_after(std::int64_t seconds) && {
  body_->retry_after_seconds = seconds;
  return std::move(*this);
}

}  // namespace quanji::base
