#include "api/gate_parts.h"
#include "services/authority.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::api {

using base::Code;
using base::Error;
using base::Result;
using base::Text;
using services::TokenKind;
using storage::View;

namespace {
base::Time earlier(base::Time a, const std::optional<base::Time>& b) { return b && *b < a ? *b : a; }
}  // namespace

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
  QUANJI_TRY(who->every_read_audited, services::every_read_audited(view, person->id));
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
  QUANJI_TRY(who->every_read_audited, services::every_read_audited(view, user->id));
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

}  // namespace quanji::api
