#include "api/proof_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/encodings.h"
#include "domain/caller.h"
#include "services/api_clients.h"
#include "services/approvals.h"
#include "services/asset_values.h"
#include "services/audit.h"
#include "services/credentials.h"
#include "services/set_up.h"
#include "services/sign_in.h"
#include "services/totp.h"

namespace quanji::api {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using services::Prepared;
using services::Proof;
using services::ProofAsk;
using storage::Change;
using storage::View;
using Need = ProofAsk::Need;

constexpr std::size_t agent_characters = 200;

// What one operation asks for before it runs, read from its decoded input.
struct Plan {
  std::string_view operation;
  Result<ProofAsk> (*ask)(door::Call& call, const domain::Caller& caller);
  void (*give)(door::Value& in, const std::shared_ptr<const Proof>& proof) = nullptr;
  // Looks at the store before anything is charged or hashed, and may complete the ask.
  Status (*before)(const View& view, door::Call& call, ProofAsk& ask) = nullptr;
};

template <class T>
T& input(door::Call& call) {
  return static_cast<Prepared<T>*>(call.in.get())->value;
}
template <class T>
void give(door::Value& in, const std::shared_ptr<const Proof>& proof) {
  static_cast<Prepared<T>*>(in.get())->proof = proof;
}

Status only_people(const domain::Caller& caller) {
  if (caller.kind == domain::CallerKind::user) return {};
  if (caller.kind == domain::CallerKind::nobody) return Error(Code::not_signed_in);
  return Error(Code::not_permitted, Text("此接口只供人员使用", "this operation is for people"));
}
Result<ProofAsk> of_caller(const domain::Caller& caller, Need need) {
  QUANJI_DO(only_people(caller));
  ProofAsk ask;
  ask.need = need;
  ask.user = caller.user;
  return ask;
}

Result<ProofAsk> ask_login(door::Call& call, const domain::Caller&) {
  auto& in = input<services::SignIn>(call);
  ProofAsk ask;
  ask.need = Need::password_and_code;
  ask.account = in.account;
  ask.password = services::keep_secret(in.password);
  ask.code = in.totp.value_or("");
  return ask;
}
Result<ProofAsk> ask_password(door::Call& call, const domain::Caller& caller) {
  auto& in = input<services::PasswordChange>(call);
  if (in.old_password.has_value() == in.one_time_code.has_value())
    return Error(Code::invalid_field)
        .with_field("oldPassword", Text("oldPassword 与 oneTimeCode 二者选一", "give oldPassword or oneTimeCode, one of the two"));
  ProofAsk ask;
  if (in.old_password) {
    QUANJI_TRY(ask, of_caller(caller, Need::password));
    ask.password = services::keep_secret(*in.old_password);
  }
  ask.new_is_own = true;
  ask.new_passwords.push_back({services::keep_secret(in.new_password), "", "", "newPassword"});
  return ask;
}
Status before_password(const View& view, door::Call& call, ProofAsk& ask) {
  auto& in = input<services::PasswordChange>(call);
  if (!in.one_time_code) return {};
  QUANJI_TRY(const auto owner, services::owner_of_link(view, *in.one_time_code));
  ask.user = owner.id;
  return {};
}
Result<ProofAsk> ask_enrol(door::Call& call, const domain::Caller& caller) {
  QUANJI_TRY(auto ask, of_caller(caller, Need::password));
  ask.password = services::keep_secret(input<services::TotpEnrol>(call).password);
  ask.make_totp_for = caller.user;
  return ask;
}
Result<ProofAsk> ask_confirm(door::Call& call, const domain::Caller& caller) {
  QUANJI_TRY(auto ask, of_caller(caller, Need::pending_code));
  ask.code = input<services::TotpConfirm>(call).code;
  return ask;
}
Result<ProofAsk> ask_both(door::Call& call, const domain::Caller& caller) {
  auto& in = input<services::TotpProof>(call);
  QUANJI_TRY(auto ask, of_caller(caller, Need::password_and_code));
  ask.password = services::keep_secret(in.password);
  ask.code = in.code;
  return ask;
}
Result<ProofAsk> ask_unlock(door::Call& call, const domain::Caller& caller) {
  auto& in = input<services::SessionUnlock>(call);
  if (in.password.has_value() == in.code.has_value())
    return Error(Code::invalid_field).with_field("password", Text("password 与 code 二者选一", "give password or code, one of the two"));
  QUANJI_TRY(auto ask, of_caller(caller, Need::password_or_code));
  if (in.password) ask.password = services::keep_secret(*in.password);
  ask.code = in.code.value_or("");
  return ask;
}
Result<ProofAsk> ask_act_alone(door::Call& call, const domain::Caller& caller) {
  QUANJI_TRY(auto ask, of_caller(caller, Need::password_or_code));
  ask.code = input<services::EmergencyAct>(call).totp;
  return ask;
}
Result<ProofAsk> ask_key(door::Call&, const domain::Caller&) {
  ProofAsk ask;
  ask.make_key = true;
  return ask;
}
Result<ProofAsk> ask_set_up(door::Call& call, const domain::Caller&) { return services::set_up_ask(input<services::SetUp>(call)); }
Status before_set_up(const View& view, door::Call& call, ProofAsk&) { return services::check_set_up(view, input<services::SetUp>(call)); }

const Plan plans[] = {
    {"auth.login", &ask_login, &give<services::SignIn>},
    {"auth.password", &ask_password, &give<services::PasswordChange>, &before_password},
    {"auth.totp_enrol", &ask_enrol, &give<services::TotpEnrol>},
    {"auth.totp_confirm", &ask_confirm, &give<services::TotpConfirm>},
    {"auth.totp_recovery", &ask_both, &give<services::TotpProof>},
    {"auth.totp_disable", &ask_both, &give<services::TotpProof>},
    {"session.unlock", &ask_unlock, &give<services::SessionUnlock>},
    {"approval.act_alone", &ask_act_alone, &give<services::EmergencyAct>},
    {"api_client.create", &ask_key, &give<services::NewApiClient>},
    {"api_client.rotate", &ask_key, &give<services::KeyRotation>},
    {"setup.run", &ask_set_up, &give<services::SetUp>, &before_set_up},
};

// Secrets are sealed before the operation's own change: it, its re-runs and its approval meet the envelope only.
struct Sealing {
  std::string_view operation;
  Status (*seal)(door::Value& in, const services::ProofDesk& desk);
};
template <class T>
Status seal(door::Value& in, const services::ProofDesk& desk) {
  return services::seal_secrets(*static_cast<T*>(in.get()), desk);
}
const Sealing sealings[] = {
    {"credential.create", &seal<services::NewCredential>},
    {"credential.rotate", &seal<services::CredentialRotation>},
    {"asset.create", &seal<services::NewAsset>},
    {"asset.set_value", &seal<services::AssetValueSet>},
};

std::string_view cookie_of(door::Call& call) {
  const auto id = call.operation->id;
  if (id == "auth.login") return static_cast<services::WithCookie<services::SignedIn>*>(call.out.get())->cookie;
  if (id == "auth.logout") return static_cast<services::WithCookie<base::Nothing>*>(call.out.get())->cookie;
  if (id == "session.unlock") return static_cast<services::WithCookie<services::CsrfToken>*>(call.out.get())->cookie;
  return {};
}
void set_cookie(door::Call& call) {
  if (!call.result) return;
  const auto cookie = cookie_of(call);
  if (cookie.empty()) return;
  const bool away = cookie == "-";
  call.extra_headers.emplace_back("Set-Cookie", fmt::format("{}={}; Path=/; Secure; HttpOnly; SameSite=Strict{}", session_cookie,
                                                            away ? "" : cookie, away ? "; Max-Age=0" : ""));
}

std::string agent_of(const door::Call& call) {
  auto agent = base::repair_utf8(call.ask.header("user-agent").substr(0, agent_characters));
  std::replace_if(
      agent.begin(), agent.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, ' ');
  return agent;
}

}  // namespace

