// For tests of the vault: a house with a security administrator, a robot, a flow's tasks and keys of a robot for its attempts.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/seal_to_key.h"
#include "services/asset_values.h"
#include "services/credential_use.h"
#include "services/credentials.h"
#include "services/sign_in_testing.h"
#include "storage/queries.h"
#include "tests/postgres.h"

namespace quanji::services::testing {

inline std::vector<std::string> vault_permissions() {
  auto names = sign_in_permissions();
  for (const auto* name : {"asset.grant", "asset.transfer", "credential.change", "credential.create", "credential.delete",
                           "credential.disable", "credential.enable", "credential.grant", "credential.read", "credential.reset_breaker",
                           "credential.rotate", "credential.test", "credential.transfer", "credential.use"})
    names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

inline constexpr std::string_view flow_id = "flw_01ARYZ6S41TSV4RRFFQ69G5FAV";

class VaultHouse : public Gatehouse {
 public:
  explicit VaultHouse(std::string url = {}, const Tune& tune = {}) : Gatehouse(std::move(url), tune) {
    domain::publish_permissions(vault_permissions());
    forget_epochs();
    developer = user("developer");
    give(developer, domain::Preset::flow_developer);
    VaultPorts ports;
    ports.box = desk->box;
    ports.lease = [this](const View&, const TaskSeat& seat) -> Result<TaskFacts> {
      const auto found = tasks.find(seat.attempt.ulid);
      if (found == tasks.end() || found->second.second != seat.token) return base::Error(base::Code::stale_token);
      return found->second.first;
    };
    ports.holder = [this](const View&, const domain::CheckOut& held) -> Result<domain::HolderLease> {
      return tasks.contains(held.attempt.ulid) ? domain::HolderLease::live : domain::HolderLease::over;
    };
    ports.task = [this](const View&, const domain::TaskId& task) -> Result<TaskFacts> {
      for (const auto& [attempt, facts] : tasks)
        if (facts.first.task == task) return facts.first;
      return base::Error(base::Code::not_found);
    };
    set_vault_ports(std::move(ports));
  }
  ~VaultHouse() { set_vault_ports({}); }

  domain::RobotId robot(std::string name, DepartmentId department = domain::root_department) {
    domain::RobotId id;
    const auto done = change([&](Change& c) -> Status {
      id = c.new_id<domain::RobotId>();
      QUANJI_DO(c.run(storage::sql::robot_insert, {{"id", id},
                                                   {"name", name},
                                                   {"department_id", department},
                                                   {"fingerprint", name},
                                                   {"certificate_until", c.now()},
                                                   {"version", "0"},
                                                   {"os", "test"},
                                                   {"arch", "test"},
                                                   {"slots", 1},
                                                   {"now", c.now()},
                                                   {"actor", "test"}}));
      return {};
    });
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().detail());
    return id;
  }
  // A task in the hands of a robot.
  TaskSeat task(const domain::RobotId& by, DepartmentId department = domain::root_department, std::string flow = std::string(flow_id),
                std::optional<UserId> for_whom = {}) {
    TaskSeat seat;
    seat.task.ulid = ids.next();
    seat.attempt.ulid = ids.next();
    seat.token = ++token;
    tasks[seat.attempt.ulid] = {
        TaskFacts{seat.task, by, std::string("srv_01ARYZ6S41TSV4RRFFQ69G5FAV"), std::move(flow), department, for_whom}, seat.token};
    return seat;
  }
  std::shared_ptr<domain::Caller> robot_caller(const TaskSeat& seat) {
    auto caller = std::make_shared<domain::Caller>();
    caller->kind = domain::CallerKind::robot;
    caller->channel = domain::Channel::certificate;
    const auto found = tasks.find(seat.attempt.ulid);
    if (found != tasks.end()) caller->robot = found->second.first.robot;
    caller->account = "robot";
    return caller;
  }

  Result<Credential> credential(std::string name, std::function<void(NewCredential&)> more = {}, std::string_view secret = "Canary-5e9d") {
    NewCredential in;
    in.name = std::move(name);
    in.type = domain::CredentialType::account;
    in.department_id = domain::root_department;
    in.username = "rpa01";
    in.password = base::Secret(secret);
    if (more) more(in);
    QUANJI_DO(seal_secrets(in, *desk));
    return run(as(security, "credential.create"), &create_credential, in);
  }
  Result<Credential> rotate(const CredentialId& id, std::string_view secret, std::optional<base::Time> from = {}) {
    CredentialRotation in;
    in.id = id;
    in.password = base::Secret(secret);
    in.effective_from = from;
    QUANJI_DO(seal_secrets(in, *desk));
    return run(as(security, "credential.rotate"), &rotate_credential, in);
  }
  Result<VaultGrant> grant_to(const CredentialId& id, VaultGrantKind kind, std::string subject) {
    return run(as(security, "credential.grant"), &grant_credential, NewCredentialGrant{id, kind, std::move(subject)});
  }
  // Opens as the robot does, with a fresh key, and reads what came.
  Result<std::string> open(const TaskSeat& seat, std::string name, std::int64_t version = 0, std::string field = "password",
                           base::KeyKind kind = base::KeyKind::ecdsa_p256) {
    const auto key = base::PrivateKey::generate(kind, *desk->random);
    wire::CredentialOpen in;
    in.task = wire::TaskId{seat.task.ulid};
    in.attempt = wire::AttemptId{seat.attempt.ulid};
    in.token = seat.token;
    in.name = std::move(name);
    in.version = version;
    in.field = std::move(field);
    in.seal_to = base::sealing_key_text(key.public_key());
    QUANJI_TRY(const auto answer, run(robot_caller(seat), &open_credential, in));
    sealed_answers += answer.sealed + "\n";
    // The version in force is part of the purpose; the robot knows it from the facts it read.
    wire::CredentialRead read{in.task, in.attempt, in.token, in.name};
    if (version == 0 && !in.name.starts_with(asset_name_mark)) {
      QUANJI_TRY(const auto facts, ask(robot_caller(seat), &read_credential_facts, read));
      version = facts.version;
    }
    QUANJI_TRY(const auto secret, base::open_sealed_to_key(key, answer.sealed, open_purpose(in, version), *desk->random));
    return std::string(secret.reveal());
  }

  Result<Asset> asset(std::string name, domain::AssetType type, std::string value, DepartmentId department = domain::root_department) {
    NewAsset in;
    in.name = std::move(name);
    in.type = type;
    in.department_id = department;
    if (type == domain::AssetType::secret)
      in.secret_value = base::Secret(std::string_view(value));
    else if (!value.empty())
      in.value = base::JsonText{value};
    QUANJI_DO(seal_secrets(in, *desk));
    return run(as(developer, "asset.create"), &create_asset, in);
  }
  Result<AssetValue> set(const AssetId& id, domain::AssetScope scope, std::string scope_id, std::string value,
                         std::optional<base::Time> from = {}) {
    AssetValueSet in;
    in.id = id;
    in.scope = scope;
    in.scope_id = std::move(scope_id);
    in.value = base::JsonText{std::move(value)};
    in.effective_from = from;
    return run(as(developer, "asset.change"), &set_asset_value, in);
  }
  // "<value> <scope> <version>" as a task reads it, or the word of the refusal.
  std::string resolved(const AssetQuestion& question) {
    const auto found = ask(as(developer, "asset.read"), &resolve_asset, question);
    if (!found) return std::string(base::row_of(found.error().code()).word);
    return (found->value ? found->value->text : "secret") + " " + std::string(base::word(found->scope)) + " " +
           std::to_string(found->version);
  }

  std::map<base::Ulid, std::pair<TaskFacts, std::int64_t>> tasks;  // by attempt
  std::int64_t token = 0;
  UserId developer;
  std::string sealed_answers;
  base::UlidSource ids{*clock, *random};
};

// Each promise on both databases.
class OnBothDatabases : public ::testing::TestWithParam<const char*> {
 protected:
  OnBothDatabases() {
    if (std::string(GetParam()) == "postgres") database_ = std::make_unique<tests::FreshDatabase>();
    house = std::make_unique<VaultHouse>(database_ ? database_->url() : std::string());
  }
  ~OnBothDatabases() override { house.reset(); }
  std::unique_ptr<VaultHouse> house;

 private:
  std::unique_ptr<tests::FreshDatabase> database_;
};
#define QUANJI_ON_BOTH_DATABASES(Suite) \
  INSTANTIATE_TEST_SUITE_P(On, Suite, ::testing::Values("sqlite", "postgres"), [](const auto& one) { return std::string(one.param); })

}  // namespace quanji::services::testing
