#include "activities/asset/asset.h"

#include "activities/group.h"
#include "activities/outside.h"

namespace quanji::activities {
namespace asset {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Get::Input, QF(name, "资产名", "The asset's name"),
              QF(fallback, "没有时的值；不写则报 not_found", "The value when there is none; without it that is not_found"))
QUANJI_FIELDS(Get::Output, QF(value, "资产的值", "The asset's value"))
QUANJI_FIELDS(Set::Input, QF(name, "资产名，须已存在", "The asset's name; it must be there"), QF(value, "新的值", "The new value"))

ActivityInfo Get::info() {
  ActivityInfo info;
  info.id = "asset.get";
  info.title = {"取资产", "Get an asset"};
  info.sentence = {"取资产的值。", "Gets an asset's value."};
  info.effect = flow::Effect::none;
  info.names = {{"name", flow::Names::asset}};
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"限额", "A limit"},
                    R"(- do: asset.get
  with: {name: limit}
  save: most
- return: {most: =most}
)",
                    R"({"most":500})"}};
  return info;
}
Outcome<Get::Output> Get::run(ActivityContext& context, const Input& input) {
  auto value = context.outside().asset(input.name);
  if (value) return Output{std::move(*value)};
  if (value.error().code() == base::Code::not_found && input.fallback) return Output{*input.fallback};
  return outside_failure(value.error());
}

ActivityInfo Set::info() {
  ActivityInfo info;
  info.id = "asset.set";
  info.title = {"改资产", "Set an asset"};
  info.sentence = {"改资产的值；资产须已存在。", "Sets the value of an asset that is there."};
  info.effect = flow::Effect::repeatable;
  info.names = {{"name", flow::Names::asset}};
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"把限额提高一成", "A limit becomes a tenth larger"},
                    R"(- do: asset.set
  with:
    name: limit
    value: =asset("limit") * 11 // 10
- return: {limit: '=asset("limit")'}
)",
                    R"({"limit":550})"}};
  return info;
}
Outcome<Set::Output> Set::run(ActivityContext& context, const Input& input) {
  QUANJI_DO(from_outside(context.outside().set_asset(input.name, input.value, context.step_key())));
  return Output{};
}

}  // namespace asset

void add_asset(Activities& to) { to.insert(to.end(), {engine::activity<asset::Get>(), engine::activity<asset::Set>()}); }

}  // namespace quanji::activities
