#include "api/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "api/proof_work.h"
#include "base/log.h"
#include "domain/permissions.h"
#include "services/authority.h"
#include "services/settings.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::api {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using services::TokenKind;
using storage::View;
namespace settings = services::settings;

// Somebody who was recognised; everything but the atomics is constant, so that calls share it.
struct PlatformGate::Identity {
  domain::CallerKind kind = domain::CallerKind::nobody;
  domain::Channel channel = domain::Channel::bearer;
  domain::UserId user;
  domain::ApiClientId client;
  domain::SessionId session;
  std::string account, on_behalf_of;
  domain::DepartmentId department;
  std::shared_ptr<const domain::Authority> authority;
  std::uint64_t generation = 0;
  base::Time expires_at;
  std::string csrf;              // of a cookie
  std::int64_t idle_micros = 0;  // 0: never locks
  bool locked = false;
  services::Owed owed = services::Owed::nothing;
  domain::AddressList addresses;
  bool always_ok = false;
  std::int64_t rate_per_second = 0;         // 0: the rule of its kind
  std::atomic<std::int64_t> seen_at{0};     // the last call the person made
  std::atomic<std::int64_t> written_at{0};  // what of it the store knows
};

struct PlatformGate::KeyEntry {
  KeyEntry(IdentityPtr who, const base::Secret& secret)
      : identity(std::move(who)), sha256(base::Mac::hmac_sha256, secret), sm3(base::Mac::hmac_sm3, secret) {}
  IdentityPtr identity;
  std::mutex mutex;
  base::MacKey sha256, sm3;  // guarded by mutex
};

// What one operation asks of its caller, worked out once.
struct PlatformGate::Needs {
  std::size_t permission = SIZE_MAX, read_permission = SIZE_MAX;
  bool unpublished = false;  // needs a permission that nobody can hold
  bool when_locked = false;  // answered in a locked session
  bool when_password_owed = false;
  bool when_factor_owed = false;
  bool spends_in_change = false;  // its nonce is a row of its own transaction
  std::uint64_t number = 0;
  std::int64_t own_per_second = 0;
};

struct PlatformGate::GateCaller : domain::Caller {
  std::int64_t rate_per_second = 0;
};

struct PlatformGate::Reaches {
  std::mutex mutex;
  PlatformGate* gate = nullptr;  // guarded by mutex
};

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t seen_step = 30 * second;  // activity is written down no more often than this
constexpr std::int64_t generation_micros = (domain::signature_window_seconds + 10) * second;

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

base::Time earlier(base::Time a, const std::optional<base::Time>& b) { return b && *b < a ? *b : a; }

}  // namespace

// ---- nonces ----

Status spend_nonce(storage::Change& change, const door::Call& call) {
  const auto& caller = change.caller();
  if (caller.kind != domain::CallerKind::client || caller.channel != domain::Channel::signature) return {};
  return services::store_nonce(change, caller.client, call.ask.header("x-nonce"));
}

NonceMemory::Seen NonceMemory::add(const domain::ApiClientId& client, std::string_view nonce, std::chrono::microseconds now) {
  std::string text(reinterpret_cast<const char*>(client.ulid.bytes.data()), client.ulid.bytes.size());
  text += nonce;
  const auto hash = std::hash<std::string>{}(text);
  const std::lock_guard lock(mutex_);
  if (begun_.count() < 0 || now - begun_ >= std::chrono::microseconds(generation_micros)) {
    std::rotate(generations_.begin(), generations_.end() - 1, generations_.end());
    generations_[0].clear();
    // After a long silence the middle ones are old too; keeping them costs nothing but memory.
    begun_ = now;
  }
  for (const auto& generation : generations_)
    if (generation.contains(hash)) return Seen::again;
  if (generations_[0].size() >= limit_) return Seen::full;
  generations_[0].insert(hash);
  return Seen::first;
}
std::size_t NonceMemory::size() const {
  const std::lock_guard lock(mutex_);
  return generations_[0].size() + generations_[1].size() + generations_[2].size();
}

