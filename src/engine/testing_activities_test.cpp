#include "engine/testing_activities.h"

#include <csignal>

namespace quanji::engine::tests {

QUANJI_FIELDS(Say::Input, QF(text, "文本", "Text"))
QUANJI_FIELDS(Say::Output, QF(said, "文本", "Text"))
QUANJI_FIELDS(Pay::Input, QF(to, "收款人", "To whom"), QF(amount, "金额", "Amount", .fallback = "1"))
QUANJI_FIELDS(Pay::Output, QF(receipt, "回单", "Receipt"), QF(number, "号", "Number"))
QUANJI_FIELDS(Flaky::Input, QF(name, "名称", "Name"), QF(code, "错误码", "Code", .fallback = "\"flaky\""),
              QF(business, "业务", "Business", .fallback = "false"))
QUANJI_FIELDS(Wait::Input, QF(time, "时长", "Time"))
QUANJI_FIELDS(Open::Input, QF(name, "名称", "Name"))
QUANJI_FIELDS(Open::Output, QF(door, "门", "Door"))
QUANJI_FIELDS(Knock::Input, QF(door, "门", "Door"))
QUANJI_FIELDS(Knock::Output, QF(answer, "回答", "Answer"))
QUANJI_FIELDS(Tell::Input, QF(secret, "口令", "Secret"))
QUANJI_FIELDS(Ask::Input, QF(title, "问题", "Title"))
QUANJI_FIELDS(Ask::Output, QF(answer, "回答", "Answer"))

namespace {
void effect(const std::string& what) {
  deeds.add(what);
  if (at_effect) at_effect(what);
}
class Door final : public Resource {
 public:
  explicit Door(std::string called) : name(std::move(called)) {}
  std::string_view kind() const override { return "door"; }
  Outcome<void> close(ActivityContext& context) override {
    // In good order even when the run was asked to stop.
    QUANJI_DO(context.sleep(std::chrono::seconds(1)));
    deeds.add("closed:" + name);
    return {};
  }
  void show(ActivityContext& context) override {
    if (auto path = context.evidence("door.png")) deeds.add("shown:" + name);
  }
  std::string name;
};
ActivityInfo info_of(std::string_view id, flow::Effect effect) {
  ActivityInfo info;
  info.id = id;
  info.title = info.sentence = {"测试", "For tests"};
  info.effect = effect;
  return info;
}
}  // namespace

ActivityInfo Say::info() { return info_of("test.say", flow::Effect::repeatable); }
Outcome<Say::Output> Say::run(ActivityContext& context, const Input& input) {
  context.log(LogLevel::info, input.text);
  effect("say:" + input.text);
  return Output{input.text};
}
ActivityInfo Pay::info() { return info_of("test.pay", flow::Effect::once); }
Outcome<Pay::Output> Pay::run(ActivityContext&, const Input& input) {
  effect("pay:" + input.to);
  return Output{input.to + " " + input.amount.text(), 7};
}
ActivityInfo Flaky::info() { return info_of("test.flaky", flow::Effect::repeatable); }
Outcome<Flaky::Output> Flaky::run(ActivityContext&, const Input& input) {
  {
    const std::lock_guard lock(deeds.mutex);
    if (auto& left = deeds.failures[input.name]; left > 0) {
      --left;
      deeds.list.push_back("fail:" + input.name);
      auto failure = system_failure(input.code, base::Text("不行", "no"), values::Value::of(std::int64_t{left}));
      if (input.business) failure.kind = flow::ErrorKind::business;
      return failure;
    }
  }
  deeds.add("done:" + input.name);
  return Output{};
}
ActivityInfo Wait::info() { return info_of("test.wait", flow::Effect::none); }
Outcome<Wait::Output> Wait::run(ActivityContext& context, const Input& input) {
  QUANJI_DO(context.sleep(std::chrono::microseconds(input.time.micros)));
  return Output{};
}
ActivityInfo Open::info() {
  auto info = info_of("test.open", flow::Effect::none);
  info.opens = "door";
  return info;
}
Outcome<Open::Output> Open::run(ActivityContext& context, const Input& input) {
  deeds.add("open:" + input.name);
  return Output{context.open(std::make_unique<Door>(input.name))};
}
ActivityInfo Knock::info() { return info_of("test.knock", flow::Effect::repeatable); }
Outcome<Knock::Output> Knock::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto door, context.find<Door>(input.door));
  deeds.add("knock:" + door->name);
  if (door->name == "stuck") return system_failure("stuck", base::Text("卡住", "stuck"));
  return Output{"who is at " + door->name};
}
ActivityInfo Ask::info() {
  auto info = info_of("test.ask", flow::Effect::repeatable);
  info.suspends = true;
  return info;
}
Outcome<Ask::Output> Ask::run(ActivityContext& context, const Input& input) {
  Question question;
  question.title = input.title;
  QUANJI_TRY(auto answer, context.outside().ask(question, context.step_key()));
  if (!answer) return context.suspend(base::Text("等待答复", "waiting for an answer"));
  return Output{answer->values};
}
ActivityInfo Tell::info() { return info_of("test.tell", flow::Effect::repeatable); }
Outcome<Tell::Output> Tell::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto secret, context.open_secret(input.secret));
  context.log(LogLevel::info, "signing in with " + std::string(secret.reveal()));
  return system_failure("sign_in_failed",
                        {"口令 " + std::string(secret.reveal()) + " 不对", "wrong password " + std::string(secret.reveal())});
}

ActivityInfo Crash::info() { return info_of("test.crash", flow::Effect::repeatable); }
Outcome<Crash::Output> Crash::run(ActivityContext&, const Input&) {
  std::raise(SIGSEGV);
  return Output{};
}

Catalogue catalogue() {
  static const std::vector<const Activity*> list{activity<Say>(),   activity<Pay>(), activity<Flaky>(), activity<Wait>(), activity<Open>(),
                                                 activity<Knock>(), activity<Ask>(), activity<Crash>(), activity<Tell>()};
  return list;
}

}  // namespace quanji::engine::tests
