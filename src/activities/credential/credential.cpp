#include "activities/credential/credential.h"

#include "activities/group.h"
#include "activities/outside.h"

namespace quanji::activities {
namespace credential {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Get::Input, QF(name, "凭据名", "The credential's name"))
QUANJI_FIELDS(Get::Output, QF(credential, "各字段：username 等为文本，password 等为秘密",
                              "Its fields: username and the like are texts, password and the like secrets"))
QUANJI_FIELDS(Set::Input, QF(name, "凭据名", "The credential's name"),
              QF(field, "要换的秘密字段", "The secret field to change", .fallback = "\"password\""),
              QF(value, "新值：另一个秘密，如同一凭据的 next_password",
                 "The new value: another secret, as next_password of the same credential"))

ActivityInfo Get::info() {
  ActivityInfo info;
  info.id = "credential.get";
  info.title = {"取凭据", "Get a credential"};
  info.sentence = {"取凭据的各字段；秘密只能转交，不能打印、拼接或保存。",
                   "Gets a credential's fields; a secret can be handed on, not printed, joined or saved."};
  info.effect = flow::Effect::none;
  info.names = {{"name", flow::Names::credential}};
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"谁去登录", "Who signs in"},
                    R"(- do: credential.get
  with: {name: counter_db}
  save: login
- return: {user: =login.username}
)",
                    R"({"user":"ops"})"}};
  return info;
}
Outcome<Get::Output> Get::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto view, from_outside(context.outside().credential(input.name)));
  auto fields = std::move(view.plain);
  for (auto& field : view.secret_fields) fields.emplace_back(field, values::Value::of(values::SecretRef{view.name, view.version, field}));
  return Output{std::move(fields)};
}

ActivityInfo Set::info() {
  ActivityInfo info;
  info.id = "credential.set";
  info.title = {"换凭据的秘密", "Change a secret"};
  info.sentence = {"在保险库内把凭据的一个秘密字段换成另一个秘密（如改密之后）；之前取得的引用随即失效。",
                   "Changes one secret field to another secret within the vault, as after a change of password; references got before are "
                   "no longer good."};
  info.effect = flow::Effect::repeatable;
  info.names = {{"name", flow::Names::credential}};
  info.errors = outside_errors({"not_found", "changed_meanwhile"});
  info.examples = {{{"改密之后", "After a change of password"},
                    R"(- do: credential.get
  with: {name: counter_db}
  save: login
- do: credential.set
  with:
    name: counter_db
    value: =login.next_password
- return: {changed: true}
)",
                    R"({"changed":true})"}};
  return info;
}
Outcome<Set::Output> Set::run(ActivityContext& context, const Input& input) {
  QUANJI_DO(from_outside(context.outside().set_secret(input.name, input.field, input.value, context.step_key())));
  return Output{};
}

}  // namespace credential

void add_credential(Activities& to) { to.insert(to.end(), {engine::activity<credential::Get>(), engine::activity<credential::Set>()}); }

}  // namespace quanji::activities