struct ProofWork::Way {
  door::CallPtr call;
  std::function<void()> done;
  const Plan* plan = nullptr;
  ProofAsk ask;
  std::shared_ptr<Proof> proof = std::make_shared<Proof>();

  std::shared_ptr<const domain::Caller> caller() const { return std::static_pointer_cast<const domain::Caller>(call->caller); }
  void answer(Status status) {
    call->result = std::move(status);
    done();
  }
  // The refusal's row names the account that was tried, also when nobody is signed in.
  Status write_down(Change& change, const Error& why) const {
    services::AuditEntry entry;
    entry.operation = call->operation->id;
    entry.audit = call->operation->audit;
    entry.result = static_cast<std::int64_t>(why.code());
    entry.note.target = proof->user ? proof->user->id.text() : std::string();
    entry.note.name = proof->at.account.empty() ? ask.account : proof->at.account;
    if (entry.note.target.empty()) entry.note.target = entry.note.name;
    if (proof->user) entry.note.department = proof->user->department_id.ulid;
    return services::write_refusal(change, entry);
  }
};

void ProofWork::run(door::CallPtr call, std::function<void()> done) {
  const auto id = call->operation->id;
  auto way = std::make_shared<Way>();
  way->call = std::move(call);
  way->done = std::move(done);
  if (id == "auth.refresh") return end_reused(way);
  for (const auto& sealing : sealings)
    if (sealing.operation == id) {
      if (auto sealed = sealing.seal(way->call->in, *desk_); !sealed) return way->answer(std::move(sealed));
      services::hide_body(way->call->ask.body);
      return go_on(way);
    }
  const auto plan = std::find_if(std::begin(plans), std::end(plans), [&](const Plan& one) { return one.operation == id; });
  if (plan == std::end(plans)) return go_on(way);
  way->plan = plan;
  auto ask = plan->ask(*way->call, *way->caller());
  if (!ask) return way->answer(std::move(ask).error());
  way->ask = std::move(ask).value();
  way->ask.address = way->caller()->address;
  way->ask.agent = agent_of(*way->call);
  const bool asks_store = plan->before || way->ask.need != Need::nothing || way->ask.user;
  if (asks_store)
    open(way);
  else
    prove(way);
}

