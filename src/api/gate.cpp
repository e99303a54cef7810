#include "api/gate.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "api/gate_parts.h"
#include "api/proof_work.h"
#include "domain/permissions.h"
#include "services/authority.h"
#include "storage/queries.h"

namespace quanji::api {

using base::Code;
using base::Error;
using base::Status;
using base::Text;
using services::TokenKind;
using storage::View;
namespace settings = services::settings;

namespace {

Error not_signed_in() { return Error(Code::not_signed_in); }
Error token_no_good() {
  return Error(Code::not_signed_in, Text("登录已失效，请重新登录", "the sign-in is no longer valid: sign in again"));
}

std::string_view cookie_value(std::string_view header) {
  while (!header.empty()) {
    const auto end = header.find(';');
    auto piece = header.substr(0, end);
    while (piece.starts_with(' ')) piece.remove_prefix(1);
    if (piece.size() > session_cookie.size() && piece.starts_with(session_cookie) && piece[session_cookie.size()] == '=')
      return piece.substr(session_cookie.size() + 1);
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
  }
  return {};
}

// "12", with or without quotes and W/. What is something else is a revision that never was.
std::optional<std::int64_t> revision_in(std::string_view header) {
  if (header.empty() || header == "*") return {};
  if (header.starts_with("W/")) header.remove_prefix(2);
  if (header.size() >= 2 && header.front() == '"' && header.back() == '"') header = header.substr(1, header.size() - 2);
  std::int64_t revision = -1;
  const auto [end, ec] = std::from_chars(header.data(), header.data() + header.size(), revision);
  return ec == std::errc() && end == header.data() + header.size() ? revision : -1;
}

bool one_of(std::string_view id, std::initializer_list<std::string_view> ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

}  // namespace
std::size_t PlatformGate::DigestHash::operator()(const base::Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

PlatformGate::PlatformGate(storage::Store& store, base::Clock& clock, std::shared_ptr<const services::SecretBox> box,
                           const std::vector<const door::Table*>& tables, GateOptions options)
    : store_(store),
      clock_(clock),
      box_(std::move(box)),
      options_(std::move(options)),
      started_(clock.now()),
      reaches_(std::make_shared<Reaches>()) {
  std::uint64_t number = 0;
  for (const auto* table : tables)
    for (const auto& operation : table->all()) {
      auto& needs = needs_[operation.get()];
      const auto id = operation->id;
      needs.number = ++number;
      if (operation->needs() != "-" && operation->entry == door::Entry::signed_in) {
        const auto permission = domain::permission_number(operation->needs());
        needs.unpublished = !permission;
        needs.permission = permission.value_or(SIZE_MAX);
      }
      const auto needed = operation->needs() == "-" ? operation->group() : operation->needs().substr(0, operation->needs().find('.'));
      needs.read_permission = domain::permission_number(std::string(needed) + ".read").value_or(SIZE_MAX);
      needs.when_locked = one_of(id, {"auth.me", "auth.logout", "session.unlock"});
      needs.when_password_owed = one_of(id, {"auth.me", "auth.logout", "auth.password"});
      needs.when_factor_owed = one_of(id, {"auth.me", "auth.logout", "auth.password", "auth.totp_enrol", "auth.totp_confirm"});
      needs.spends_in_change =
          operation->binding.kind == door::OpKind::change || (operation->binding.kind == door::OpKind::read && !operation->audit.empty());
      if (const auto own = options_.operation_per_second.find(std::string(id)); own != options_.operation_per_second.end())
        needs.own_per_second = own->second;
    }
  reaches_->gate = this;
  listening_ = services::listen_to_sign_ins([reaches = reaches_](const services::SignInChange& what) {
    const std::lock_guard alive(reaches->mutex);
    if (reaches->gate) reaches->gate->forget(what);
  });
  person_rate_ = settings::known_integer("limits.person_per_second");
  client_rate_ = settings::known_integer("limits.client_per_second");
  report_rate_ = settings::known_integer("limits.report_per_second");
  robot_rate_ = settings::known_integer("limits.robot_per_second");
}

PlatformGate::~PlatformGate() {
  listening_.reset();
  const std::lock_guard lock(reaches_->mutex);
  reaches_->gate = nullptr;
}

const PlatformGate::Needs& PlatformGate::needs_of(const door::Operation& operation) const {
  static const Needs nothing_known = [] {
    Needs needs;
    needs.unpublished = true;
    return needs;
  }();
  const auto found = needs_.find(&operation);
  return found == needs_.end() ? nothing_known : found->second;
}

void PlatformGate::authenticate(door::CallPtr call, Done done) {
  const auto& header = call->ask.header;
  if (const auto bearer = header("authorization"); !bearer.empty()) {
    constexpr std::string_view scheme = "Bearer ";
    if (!bearer.starts_with(scheme))
      return nobody(call, Error(Code::not_signed_in, Text("Authorization 应为 Bearer 加令牌", "Authorization must be Bearer and a token")),
                    done);
    return by_token(call, bearer.substr(scheme.size()), TokenKind::access, std::move(done));
  }
  const domain::SignatureHeaders signature{header("x-access-key"), header("x-timestamp"), header("x-nonce"), header("x-signature"),
                                           header("x-on-behalf-of")};
  if (signature.any()) return by_signature(call, signature, std::move(done));
  if (const auto cookie = cookie_value(header("cookie")); !cookie.empty())
    return by_token(call, cookie, TokenKind::cookie, std::move(done));
  nobody(call, not_signed_in(), done);
}

void PlatformGate::nobody(const door::CallPtr& call, Error why, const Done& done, Known known) {
  const auto& operation = *call->operation;
  auto caller = std::make_shared<GateCaller>();
  caller->address = call->ask.address;
  caller->request_id = call->request_id;
  caller->operation = operation.id;
  caller->english = call->english;
  call->caller = std::static_pointer_cast<domain::Caller>(std::move(caller));
  if (operation.entry == door::Entry::open) return done({});
  if (known == Known::yes) return done(std::move(why));
  // Whoever shows wrong tokens costs a look at the store: the address has a budget.
  const auto verdict = rates_.take(RateLimits::key_of(call->ask.address, 0), RateRule::of(options_.open_per_second), clock_.monotonic());
  if (!verdict.allowed) return done(Error(Code::too_many_calls).with_retry_after(verdict.retry_after_seconds));
  done(std::move(why));
}

Status PlatformGate::let_in(door::Call& call, const IdentityPtr& identity) {
  const auto& operation = *call.operation;
  const auto& needs = needs_of(operation);
  auto& who = *identity;
  const auto now = clock_.now();
  if (who.expires_at <= now) return token_no_good();
  if (!who.addresses.empty() && !who.addresses.allows(call.ask.address)) return Error(Code::address_not_allowed);
  if (who.channel == domain::Channel::session && operation.verb != door::Verb::get &&
      !base::equal_in_constant_time(who.csrf, call.ask.header("x-csrf-token")))
    return Error(Code::not_permitted,
                 Text("缺少或错误的 X-Csrf-Token，请刷新页面", "X-Csrf-Token is missing or wrong: load the page again"));
  if (who.idle_micros > 0) {
    if (who.locked) {
      if (!needs.when_locked)
        return Error(Code::locked_out, Text("会话因长时间无操作已锁定，请输入密码或动态口令解锁",
                                            "the session is locked after idling: unlock it by password or code"));
    } else if (call.ask.header("x-quanji-passive").empty()) {
      // What a page asks for by itself is not the person's doing and keeps nothing awake.
      who.seen_at.store(now.micros, std::memory_order_relaxed);
    }
  } else {
    who.seen_at.store(now.micros, std::memory_order_relaxed);
  }
  if (who.owed == services::Owed::new_password && !needs.when_password_owed)
    return Error(Code::not_permitted, Text("请先修改密码", "the password must be changed first"));
  if (who.owed == services::Owed::second_factor && !needs.when_factor_owed)
    return Error(Code::totp_required, Text("请先绑定动态口令", "a second factor must be set up first"));

  auto caller = std::make_shared<GateCaller>();
  caller->kind = who.kind;
  caller->channel = who.channel;
  caller->user = who.user;
  caller->client = who.client;
  caller->session = who.session;
  caller->account = who.account;
  caller->on_behalf_of = who.on_behalf_of;
  caller->department = who.department;
  caller->authority = who.authority;
  caller->permission = needs.permission;
  caller->read_permission = needs.read_permission;
  caller->address = call.ask.address;
  caller->request_id = call.request_id;
  caller->operation = operation.id;
  caller->if_match = revision_in(call.ask.header("if-match"));
  caller->english = call.english;
  caller->rate_per_second = who.rate_per_second;
  caller->every_read_audited = who.every_read_audited;
  call.always_200 = who.always_ok;
  call.caller = std::static_pointer_cast<domain::Caller>(std::move(caller));
  return {};
}

void PlatformGate::by_token(const door::CallPtr& call, std::string_view token, TokenKind kind, Done done) {
  // An open operation (signing in) is not barred by a stale cookie or a missing CSRF token: its caller is then nobody.
  const auto settle = [this, call](const IdentityPtr& identity, const Done& then) {
    auto status = identity ? let_in(*call, identity) : Status(token_no_good());
    if (!status) return nobody(call, std::move(status).error(), then, identity ? Known::yes : Known::no);
    if (const auto behalf = call->ask.header("x-on-behalf-of");
        !behalf.empty() && (identity->kind != domain::CallerKind::client || behalf != identity->user.text()))
      return then(
          Error(Code::not_permitted, Text("令牌在获取时已确定代表谁，X-On-Behalf-Of 只能用于签名请求",
                                          "a token is bound to its person when it is got: X-On-Behalf-Of goes with signed requests")));
    enter(call, then);
  };
  constexpr std::size_t longest_token = 128;
  if (token.empty() || token.size() > longest_token) return nobody(call, token_no_good(), done);
  thread_local base::Hasher hasher(base::Hash::sha256);
  const auto hash = hasher.add(token).finish();
  {
    auto& shard = shard_of(hash);
    IdentityPtr known;
    {
      const std::lock_guard lock(shard.mutex);
      if (const auto found = shard.tokens.find(hash); found != shard.tokens.end()) known = found->second;
    }
    // Found idle here, the person may have been active on another node: the store knows.
    const bool suspicious =
        known && known->idle_micros > 0 && !known->locked && clock_.now().micros - known->seen_at.load() > known->idle_micros;
    if (known && fresh(*known) && !suspicious && (known->channel == domain::Channel::session) == (kind == TokenKind::cookie))
      return settle(known, done);
  }
  auto found = std::make_shared<IdentityPtr>();
  const auto before = forgotten_.load();
  storage::ViewJob job;
  job.body = [this, hash, kind, found](const View& view) -> Status {
    QUANJI_TRY(*found, load_token(view, hash, kind));
    return {};
  };
  job.done = [this, settle, hash, before, call, found, done = std::move(done)](Status status) {
    if (!status) return done(std::move(status));
    if (*found && before == forgotten_.load()) {
      auto& shard = shard_of(hash);
      const std::lock_guard lock(shard.mutex);
      if (shard.tokens.size() >= options_.remembered / shards) shard.tokens.clear();
      if (const auto old = shard.tokens.find(hash); old != shard.tokens.end()) {
        // What this node saw since it last wrote is newer than what the store knows.
        (*found)->seen_at = std::max((*found)->seen_at.load(), old->second->seen_at.load());
        (*found)->locked = (*found)->locked && clock_.now().micros - (*found)->seen_at.load() > (*found)->idle_micros;
      }
      shard.tokens[hash] = *found;
    }
    settle(*found, done);
  };
  store_.submit(std::move(job));
}

}  // namespace quanji::api
