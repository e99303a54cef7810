#include "activities/reference.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "activities/catalogue.h"
#include "base/files.h"
#include "flow/schema.h"
#include "values/field_values.h"

namespace quanji::activities {
namespace {

using engine::Activity;

// As a cell of a table shows it: one line, bars escaped.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|')
      out += "\\|";
    else
      out += c == '\n' ? ' ' : c;
  }
  return out;
}
std::string cell(base::Sentence sentence) {
  return sentence.zh == sentence.en ? cell(sentence.zh) : cell(sentence.zh) + "<br>" + cell(sentence.en);
}
std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

base::Sentence meaning(flow::Effect effect) {
  switch (effect) {
    case flow::Effect::none:
      return {"只读取，不改变任何东西", "reads only"};
    case flow::Effect::repeatable:
      return {"再做一次无害", "doing it twice does no harm"};
    case flow::Effect::once:
      break;
  }
  return {"只能做一次", "is done once only"};
}

// "list of text", "integer, 0 to 100".
std::string type_text(const base::ValueOps& ops, const base::Limits& limits, std::string_view opens) {
  const auto& plain = ops.optional ? *ops.inner : ops;
  std::string text(values::type_word(plain));
  if (text == "handle" && !opens.empty()) text = opens;
  if (plain.kind == base::Kind::list && plain.inner->kind != base::Kind::flow)
    text += fmt::format(" ({})", values::type_word(*plain.inner));
  if (plain.kind != base::Kind::integer) return text;
  const bool low = limits.min != INT64_MIN, high = limits.max != INT64_MAX;
  if (low && high) return fmt::format("{} {}…{}", text, limits.min, limits.max);
  if (low) return fmt::format("{} ≥ {}", text, limits.min);
  return high ? fmt::format("{} ≤ {}", text, limits.max) : text;
}
// The JSON of a default as a flow would write it: texts without their quotes.
std::string fallback_text(std::string_view json) {
  if (json.empty() || json == "null") return {};
  if (json.size() > 2 && json.front() == '"') json = json.substr(1, json.size() - 2);
  return code(json);
}

void inputs_of(const Activity& activity, std::string& page) {
  const auto& list = activity.input.fields();
  if (list.size() == 0) {
    page += "没有输入。 No inputs.\n\n";
    return;
  }
  page += "| 输入 input | 类型 type | 必填 required | 缺省 default | 可选值 choices | 说明 |\n|---|---|---|---|---|---|\n";
  for (const auto& field : list.all()) {
    std::string choices;
    for (const auto word : field.ops->spellings) choices += (choices.empty() ? "" : " ") + code(word);
    page += fmt::format("| {} | {} | {} | {} | {} | {} |\n", code(field.name), type_text(*field.ops, field.limits, {}),
                        field.required() ? "是 yes" : "", fallback_text(field.limits.fallback), choices, cell(field.sentence));
  }
  page += "\n";
}
void outputs_of(const Activity& activity, std::string& page) {
  const auto& list = activity.output.fields();
  if (list.size() == 0) {
    page += "没有输出。 No outputs.\n\n";
    return;
  }
  page += "| 输出 output | 类型 type | 说明 |\n|---|---|---|\n";
  for (const auto& field : list.all())
    page += fmt::format("| {} | {} | {} |\n", code(field.name), type_text(*field.ops, {}, activity.info.opens), cell(field.sentence));
  page += "\n";
}
void facts_of(const engine::ActivityInfo& info, std::string& page) {
  const auto effect = meaning(info.effect);
  page += fmt::format("- 影响 effect: `{}`：{}；{}\n", base::word(info.effect), effect.zh, effect.en);
  if (!info.capabilities.empty()) {
    page += "- 需要的能力 capabilities:";
    for (const auto word : info.capabilities) page += " " + code(word);
    page += "\n";
  }
  for (const auto& [input, what] : info.names)
    page += fmt::format("- {} 所指须写在 `needs` 里（{}）；what it names is declared in `needs`\n", code(input), base::word(what));
  if (!info.opens.empty()) page += fmt::format("- 打开资源 opens: `{}`（可与 `as`、`steps` 同用；with `as` and `steps`）\n", info.opens);
  if (info.suspends) page += "- 运行可在此挂起并释放机器人；the run may be suspended here, its robot freed\n";
  if (info.unstoppable) page += "- 停止时可能要等到宽限期结束；a stop may have to wait for the end of the grace period\n";
  page += "\n";
}
void errors_of(const engine::ActivityInfo& info, std::string& page) {
  if (info.errors.empty()) return;
  page += "| 错误 error | 种类 kind | 何时、怎么办 when and how to mend |\n|---|---|---|\n";
  for (const auto& error : info.errors)
    page += fmt::format("| {} | {} | {} |\n", code(error.code), base::word(error.kind), cell(error.sentence));
  page += "\n";
}
void examples_of(const engine::ActivityInfo& info, std::string& page) {
  for (const auto& example : info.examples) {
    page += fmt::format("例 example：{} · {}\n\n```yaml\n{}", example.title.zh, example.title.en, example.steps);
    if (!example.steps.ends_with('\n')) page += "\n";
    page += "```\n\n";
    if (!example.returns.empty() && example.returns != "{}") page += fmt::format("返回 returns：`{}`\n\n", example.returns);
  }
}