void ProofWork::open(const std::shared_ptr<Way>& way) {
  storage::ChangeJob job;
  job.caller = way->caller();
  job.body = [way](Change& change) -> Status {
    if (way->plan->before) QUANJI_DO(way->plan->before(change, *way->call, way->ask));
    return services::open_proof(change, way->ask, *way->proof);
  };
  job.refused = [way](Change& change, const Error& why) { return way->write_down(change, why); };
  job.done = [this, way](Status status) {
    if (!status) return way->answer(std::move(status));
    prove(way);
  };
  store_.submit(std::move(job));
}

void ProofWork::prove(const std::shared_ptr<Way>& way) {
  const bool taken = pool_.submit([this, way] {
    services::prove(way->ask, *way->proof, *desk_);
    if (!way->proof->outcome) return refuse(way);
    way->plan->give(way->call->in, way->proof);
    go_on(way);
  });
  if (taken) return;
  way->proof->outcome =
      Error(Code::too_many_calls, Text("登录请求过多，请稍后再试", "too many sign-ins at once: come back in a moment")).with_retry_after(1);
  refuse(way);
}

// The count of failures and the row of the refusal stay, whatever the caller is told.
void ProofWork::refuse(const std::shared_ptr<Way>& way) {
  storage::ChangeJob job;
  job.caller = way->caller();
  job.body = [way](Change& change) -> Status {
    QUANJI_DO(services::close_proof(change, *way->proof));
    return way->write_down(change, way->proof->outcome.error());
  };
  job.done = [way](Status status) { way->answer(status ? Status(way->proof->outcome.error().clone()) : std::move(status)); };
  store_.submit(std::move(job));
}

void ProofWork::go_on(const std::shared_ptr<Way>& way) {
  next_.run(way->call, [this, way] {
    set_cookie(*way->call);
    if (way->call->result || !way->proof->charged) return way->done();
    // Right, but the operation could not be carried out: the charge is taken back.
    storage::ChangeJob job;
    job.body = [way](Change& change) { return services::release_try(change, way->proof->at); };
    job.done = [way](const Status&) { way->done(); };
    job.caller = way->caller();
    store_.submit(std::move(job));
  });
}

void ProofWork::end_reused(const std::shared_ptr<Way>& way) {
  storage::ChangeJob job;
  job.caller = way->caller();
  job.body = [way](Change& change) -> Status {
    const auto& in = *static_cast<const services::Refresh*>(way->call->in.get());
    QUANJI_DO(services::end_reused_family(change, in.refresh_token));
    return {};
  };
  job.done = [this, way](Status status) {
    if (!status) return way->answer(std::move(status));
    go_on(way);
  };
  store_.submit(std::move(job));
}

}  // namespace quanji::api