// ---- the gate ----

std::size_t PlatformGate::DigestHash::operator()(const base::Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

PlatformGate::PlatformGate(storage::Store& store, base::Clock& clock, std::shared_ptr<const services::SecretBox> box,
                           std::vector<const door::Table*> tables, GateOptions options)
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

bool PlatformGate::fresh(const Identity& identity) const {
  return identity.generation == generation_.load(std::memory_order_acquire) && identity.authority->access_epoch >= services::access_epoch();
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
    then({});
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

void PlatformGate::by_signature(const door::CallPtr& call, const domain::SignatureHeaders& headers, Done done) {
  auto parsed = domain::parse_signature(headers);
  if (!parsed) return nobody(call, std::move(parsed).error(), done);
  if (auto timely = domain::check_timestamp(parsed->timestamp, clock_.now()); !timely) return nobody(call, std::move(timely).error(), done);
  auto request = std::make_shared<const domain::SignedRequest>(std::move(parsed).value());
  const auto settle = [this, call, request](const std::shared_ptr<KeyEntry>& key, const Done& then) {
    // The same words for a wrong key and a wrong signature: access keys cannot be looked for.
    auto status = key ? check_signature(*call, *key, *request) : Status(Error(Code::bad_signature));
    if (!status) return nobody(call, std::move(status).error(), then);
    if (status = let_in(*call, key->identity); !status) return nobody(call, std::move(status).error(), then, Known::yes);
    if (needs_of(*call->operation).spends_in_change) return then({});
    spend_read_nonce(call, key->identity->client, request->nonce, then);
  };
  const auto name = request->access_key + "\n" + request->on_behalf_of;
  {
    auto& shard = shard_of(std::string_view(name));
    std::shared_ptr<KeyEntry> known;
    {
      const std::lock_guard lock(shard.mutex);
      if (const auto found = shard.keys.find(name); found != shard.keys.end()) known = found->second;
    }
    if (known && fresh(*known->identity)) return settle(known, done);
  }
  auto found = std::make_shared<std::shared_ptr<KeyEntry>>();
  const auto before = forgotten_.load();
  storage::ViewJob job;
  job.body = [this, request, found](const View& view) -> Status {
    QUANJI_TRY(*found, load_key(view, request->access_key, request->on_behalf_of));
    return {};
  };
  job.done = [this, settle, name, before, call, found, done = std::move(done)](Status status) {
    if (!status && status.error().code() == Code::not_permitted) return nobody(call, std::move(status).error(), done);
    if (!status) return done(std::move(status));
    if (*found && before == forgotten_.load()) {
      auto& shard = shard_of(std::string_view(name));
      const std::lock_guard lock(shard.mutex);
      if (shard.keys.size() >= options_.remembered / shards) shard.keys.clear();
      shard.keys[name] = *found;
    }
    settle(*found, done);
  };
  store_.submit(std::move(job));
}

Status PlatformGate::check_signature(door::Call& call, KeyEntry& key, const domain::SignedRequest& request) {
  const auto& header = call.ask.header;
  QUANJI_TRY(const auto text, domain::string_to_sign({request.algorithm, door::word(call.ask.verb), call.ask.path, call.ask.query,
                                                      header("x-timestamp"), request.nonce, request.on_behalf_of, call.ask.body}));
  const std::lock_guard lock(key.mutex);
  auto& mac = request.algorithm == domain::SignatureAlgorithm::hmac_sm3 ? key.sm3 : key.sha256;
  if (mac.verify(text, request.tag)) return {};
  return Error(Code::bad_signature);
}

void PlatformGate::spend_read_nonce(const door::CallPtr& call, const domain::ApiClientId& client, const std::string& nonce, Done done) {
  std::int64_t timestamp = 0;
  const auto text = call->ask.header("x-timestamp");
  std::from_chars(text.data(), text.data() + text.size(), timestamp);
  if (settings::known_truth("security.strict_replay")) {
    storage::ChangeJob job;
    job.caller = std::static_pointer_cast<const domain::Caller>(call->caller);
    job.body = [client, nonce](storage::Change& change) { return services::store_nonce(change, client, nonce); };
    job.done = std::move(done);
    return store_.submit(std::move(job));
  }
  if (timestamp * second < started_.micros)
    return done(Error(Code::replayed,
                      Text("签名早于平台本次启动，请重新签名后再发", "signed before this start of the platform: sign again and repeat")));
  switch (nonces_.add(client, nonce, clock_.monotonic())) {
    case NonceMemory::Seen::first:
      return done({});
    case NonceMemory::Seen::again:
      return done(Error(Code::replayed));
    case NonceMemory::Seen::full:
      return done(Error(Code::too_many_calls).with_retry_after(domain::signature_window_seconds));
  }
}

// ---- reading the store ----

Result<PlatformGate::IdentityPtr> PlatformGate::load_client(const View& view, const services::ClientFacts& client,
                                                            std::string_view behalf) const {
  auto who = std::make_shared<Identity>();
  who->generation = generation_.load(std::memory_order_acquire);
  who->kind = domain::CallerKind::client;
  who->client = client.id;
  who->account = client.name;
  who->department = client.department_id;
  who->expires_at = earlier(earlier({INT64_MAX}, client.expires_at), client.key_retires_at);
  who->always_ok = client.always_ok;
  who->rate_per_second = client.rate_per_second.value_or(0);
  if (client.state != services::ClientState::enabled) return IdentityPtr{};
  QUANJI_TRY(who->addresses, domain::AddressList::parse(client.addresses));
  QUANJI_TRY(who->authority, services::load_client_authority(view, client.scopes, client.department_id));
  if (behalf.empty()) return who;
  if (!client.act_for)
    return Error(Code::not_permitted,
                 Text("该应用不能代表人员调用，请去掉 X-On-Behalf-Of", "this client may not call for a person: leave X-On-Behalf-Of away"));
  QUANJI_TRY(const auto person, services::find_person(view, behalf));
  if (!person || !person->may_come_in(view.now()))
    return Error(Code::not_permitted,
                 Text("X-On-Behalf-Of 所指的人员不存在或不可用", "there is no such person for X-On-Behalf-Of, or he may not come in"));
  QUANJI_TRY(const auto theirs, services::load_authority(view, person->id));
  who->authority = services::acting_for(*who->authority, *theirs);
  who->user = person->id;
  who->on_behalf_of = person->account;
  who->expires_at = earlier(who->expires_at, person->expires_at);
  return who;
}

Result<std::shared_ptr<PlatformGate::KeyEntry>> PlatformGate::load_key(const View& view, std::string_view access_key,
                                                                       std::string_view behalf) const {
  QUANJI_TRY(const auto client, services::find_client_by_key(view, access_key));
  if (!client) return std::shared_ptr<KeyEntry>{};
  QUANJI_TRY(auto who, load_client(view, *client, behalf));
  if (!who) return std::shared_ptr<KeyEntry>{};
  who->channel = domain::Channel::signature;
  QUANJI_TRY(const auto secret, box_->open(services::key_place(access_key), client->sealed));
  return std::make_shared<KeyEntry>(std::move(who), secret);
}

Result<PlatformGate::IdentityPtr> PlatformGate::load_token(const View& view, const base::Digest& hash, TokenKind kind) const {
  QUANJI_TRY(const auto token, services::find_token(view, hash));
  if (!token || token->kind != kind) return IdentityPtr{};
  if (token->client_id) {
    QUANJI_TRY(const auto client, services::find_client(view, *token->client_id));
    if (!client) return IdentityPtr{};
    auto who = load_client(view, *client, token->acts_for ? token->acts_for->text() : std::string());
    if (!who && who.error().code() == Code::not_permitted) return IdentityPtr{};
    if (who && *who) (*who)->expires_at = earlier((*who)->expires_at, token->expires_at);
    return who;
  }
  if (!token->session_id) return IdentityPtr{};
  QUANJI_TRY(const auto session, view.maybe<services::Session>(storage::sql::session_by_id, {{"id", *token->session_id}}));
  if (!session || session->state == services::SessionState::ended) return IdentityPtr{};
  QUANJI_TRY(const auto user, services::standing(view, session->user_id));
  if (!user || !user->may_come_in(view.now())) return IdentityPtr{};
  auto who = std::make_shared<Identity>();
  who->generation = generation_.load(std::memory_order_acquire);
  who->kind = domain::CallerKind::user;
  who->user = user->id;
  who->session = session->id;
  who->account = user->account;
  who->department = user->department_id;
  who->expires_at = earlier(earlier(session->expires_at, token->expires_at), user->expires_at);
  QUANJI_TRY(who->authority, services::load_authority(view, user->id));
  QUANJI_TRY(who->owed, services::owed_by(view, user->id));
  who->seen_at = who->written_at = session->last_seen_at.micros;
  if (kind == TokenKind::cookie) {
    who->channel = domain::Channel::session;
    who->csrf = services::csrf_of(hash);
    who->idle_micros = std::chrono::duration_cast<std::chrono::microseconds>(services::idle_limit()).count();
    who->locked = session->state == services::SessionState::locked || view.now().micros - session->last_seen_at.micros > who->idle_micros;
  }
  return who;
}

// ---- rights and rates ----

Status PlatformGate::permit(door::Call& call) {
  const auto& operation = *call.operation;
  const auto& needs = needs_of(operation);
  const auto& caller = *static_cast<const GateCaller*>(static_cast<const domain::Caller*>(call.caller.get()));
  const auto now = clock_.monotonic();
  const auto refuse = [&](const RateVerdict& verdict) -> Status {
    call.extra_headers.emplace_back("RateLimit-Limit", std::to_string(verdict.limit));
    call.extra_headers.emplace_back("RateLimit-Remaining", std::to_string(verdict.remaining));
    call.extra_headers.emplace_back("RateLimit-Reset", std::to_string(verdict.reset_seconds));
    return Error(Code::too_many_calls).with_retry_after(verdict.retry_after_seconds);
  };
  if (caller.kind == domain::CallerKind::nobody) {
    if (operation.entry != door::Entry::open) return not_signed_in();
    const auto verdict = rates_.take(RateLimits::key_of(caller.address, 1), RateRule::of(options_.open_per_second), now);
    return verdict.allowed ? Status{} : refuse(verdict);
  }
  if (needs.unpublished || (needs.permission != SIZE_MAX && !(caller.authority && caller.authority->may_anywhere(needs.permission))))
    return Error(Code::not_permitted);

  const auto& id = caller.kind == domain::CallerKind::client ? caller.client.ulid : caller.user.ulid;
  std::int64_t per_second = 0;
  std::uint64_t purpose = 2;
  switch (operation.rate) {
    case door::Rate::report:
      per_second = report_rate_;
      purpose = 3;
      break;
    case door::Rate::robot:
      per_second = robot_rate_;
      purpose = 4;
      break;
    case door::Rate::person:
    case door::Rate::client:
      per_second = caller.kind == domain::CallerKind::client ? (caller.rate_per_second > 0 ? caller.rate_per_second : client_rate_.load())
                                                             : person_rate_.load();
      break;
  }
  if (const auto verdict = rates_.take(RateLimits::key_of(id, purpose), RateRule::of(per_second), now); !verdict.allowed)
    return refuse(verdict);
  if (needs.own_per_second > 0) {
    constexpr std::uint64_t first_operation = 16;
    const auto verdict = rates_.take(RateLimits::key_of(id, first_operation + needs.number), RateRule::of(needs.own_per_second), now);
    if (!verdict.allowed) return refuse(verdict);
  }
  return {};
}

// ---- forgetting and writing down ----

void PlatformGate::forget(const services::SignInChange& what) {
  ++forgotten_;
  {
    // Epochs of this process's own changes are not news of another node.
    const std::lock_guard lock(epoch_mutex_);
    if (what.epoch == seen_epoch_ + 1) seen_epoch_ = what.epoch;
  }
  const auto meant = [&](const Identity& who) {
    return (what.session && who.session == *what.session) || (what.user && who.user == *what.user) ||
           (what.client && who.client == *what.client);
  };
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    std::erase_if(shard.tokens, [&](const auto& entry) { return meant(*entry.second); });
    std::erase_if(shard.keys, [&](const auto& entry) { return meant(*entry.second->identity); });
  }
}

void PlatformGate::collect(std::vector<services::Seen>& seen, std::vector<services::Used>& used) {
  std::unordered_map<base::Ulid, std::int64_t, domain::UlidHash> clients;
  const auto look = [&](Identity& who) {
    const auto at = who.seen_at.load(std::memory_order_relaxed);
    if (who.kind == domain::CallerKind::client) {
      if (at > who.written_at.exchange(at)) clients[who.client.ulid] = std::max(clients[who.client.ulid], at);
      return;
    }
    if (at >= who.written_at.load() + seen_step) {
      who.written_at = at;
      seen.push_back({who.session, {at}});
    }
  };
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [hash, who] : shard.tokens) look(*who);
    for (const auto& [name, key] : shard.keys) look(*key->identity);
  }
  for (const auto& [client, at] : clients) used.push_back({{client}, {at}});
}

