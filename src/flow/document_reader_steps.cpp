// Steps and their acts.
#include <fmt/format.h>

#include <algorithm>

#include "flow/closest_word.h"
#include "flow/document_reader.h"
#include "flow/parser.h"
#include "flow/python_names.h"
#include "flow/step_words.h"
#include "values/names.h"

namespace quanji::flow {

using base::Sentence;
using base::Text;
using values::quoted;

namespace {

bool is_blank(const YamlNode& node) {
  return node.is_scalar() && node.style == YamlNode::Style::plain && (node.text.empty() || node.text == "~");
}

std::string listed_acts(const PartWord& part) { return listed(part.acts); }

bool belongs(const PartWord& part, std::string_view act) { return std::find(part.acts.begin(), part.acts.end(), act) != part.acts.end(); }

bool has_act(const YamlNode& node) {
  return std::any_of(node.entries.begin(), node.entries.end(), [](const YamlEntry& e) { return find_act(e.key) != nullptr; });
}

std::vector<std::string_view> all_step_words() {
  std::vector<std::string_view> out;
  for (const auto& row : act_words()) out.push_back(row.word);
  for (const auto& row : part_words()) out.push_back(row.word);
  for (const auto& row : option_words()) out.push_back(row.word);
  return out;
}

}  // namespace

// What a step that cannot be read may set; later steps are not blamed for using it.
void DocumentReader::doubt(const YamlNode& node) {
  for (const auto& item : node.items) doubt(item);
  for (const auto& entry : node.entries) {
    if (entry.value.is_scalar() && (entry.key == "save" || entry.key == "as" || entry.key == "for" || entry.key == "index"))
      doubtful_.push_back(entry.value.text);
    if (entry.value.is_map())
      for (const auto& inner : entry.value.entries) doubtful_.push_back(inner.key);
    doubt(entry.value);
  }
}

Steps DocumentReader::steps(const YamlNode* node, const std::string& path, Sentence what) {
  Steps out;
  if (!node || node->is_broken()) return out;
  if (node->is_map()) {
    wrong_form(*node, what, {"步骤列表", "a list of steps"}, {"每个步骤前面写“- ”", "Begin each step with “- ”"});
    if (auto one = step(*node, path + "/0")) out.push_back(std::move(*one));
    return out;
  }
  if (!node->is_list()) {
    if (is_blank(*node))
      problems().add(ProblemCode::empty_steps, node->at, {fmt::format("{} 没有步骤", what.zh), fmt::format("{} has no steps", what.en)},
                     {"补上步骤，或删去这个词", "Add steps, or leave the word out"});
    else
      wrong_form(*node, what, {"步骤列表", "a list of steps"}, {"每个步骤一项，以“- ”开头", "One item a step, beginning with “- ”"});
    return out;
  }
  if (node->items.empty() && what.en != std::string_view("finally"))
    problems().add(ProblemCode::empty_steps, node->at, {fmt::format("{} 没有步骤", what.zh), fmt::format("{} has no steps", what.en)},
                   {"补上步骤，或删去这个词", "Add steps, or leave the word out"});
  out.reserve(node->items.size());
  for (std::size_t i = 0; i < node->items.size(); ++i)
    if (auto one = step(node->items[i], fmt::format("{}/{}", path, i))) out.push_back(std::move(*one));
  return out;
}

// The one act among the words of a step; empty when there is none. All words that do not belong here are told.
std::string_view DocumentReader::choose_act(const YamlNode& node) {
  const ActWord* act = nullptr;
  for (const auto& entry : node.entries) {
    const auto* found = find_act(entry.key);
    if (!found) continue;
    if (!act) {
      act = found;
      continue;
    }
    problems().add(ProblemCode::two_acts, entry.at,
                   {fmt::format("这一步已有动作 {}，不能再有 {}", act->word, entry.key),
                    fmt::format("this step has the act {} already, so {} cannot stand here", act->word, entry.key)},
                   {fmt::format("另起一步：“- {}: …”", entry.key), fmt::format("Make it a step of its own: “- {}: …”", entry.key)});
  }
  bool told = false;
  for (const auto& entry : node.entries) {
    if (find_act(entry.key)) continue;
    const auto* part = find_part(entry.key);
    const auto* option = std::find_if(option_words().data(), option_words().data() + option_words().size(),
                                      [&](const auto& o) { return o.word == entry.key; });
    const bool is_option = option != option_words().data() + option_words().size();
    if (part) {
      if (act ? belongs(*part, act->word) : false) continue;
      if (!act && belongs(*part, "do") && entry.key != "steps") continue;  // it is the act that is missing
      problems().add(ProblemCode::misplaced_word, entry.at,
                     {fmt::format("{} 属于 {}，这一步没有", entry.key, listed_acts(*part)),
                      fmt::format("{} belongs to {}, which this step has not", entry.key, listed_acts(*part))},
                     entry.key == "else" || entry.key == "elif" || entry.key == "then" || entry.key == "catch" || entry.key == "finally"
                         ? Text{fmt::format("与 {} 写在同一步里，前面不加“- ”", part->acts[0]),
                                fmt::format("Write it in the step of its {}, without “- ” before it", part->acts[0])}
                         : Text{});
      told = true;
    } else if (is_option) {
      if (!act || option_fits(entry.key, *act)) continue;
      problems().add(ProblemCode::misplaced_word, entry.at,
                     {fmt::format("{} 对 {} 没有意义", entry.key, act->word), fmt::format("{} means nothing for {}", entry.key, act->word)},
                     {"删去它，或写到里面的步骤上", "Leave it out, or give it to the steps inside"});
    } else if (!problems().full()) {
      const auto words = all_step_words();
      auto mend = did_you_mean(closest_word(entry.key, std::span<const std::string_view>(words)));
      if (mend.en.empty() && is_activity_id(entry.key))
        mend = {fmt::format("执行活动写成 do: {}", entry.key), fmt::format("An activity is run by do: {}", entry.key)};
      if (mend.en.empty() && entry.key.starts_with('=')) mend = {"赋值写成 set: {名称: =…}", "A value is kept by set: {name: =…}"};
      problems().add(ProblemCode::unknown_word, entry.at,
                     {fmt::format("步骤里没有“{}”这个词", quoted(entry.key)), fmt::format("“{}” is no word of a step", quoted(entry.key))},
                     std::move(mend));
      told = true;
    }
  }
  if (!act && !told)
    problems().add(ProblemCode::no_act, node.at, {"这一步没有动作", "this step has no act"},
                   {"加上 do、set、if、for、call 等其中之一", "Add one of do, set, if, for, call …"});
  return act ? act->word : std::string_view();
}

void DocumentReader::options(const YamlNode& node, Step& step) {
  for (const auto& [key, at, value] : node.entries) {
    if (value.is_broken()) continue;
    if (key == "id") {
      if (auto id = name(value, {"步骤标识", "a step id"}, is_document_name, document_name_rule)) {
        const auto [earlier, fresh] = ids_.try_emplace(id->text, id->at);
        if (!fresh)
          problems().add(ProblemCode::duplicate_id, id->at,
                         {fmt::format("标识“{}”在第 {} 行已经用过", id->text, earlier->second.line),
                          fmt::format("the id “{}” is taken already, in line {}", id->text, earlier->second.line)},
                         {"换一个标识", "Choose another"});
        step.id = std::move(id->text);
      }
    } else if (key == "title") {
      step.title = text(value, {"title", "title"}).value_or("");
    } else if (key == "when") {
      step.when = condition(value, {"when", "when"});
    } else if (key == "timeout") {
      step.timeout = duration(value);
    } else if (key == "retry") {
      step.retry = retry(value);
    } else if (key == "on_error") {
      if (const auto word = one_of(value, {"on_error", "on_error"}, {"fail", "continue"})) step.on_error = static_cast<OnError>(*word);
    } else if (key == "effect") {
      if (const auto word = one_of(value, {"effect", "effect"}, {"none", "repeatable", "once"})) step.effect = static_cast<Effect>(*word);
    } else if (key == "evidence") {
      if (const auto word = one_of(value, {"evidence", "evidence"}, {"none", "on_error", "always"}))
        step.evidence = static_cast<Evidence>(*word);
    }
  }
}

std::optional<Step> DocumentReader::step(const YamlNode& node, const std::string& path) {
  if (node.is_broken()) return std::nullopt;
  Step out;
  out.number = document_.step_count++;
  out.at = node.at;
  out.path = path;
  if (out.number == max_steps)
    problems().add(ProblemCode::too_many_steps, node.at,
                   {fmt::format("一个流程最多 {} 步", max_steps), fmt::format("a flow has at most {} steps", max_steps)},
                   {"拆成几个流程，用 call 调用", "Make it several flows and call them"});
  if (out.number >= max_steps) return std::nullopt;

  if (node.is_scalar()) {
    const auto* word = find_act(node.text);
    if (word && word->alone && node.style == YamlNode::Style::plain) {
      YamlEntry entry{node.text, node.at, {}};
      entry.value.kind = YamlNode::Kind::scalar;
      entry.value.at = node.at;
      YamlNode step;
      step.kind = YamlNode::Kind::map;
      step.at = node.at;
      if (auto made = act(word->word, step, entry, path)) {
        out.act = std::move(*made);
        return out;
      }
    }
    Text mend{"写成“词: 内容”，如“do: log.write”", "Write “word: value”, like “do: log.write”"};
    if (is_activity_id(node.text)) mend = {fmt::format("写成 do: {}", node.text), fmt::format("Write do: {}", node.text)};
    if (is_blank(node))
      problems().add(ProblemCode::no_act, node.at, {"这一步是空的", "this step is empty"}, {"删去多余的“-”", "Leave the “-” out"});
    else
      wrong_form(node, {"步骤", "a step"}, {"键值表", "a map"}, std::move(mend));
    return std::nullopt;
  }
  if (!node.is_map()) {
    wrong_form(node, {"步骤", "a step"}, {"键值表", "a map"}, {"去掉多余的“- ”", "Leave one “- ” out"});
    doubt(node);
    return std::nullopt;
  }
  options(node, out);
  const auto word = choose_act(node);
  const auto entry = std::find_if(node.entries.begin(), node.entries.end(), [&](const YamlEntry& e) { return e.key == word; });
  if (entry == node.entries.end()) {
    doubt(node);
    return std::nullopt;
  }
  auto made = act(word, node, *entry, path);
  if (!made) {
    doubt(node);
    return std::nullopt;
  }
  out.act = std::move(*made);
  return out;
}

std::optional<Act> DocumentReader::act(std::string_view word, const YamlNode& node, const YamlEntry& entry, const std::string& path) {
  const auto& value = entry.value;
  if (word == "do") return act_do(node, entry, path);
  if (word == "set") {
    Set out;
    for (auto& argument : arguments(value, {"set", "set"}))
      out.variables.emplace_back(variable(argument.name, argument.at), std::move(argument.value));
    if (out.variables.empty() && !value.is_broken() && (value.is_map() || is_blank(value)))
      problems().add(ProblemCode::wrong_form, value.at, {"set 里没有变量", "set has no variables"},
                     {"写成 set: {名称: 值}", "Write set: {name: value}"});
    return out;
  }
  if (word == "if") return act_if(node, entry, path);
  if (word == "for") return act_for(node, entry, path);
  if (word == "while") {
    While out{condition(value, {"while", "while"}), {}};
    const auto* inner = node.find("steps");
    if (!inner)
      problems().add(ProblemCode::missing_word, node.at, {"while 缺少 steps", "while lacks steps"}, {"补上“steps:”", "Add “steps:”"});
    out.steps = steps(inner, path + "/steps", {"steps", "steps"});
    return out;
  }
  if (word == "try") return act_try(node, entry, path);
  if (word == "fail") return act_fail(entry);
  if (word == "return") {
    if (value.is_scalar() && !is_blank(value)) {
      wrong_form(value, {"return", "return"}, {"“输出名: 值”的键值表", "a map “output: value”"},
                 {fmt::format("写成 return: {{输出名: {}}}", quoted(value.text)),
                  fmt::format("Write return: {{output: {}}}", quoted(value.text))});
      return Return{};
    }
    return Return{arguments(value, {"return", "return"})};
  }
  if (word == "call") {
    Call out;
    if (auto flow = name(value, {"被调用的流程名", "the name of the flow to call"}, is_document_name, document_name_rule))
      out.flow = std::move(*flow);
    if (const auto* with = node.find("with")) out.with = arguments(*with, {"with", "with"});
    if (const auto* kept = node.find("save")) out.save = save(*kept);
    return out;
  }
  if (word == "python") return act_python(node, entry);
  if (word == "parallel") return act_parallel(entry, path);
  if (word == "each_item") return act_each_item(node, entry, path);
  if (!is_blank(value) && !value.is_broken())
    problems().add(ProblemCode::wrong_form, value.at, {fmt::format("{} 后面不写内容", word), fmt::format("nothing follows {}", word)},
                   {fmt::format("写成“- {}”；条件写在 when 里", word), fmt::format("Write “- {}”; a condition goes into `when`", word)});
  if (word == "break") return Break{};
  if (word == "continue") return Continue{};
  return Checkpoint{};
}

std::optional<Act> DocumentReader::act_do(const YamlNode& node, const YamlEntry& entry, const std::string& path) {
  const auto activity =
      name(entry.value, {"活动", "an activity"}, is_activity_id, {"“组.动词_名词”，如 file.copy", "“group.verb_noun”, like file.copy"});
  Arguments with;
  if (const auto* given = node.find("with")) with = arguments(*given, {"with", "with"});
  const auto* as = node.find("as");
  const auto* inner = node.find("steps");
  const auto* kept = node.find("save");
  if (!as && !inner) {
    Do out{activity.value_or(Word{}), std::move(with), {}};
    if (kept) out.save = save(*kept);
    return out;
  }
  for (const auto& [there, lacking] : {std::pair{as, "steps"}, std::pair{inner, "as"}})
    if (there && !(there == as ? inner : as))
      problems().add(ProblemCode::missing_word, node.at,
                     {fmt::format("打开资源要同时有 as 和 steps，缺少 {}", lacking),
                      fmt::format("opening a resource takes both as and steps; {} is missing", lacking)},
                     {"as 是资源的变量名，steps 是使用它的步骤", "`as` names the variable, `steps` are the steps that use it"});
  if (kept)
    problems().add(ProblemCode::misplaced_word, kept->at,
                   {"打开资源时结果由 as 接收，不用 save", "an open resource is kept by `as`, not by save"},
                   {"删去 save", "Leave save out"});
  With out{activity.value_or(Word{}), std::move(with), {}, {}};
  if (as) out.as = variable(*as, {"as", "as"});
  out.steps = steps(inner, path + "/steps", {"steps", "steps"});
  return out;
}

Act DocumentReader::act_if(const YamlNode& node, const YamlEntry& entry, const std::string& path) {
  If out;
  If::Branch first{condition(entry.value, {"if", "if"}), {}};
  const auto* then = node.find("then");
  if (!then) {
    problems().add(ProblemCode::missing_word, node.at, {"if 缺少 then", "if lacks then"},
                   node.find("steps") ? Text{"把 steps 改成 then", "Call its steps `then`"} : Text{"补上“then:”", "Add “then:”"});
    then = node.find("steps");
  }
  first.steps = steps(then, path + "/then", {"then", "then"});
  out.branches.push_back(std::move(first));
  if (const auto* others = node.find("elif")) {
    const auto& items = list(*others, {"elif", "elif"});
    for (std::size_t i = 0; i < items.size(); ++i) {
      If::Branch branch;
      const auto at = fmt::format("{}/elif/{}/then", path, i);
      read_map(items[i], {"elif 的一项", "an item of elif"},
               {{"if", true,
                 [&](const YamlEntry& e) {
                   branch.condition = condition(e.value, {"if", "if"});
                 }},
                {"then", true, [&](const YamlEntry& e) {
                   branch.steps = steps(&e.value, at, {"then", "then"});
                 }}});
      out.branches.push_back(std::move(branch));
    }
  }
  out.otherwise = steps(node.find("else"), path + "/else", {"else", "else"});
  return out;
}

Act DocumentReader::act_for(const YamlNode& node, const YamlEntry& entry, const std::string& path) {
  For out;
  out.item = variable(entry.value, {"for", "for"});
  if (const auto* index = node.find("index")) out.index = variable(*index, {"index", "index"});
  if (const auto* in = node.find("in")) {
    out.in = operand(*in);
    if (const auto* literal = out.in.literal(); literal && !literal->is(values::Type::list) && !in->is_broken())
      problems().add(ProblemCode::not_expression, in->at,
                     {"in 应为列表或以 = 开头的表达式", "`in` should be a list or an expression, beginning with ="},
                     in->is_scalar() && !in->text.empty()
                         ? Text{fmt::format("写成 ={}", quoted(in->text)), fmt::format("Write ={}", quoted(in->text))}
                         : Text{});
  } else {
    problems().add(ProblemCode::missing_word, node.at, {"for 缺少 in", "for lacks in"}, {"补上“in: =列表”", "Add “in: =list”"});
  }
  const auto* inner = node.find("steps");
  if (!inner) problems().add(ProblemCode::missing_word, entry.at, {"for 缺少 steps", "for lacks steps"}, {"补上“steps:”", "Add “steps:”"});
  out.steps = steps(inner, path + "/steps", {"steps", "steps"});
  return out;
}

Act DocumentReader::act_try(const YamlNode& node, const YamlEntry& entry, const std::string& path) {
  Try out;
  out.steps = steps(&entry.value, path + "/try", {"try", "try"});
  const auto* catches = node.find("catch");
  const auto* last = node.find("finally");
  if (!catches && !last)
    problems().add(ProblemCode::missing_word, node.at, {"try 缺少 catch 或 finally", "try lacks catch or finally"},
                   {"补上“catch:”或“finally:”", "Add “catch:” or “finally:”"});
  if (catches) {
    const auto& items = list(*catches, {"catch", "catch"});
    for (std::size_t i = 0; i < items.size(); ++i) {
      Try::Catch one;
      one.at = items[i].at;
      const auto at = fmt::format("{}/catch/{}/steps", path, i);
      if (const auto* kept = items[i].is_map() ? items[i].find("save") : nullptr; kept && !kept->is_broken())
        one.save = variable(*kept, {"save", "save"});
      read_map(items[i], {"catch 的一项", "an item of catch"},
               {{"error", false, [&](const YamlEntry& e) { one.error = error_filter(e.value); }},
                {"save", false, nullptr},
                {"steps", true, [&](const YamlEntry& e) {
                   one.steps = steps(&e.value, at, {"steps", "steps"});
                 }}});
      out.catches.push_back(std::move(one));
    }
  }
  if (last) out.finally = steps(last, path + "/finally", {"finally", "finally"});
  return out;
}

Act DocumentReader::act_fail(const YamlEntry& entry) {
  Fail out;
  if (auto again = expression(entry.value)) {
    out.again = std::move(again);
    return out;
  }
  if (entry.value.is_scalar()) {
    wrong_form(entry.value, {"fail", "fail"}, {"键值表", "a map"},
               {"写成 {kind: business, code: 错误码, message: 说明}；再次抛出写 =problem",
                "Write {kind: business, code: the_code, message: …}; a caught error fails again by =problem"});
    return out;
  }
  read_map(entry.value, {"fail", "fail"},
           {{"kind", false,
             [&](const YamlEntry& e) {
               if (const auto word = one_of(e.value, {"kind", "kind"}, {"business", "system"})) out.kind = static_cast<ErrorKind>(*word);
             }},
            {"code", true,
             [&](const YamlEntry& e) {
               if (auto code = name(e.value, {"错误码", "the error code"}, is_document_name, document_name_rule))
                 out.code = std::move(*code);
             }},
            {"message", false, [&](const YamlEntry& e) { out.message = operand(e.value); }},
            {"data", false, [&](const YamlEntry& e) { out.data = operand(e.value); }}});
  return out;
}

Act DocumentReader::act_parallel(const YamlEntry& entry, const std::string& path) {
  Parallel out;
  const auto& items = list(entry.value, {"parallel", "parallel"});
  for (std::size_t i = 0; i < items.size(); ++i) {
    Parallel::Branch branch;
    branch.at = items[i].at;
    const auto at = fmt::format("{}/parallel/{}/steps", path, i);
    if (items[i].is_map() && !items[i].find("steps") && has_act(items[i])) {
      problems().add(ProblemCode::missing_word, items[i].at, {"parallel 的一项应为 {steps: […]}", "an item of parallel is {steps: […]}"},
                     {"在这些步骤上面写“- steps:”", "Write “- steps:” above these steps"});
      doubt(items[i]);
      continue;
    }
    read_map(items[i], {"parallel 的一项", "an item of parallel"},
             {{"title", false,
               [&](const YamlEntry& e) {
                 branch.title = text(e.value, {"title", "title"}).value_or("");
               }},
              {"steps", true, [&](const YamlEntry& e) {
                 branch.steps = steps(&e.value, at, {"steps", "steps"});
               }}});
    out.branches.push_back(std::move(branch));
  }
  return out;
}

Act DocumentReader::act_each_item(const YamlNode& node, const YamlEntry& entry, const std::string& path) {
  EachItem out;
  if (entry.value.is_scalar() && entry.value.text.starts_with('=')) {
    out.queue = operand(entry.value);
  } else if (auto queue = name(entry.value, {"队列名", "the name of a queue"}, is_resource_name, resource_name_rule)) {
    out.queue.form = values::Value::of(std::move(queue->text));
  }
  out.queue.at = entry.value.at;
  if (const auto* as = node.find("as"))
    out.item = variable(*as, {"as", "as"});
  else
    out.item = variable("item", entry.at);
  if (const auto* limit = node.find("limit")) {
    if (limit->is_scalar() && limit->text.starts_with('=')) {
      out.limit = operand(*limit);
    } else if (const auto most = integer(*limit, {"limit", "limit"}, 1, 1'000'000)) {
      out.limit = Operand{values::Value::of(*most), limit->at};
    }
  }
  const auto* inner = node.find("steps");
  if (!inner)
    problems().add(ProblemCode::missing_word, node.at, {"each_item 缺少 steps", "each_item lacks steps"}, {"补上“steps:”", "Add “steps:”"});
  out.steps = steps(inner, path + "/steps", {"steps", "steps"});
  return out;
}

}  // namespace quanji::flow