std::string page_of(const flow::ActivityGroup& group, const std::vector<const Activity*>& activities) {
  auto page = fmt::format(
      "# `{}` {} · {}\n\n由活动目录生成（`./do contracts`），请勿手改。 Made from the catalogue by `./do contracts`; not to be edited.\n\n"
      "每个活动还可能报 `invalid_argument`（参数有误）、`timed_out`（到了时限）、`stopped`（被停止）。"
      " Every activity may also end with these three.\n\n",
      group.id, group.title.zh, group.title.en);
  for (const auto* activity : activities)
    page += fmt::format(
        "- [`{0}`](#{1}) {2} · {3}\n", activity->info.id,
        [&] {
          std::string anchor;
          for (const char c : activity->info.id)
            if (c != '.') anchor += c;
          return anchor;
        }(),
        activity->info.title.zh, activity->info.title.en);
  page += "\n";
  for (const auto* activity : activities) {
    const auto& info = activity->info;
    page += fmt::format("## {}\n\n**{} · {}**\n\n{}<br>{}\n\n", info.id, info.title.zh, info.title.en, info.sentence.zh, info.sentence.en);
    inputs_of(*activity, page);
    outputs_of(*activity, page);
    facts_of(info, page);
    errors_of(info, page);
    examples_of(info, page);
  }
  while (page.ends_with("\n\n")) page.pop_back();
  return page;
}

// {"groups":[…],"activities":[…]} with a line for each element: a change of one activity is a change of one line.
std::string one_a_line(const std::string& text) {
  const auto json = boost::json::parse(text);
  std::string out = "{";
  for (const auto& [name, elements] : json.as_object()) {
    out += (out.size() > 1 ? ",\n" : "\n") + boost::json::serialize(boost::json::string(name)) + ": [";
    bool first = true;
    for (const auto& element : elements.as_array()) {
      out += (first ? "\n  " : ",\n  ") + boost::json::serialize(element);
      first = false;
    }
    out += "\n]";
  }
  return out + "\n}\n";
}

}  // namespace

std::vector<GeneratedFile> reference_pages(const std::vector<flow::ActivityGroup>& groups, engine::Catalogue catalogue) {
  std::vector<GeneratedFile> files;
  std::string index =
      "# 活动参考 · Activities\n\n由活动目录生成（`./do contracts`），请勿手改。 Made from the catalogue by `./do contracts`; not to be "
      "edited.\n\n"
      "| 组 group | | 活动 activities |\n|---|---|---|\n";
  for (const auto& group : groups) {
    std::vector<const Activity*> own;
    std::string names;
    for (const auto* activity : catalogue) {
      const auto id = activity->info.id;
      if (id.substr(0, id.find('.')) != group.id) continue;
      own.push_back(activity);
      names += (names.empty() ? "" : " ") + code(id);
    }
    if (own.empty()) continue;
    index += fmt::format("| [`{0}`]({0}.md) | {1} · {2} | {3} |\n", group.id, group.title.zh, group.title.en, names);
    files.push_back({group.id + ".md", page_of(group, own)});
  }
  files.insert(files.begin(), {"README.md", std::move(index)});
  return files;
}

std::vector<GeneratedFile> activity_contracts(const flow::Catalogue& described) {
  return {{"activities.json", one_a_line(described.json())},
          {"flow.schema.json", flow::flow_schema(described)},
          {"package.schema.json", flow::package_schema()}};
}

base::Status write_contracts(const std::string& folder, const std::string& pages) {
  const auto write = [](const std::string& into, const std::vector<GeneratedFile>& files) -> base::Status {
    std::error_code failed;
    std::filesystem::create_directories(into, failed);
    for (const auto& file : files) {
      std::ofstream out(into + "/" + file.name, std::ios::binary);
      out << file.text << std::flush;
      if (!out) return base::Error(base::Code::store_unavailable, base::system_detail("write", into + "/" + file.name));
    }
    return {};
  };
  QUANJI_DO(write(folder, activity_contracts(described())));
  return write(pages, reference_pages(groups(), catalogue()));
}

}  // namespace quanji::activities