void PlatformGate::tick() {
  person_rate_ = settings::known_integer("limits.person_per_second");
  client_rate_ = settings::known_integer("limits.client_per_second");
  report_rate_ = settings::known_integer("limits.report_per_second");
  robot_rate_ = settings::known_integer("limits.robot_per_second");
  rates_.sweep(clock_.monotonic());

  auto epoch = std::make_shared<std::uint64_t>(0);
  storage::ViewJob reading;
  reading.body = [epoch](const View& view) -> Status {
    QUANJI_TRY(*epoch, services::sign_in_epoch(view));
    return {};
  };
  reading.done = [epoch, reaches = reaches_](const Status& status) {
    const std::lock_guard alive(reaches->mutex);
    if (!status || !reaches->gate) return;
    auto& gate = *reaches->gate;
    const std::lock_guard lock(gate.epoch_mutex_);
    if (*epoch <= gate.seen_epoch_) return;
    gate.generation_.fetch_add(1, std::memory_order_acq_rel);
    gate.seen_epoch_ = *epoch;
  };
  store_.submit(std::move(reading));

  auto seen = std::make_shared<std::vector<services::Seen>>();
  auto used = std::make_shared<std::vector<services::Used>>();
  collect(*seen, *used);
  if (seen->empty() && used->empty()) return;
  storage::ChangeJob writing;
  writing.priority = storage::Priority::logs;
  writing.body = [seen, used](storage::Change& change) -> Status {
    QUANJI_DO(services::note_seen(change, *seen));
    return services::note_used(change, *used);
  };
  writing.done = [](const Status& status) {
    if (!status) base::log::failure(base::log::Level::warn, "activity_not_written", status.error());
  };
  store_.submit(std::move(writing));
}

Status PlatformGate::flush() {
  std::vector<services::Seen> seen;
  std::vector<services::Used> used;
  collect(seen, used);
  if (seen.empty() && used.empty()) return {};
  return store_.change([&](storage::Change& change) -> Status {
    QUANJI_DO(services::note_seen(change, seen));
    return services::note_used(change, used);
  });
}

std::size_t PlatformGate::remembered() const {
  std::size_t all = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    all += shard.tokens.size() + shard.keys.size();
  }
  return all;
}

}  // namespace quanji::api
