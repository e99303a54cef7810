#include "activities/human/human.h"

#include <fmt/format.h>

#include <algorithm>

#include "activities/group.h"
#include "activities/outside.h"
#include "flow/literals.h"
#include "flow/parser.h"

namespace quanji::activities {
namespace human {

using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Answer;
using engine::Failure;
using engine::Outcome;
using engine::Question;
using values::Map;
using values::Type;
using values::Value;

QUANJI_FIELDS(Ask::Input,
              QF(form, "流程包里的表单名，或映射：字段→{title, type, required, choices}",
                 "A form's name in the package, or a map field → {title, type, required, choices}"),
              QF(title, "标题：问什么", "What is asked", .min = 1, .max = 256), QF(text, "正文", "More about it", .max = 65'536),
              QF(picture, "给人看的图片", "A picture to show"),
              QF(who, "谁来答：用户、角色或组；缺省为流程的负责人", "A user, role or group; whoever looks after the flow when not given"),
              QF(within, "时限；到时无人回答报 expired", "How long an answer is waited for; then that is expired"))
QUANJI_FIELDS(Ask::Output, QF(answer, "字段→值，另有 answered_by、answered_at（北京时间）",
                              "field → value, and answered_by, answered_at (Beijing time)"))
QUANJI_FIELDS(Confirm::Input, QF(text, "要确认的事", "What is to be confirmed", .max = 65'536),
              QF(title, "标题", "A title", .min = 1, .max = 256), QF(picture, "给人看的图片", "A picture to show"),
              QF(who, "谁来答：用户、角色或组；缺省为流程的负责人", "A user, role or group; whoever looks after the flow when not given"),
              QF(within, "时限；到时无人回答报 expired", "How long an answer is waited for; then that is expired"))
QUANJI_FIELDS(Confirm::Output, QF(confirmed, "是或否", "Yes or no"), QF(answered_by, "谁答的", "Who answered"),
              QF(note, "附言", "What was noted"))

namespace {

Failure wrong_form(const std::string& zh, const std::string& en) {
  return engine::system_failure("invalid_argument", Text("form：" + zh, "form: " + en));
}
// {amount: {title: 金额, type: decimal}} as the context takes it.
Outcome<values::List> fields_of(const Map& form) {
  static constexpr std::string_view words[] = {"title", "type", "required", "choices"};
  values::List fields;
  if (form.empty()) return wrong_form("没有字段", "it has no field");
  for (const auto& [name, says] : form) {
    if (!flow::is_document_name(name))
      return wrong_form(fmt::format("“{}”应为小写字母、数字和下划线", name),
                        fmt::format("“{}”: lower-case letters, digits and underscores", name));
    if (!says.is(Type::map))
      return wrong_form(fmt::format("“{}”应为 {{title, type, required, choices}}", name),
                        fmt::format("“{}”: {{title, type, required, choices}} is expected", name));
    for (const auto& [word, value] : says.map())
      if (std::find(std::begin(words), std::end(words), word) == std::end(words))
        return wrong_form(fmt::format("“{}”里不认识“{}”；可用 title、type、required、choices", name, word),
                          fmt::format("“{}”: “{}” is none of title, type, required, choices", name, word));
    const auto text = [&says = says](std::string_view word, std::string_view otherwise) {
      const auto* found = says.find(word);
      return found && found->is(Type::text) ? found->text() : std::string(otherwise);
    };
    const auto type = text("type", "text");
    const auto known = flow::type_words();
    if (std::find(known.begin(), known.end(), type) == known.end())
      return wrong_form(fmt::format("“{}”的类型“{}”不存在", name, type), fmt::format("“{}”: “{}” is no type", name, type));
    const auto* required = says.find("required");
    const auto* choices = says.find("choices");
    if (choices && !choices->is(Type::list))
      return wrong_form(fmt::format("“{}”的 choices 应为列表", name), fmt::format("“{}”: choices are a list", name));
    fields.push_back(Value::of(Map{{"name", Value::of(name)},
                                   {"title", Value::of(text("title", name))},
                                   {"type", Value::of(type)},
                                   {"required", Value::of(!(required && required->is(Type::boolean) && !required->boolean()))},
                                   {"choices", choices ? *choices : Value::of(values::List())}}));
  }
  return fields;
}

template <class Input>
Question question_of(ActivityContext& context, const Input& input) {
  Question question;
  question.title = input.title;
  question.for_whom = input.who.value_or("");
  // The context keeps what the first asking said.
  if (input.within) question.expires = context.clock().now().plus(std::chrono::microseconds(input.within->micros));
  if (input.picture)
    question.shown.emplace_back("picture", Value::of(values::FileRef{context.path_of(input.picture->path), input.picture->digest}));
  return question;
}
// The answer, or why the activity ends without one.
Outcome<Answer> answer_to(ActivityContext& context, const Question& question) {
  QUANJI_DO(context.go_on());
  QUANJI_TRY(auto answer, from_outside(context.outside().ask(question, context.step_key())));
  if (!answer) return context.suspend(Text("等待答复：" + question.title, "waiting for an answer: " + question.title));
  if (answer->end == engine::QuestionEnd::expired)
    return outside_failure("expired", Text("时限内没人回答“" + question.title + "”", "nobody answered “" + question.title + "” in time"));
  if (answer->end == engine::QuestionEnd::withdrawn)
    return outside_failure("withdrawn", Text("问题“" + question.title + "”已撤回", "the question “" + question.title + "” was withdrawn"));
  return std::move(*answer);
}

Outcome<Value> fitting(const Map& field, const Value& given) {
  const auto word = [&](std::string_view name) -> const Value& {
    return std::find_if(field.begin(), field.end(), [&](const auto& one) { return one.first == name; })->second;
  };
  const auto name = word("name").text();
  if (given.is(Type::nothing)) {
    if (!word("required").boolean()) return given;
    return outside_failure("bad_value", Text(fmt::format("答案缺“{}”", name), fmt::format("the answer has no “{}”", name)));
  }
  auto typed = flow::literal_as(given, flow::type_word(word("type").text()));
  if (!typed)
    return outside_failure("bad_value", Text(fmt::format("答案“{}”：{}", name, typed.error().message().zh),
                                             fmt::format("the answer “{}”: {}", name, typed.error().message().en)));
  const auto& choices = word("choices").list();
  if (!choices.empty() && std::find(choices.begin(), choices.end(), *typed) == choices.end())
    return outside_failure("bad_value", Text(fmt::format("答案“{}”不在可选的值里：{}", name, typed->display()),
                                             fmt::format("the answer “{}” is none of the choices: {}", name, typed->display())));
  return std::move(*typed);
}

}  // namespace

ActivityInfo Ask::info() {
  ActivityInfo info;
  info.id = "human.ask";
  info.title = {"请人填表", "Ask a person"};
  info.sentence = {"请人填表，得答案；等待期间任务挂起，机器人释放。",
                   "Asks a person to fill in a form; the task is suspended and the robot freed until somebody does."};
  info.effect = flow::Effect::repeatable;
  info.suspends = true;
  info.errors = outside_errors({"not_found", "expired", "withdrawn", "bad_value"});
  info.examples = {{{"问一个日期和金额", "A date and an amount"},
                    R"(- do: human.ask
  with:
    title: 补录交收
    form:
      settle_date: {title: 交收日, type: date}
      amount: {title: 金额, type: decimal}
      remark: {title: 备注, required: false}
    within: 2h
  save: answer
- return: {month: =answer.settle_date.month, twice: =answer.amount * 2, remark: =answer.remark}
)",
                    R"({"month":11,"twice":25.00,"remark":null})"}};
  return info;
}
Outcome<Ask::Output> Ask::run(ActivityContext& context, const Input& input) {
  auto question = question_of(context, input);
  question.text = input.text.value_or("");
  if (input.form.is(Type::text)) {
    question.form = input.form.text();
  } else if (input.form.is(Type::map)) {
    QUANJI_TRY(question.fields, fields_of(input.form.map()));
  } else {
    return wrong_form("应为表单名，或字段的映射", "a form's name or a map of fields is expected");
  }
  QUANJI_TRY(auto answer, answer_to(context, question));
  Map given = std::move(answer.values);
  for (const auto& field : question.fields) {
    const auto& name = field.find("name")->text();
    auto found = std::find_if(given.begin(), given.end(), [&](const auto& one) { return one.first == name; });
    QUANJI_TRY(auto value, fitting(field.map(), found == given.end() ? Value() : found->second));
    if (found == given.end())
      given.emplace_back(name, std::move(value));
    else
      found->second = std::move(value);
  }
  for (auto& [name, value] : Map{{"answered_by", Value::of(answer.by)}, {"answered_at", Value::of(datetime_of(answer.at))}}) {
    std::erase_if(given, [&name = name](const auto& one) { return one.first == name; });
    given.emplace_back(name, std::move(value));
  }
  return Output{std::move(given)};
}

ActivityInfo Confirm::info() {
  ActivityInfo info;
  info.id = "human.confirm";
  info.title = {"请人确认", "Ask for yes or no"};
  info.sentence = {"请人确认是或否；等待期间任务挂起，机器人释放。",
                   "Asks a person for yes or no; the task is suspended and the robot freed until somebody says it."};
  info.effect = flow::Effect::repeatable;
  info.suspends = true;
  info.errors = outside_errors({"expired", "withdrawn", "bad_value"});
  info.examples = {{{"有差异，接受吗", "Differences: are they accepted?"},
                    R"(- do: human.confirm
  with:
    title: 差异确认
    text: 三条差异，是否接受？
    within: 2h
  save: {accepted: confirmed, why: note}
- return: {accepted: =accepted, why: =why}
)",
                    R"({"accepted":true,"why":"已核对"})"}};
  return info;
}
Outcome<Confirm::Output> Confirm::run(ActivityContext& context, const Input& input) {
  auto question = question_of(context, input);
  question.kind = engine::QuestionKind::confirm;
  question.text = input.text;
  QUANJI_TRY(auto answer, answer_to(context, question));
  const auto given = Value::of(std::move(answer.values));
  const auto *confirmed = given.find("confirmed"), *note = given.find("note");
  if (!confirmed || !confirmed->is(Type::boolean))
    return outside_failure("bad_value", Text("答案应含 confirmed：true 或 false", "the answer should hold confirmed: true or false"));
  return Output{confirmed->boolean(), std::move(answer.by), note && note->is(Type::text) ? note->text() : ""};
}

}  // namespace human

void add_human(Activities& to) { to.insert(to.end(), {engine::activity<human::Ask>(), engine::activity<human::Confirm>()}); }

}  // namespace quanji::activities
