#include "flow/activity_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/fields_json.h"
#include "flow/literals.h"
#include "flow/parser.h"

namespace quanji::flow {

using base::Code;
using base::Result;

QUANJI_FIELDS(InBoth, QF(zh, "中文", "Chinese"), QF(en, "英文", "English"))
QUANJI_FIELDS(Choice, QF(word, "值", "The value"), QF(title, "名称", "What it means"))
QUANJI_FIELDS(ActivityInput, QF(name, "名称", "Name"), QF(type, "类型", "Type"),
              QF(required, "必填", "Whether it must be given", .fallback = "true"),
              QF(fallback, "不给时的值", "The value taken when it is not given", .fallback = "null"), QF(title, "标题", "Title"),
              QF(sentence, "说明", "Sentence"), QF(choices, "可选的值", "Values to choose from", .fallback = "[]"),
              QF(names, "文本所指的东西", "What its text names", .fallback = "\"nothing\""))
QUANJI_FIELDS(ActivityOutput, QF(name, "名称", "Name"), QF(type, "类型", "Type"), QF(sentence, "说明", "Sentence"))
QUANJI_FIELDS(ActivityError, QF(code, "错误码", "Code"), QF(kind, "种类", "Kind"), QF(sentence, "说明", "Sentence"))
QUANJI_FIELDS(ActivityInfo, QF(id, "标识", "Id"), QF(title, "标题", "Title"), QF(sentence, "说明", "Sentence"),
              QF(inputs, "输入", "Inputs"), QF(outputs, "输出", "Outputs"),
              QF(opens, "打开的资源", "Resource it opens", .fallback = "\"\""), QF(effect, "影响", "Effect", .fallback = "\"once\""),
              QF(suspends, "可挂起", "Whether the run may be suspended here", .fallback = "false"),
              QF(capabilities, "所需能力", "Capabilities it needs", .fallback = "[]"), QF(errors, "可能的错误", "Errors", .fallback = "[]"),
              QF(example, "例子", "Example", .max = 16'384))
QUANJI_FIELDS(ActivityGroup, QF(id, "标识", "Id"), QF(title, "标题", "Title"))

namespace {

struct CatalogueText {
  std::vector<ActivityGroup> groups;
  std::vector<ActivityInfo> activities;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(CatalogueText, QF(groups, "组", "Groups"), QF(activities, "活动", "Activities", .max = 10'000))

bool is_type(const std::string& word) {
  const auto known = type_words();
  return std::find(known.begin(), known.end(), word) != known.end() || is_document_name(word);
}

class Judge {
 public:
  void check(const ActivityInfo& info, const std::string& at) {
    if (!is_activity_id(info.id))
      wrong(at + "/id", fmt::format("“{}”应为 组.动词_名词", info.id), fmt::format("“{}” is no group.verb_noun", info.id));
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < info.inputs.size(); ++i) {
      const auto& input = info.inputs[i];
      const auto place = fmt::format("{}/inputs/{}", at, i);
      one_name(input.name, names, place);
      if (!is_type(input.type))
        wrong(place + "/type", fmt::format("没有“{}”这种类型", input.type), fmt::format("“{}” is no type", input.type));
      if (input.required && !input.fallback.text.empty() && input.fallback.text != "null")
        wrong(place, "必填的输入不能有默认值", "an input that must be given has no use for a default");
    }
    names.clear();
    for (std::size_t i = 0; i < info.outputs.size(); ++i) {
      const auto place = fmt::format("{}/outputs/{}", at, i);
      one_name(info.outputs[i].name, names, place);
      if (!is_type(info.outputs[i].type))
        wrong(place + "/type", fmt::format("没有“{}”这种类型", info.outputs[i].type), fmt::format("“{}” is no type", info.outputs[i].type));
    }
    if (!info.opens.empty() && !is_document_name(info.opens))
      wrong(at + "/opens", "资源种类应为小写字母、数字和下划线", "a kind of resource is lower-case letters, digits and underscores");
  }
  void wrong(const std::string& at, std::string zh, std::string en) {
    problems.add(Code::invalid_field, at, {std::move(zh), std::move(en)});
  }
  base::Problems problems;

 private:
  void one_name(const std::string& name, std::set<std::string_view>& names, const std::string& at) {
    if (!is_document_name(name)) wrong(at + "/name", fmt::format("“{}”不是名称", name), fmt::format("“{}” is no name", name));
    if (!names.insert(name).second) wrong(at + "/name", fmt::format("“{}”重复", name), fmt::format("“{}” stands twice", name));
  }
};

}  // namespace

const ActivityInput* ActivityInfo::input(std::string_view name) const {
  const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const ActivityInput& i) { return i.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}
const ActivityOutput* ActivityInfo::output(std::string_view name) const {
  const auto found = std::find_if(outputs.begin(), outputs.end(), [&](const ActivityOutput& o) { return o.name == name; });
  return found == outputs.end() ? nullptr : &*found;
}

Result<Catalogue> Catalogue::make(std::vector<ActivityGroup> groups, std::vector<ActivityInfo> activities) {
  Judge judge;
  std::set<std::string_view> known;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto at = fmt::format("groups/{}/id", i);
    if (!is_document_name(groups[i].id)) judge.wrong(at, "组名不合规则", "not a group's name");
    if (!known.insert(groups[i].id).second)
      judge.wrong(at, fmt::format("组“{}”重复", groups[i].id), fmt::format("the group “{}” stands twice", groups[i].id));
  }
  Catalogue out;
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < activities.size(); ++i) {
    const auto at = fmt::format("activities/{}", i);
    judge.check(activities[i], at);
    if (!ids.insert(activities[i].id).second)
      judge.wrong(at + "/id", fmt::format("活动“{}”重复", activities[i].id),
                  fmt::format("the activity “{}” stands twice", activities[i].id));
    if (!known.contains(activities[i].group()))
      judge.wrong(at + "/id", fmt::format("没有组“{}”", activities[i].group()),
                  fmt::format("there is no group “{}”", activities[i].group()));
  }
  QUANJI_DO(std::move(judge.problems).as_status());
  std::sort(activities.begin(), activities.end(), [](const ActivityInfo& a, const ActivityInfo& b) { return a.id < b.id; });
  out.groups_ = std::move(groups);
  out.activities_ = std::move(activities);
  for (std::size_t i = 0; i < out.activities_.size(); ++i) out.by_id_.emplace(out.activities_[i].id, i);
  return out;
}

const ActivityInfo* Catalogue::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &activities_[found->second];
}
std::vector<std::string> Catalogue::ids() const {
  std::vector<std::string> out;
  out.reserve(activities_.size());
  for (const auto& activity : activities_) out.push_back(activity.id);
  return out;
}
bool Catalogue::has_group(std::string_view group) const {
  return std::any_of(groups_.begin(), groups_.end(), [&](const ActivityGroup& g) { return g.id == group; });
}
bool Catalogue::has_resource(std::string_view kind) const {
  return std::any_of(activities_.begin(), activities_.end(), [&](const ActivityInfo& a) { return !a.opens.empty() && a.opens == kind; });
}
std::string Catalogue::json() const { return base::to_json(CatalogueText{groups_, activities_}, base::Side::stored); }

Result<Catalogue> read_catalogue(std::string_view json) {
  QUANJI_TRY(auto value, base::parse_json(json));
  QUANJI_TRY(auto text, base::from_json<CatalogueText>(value, base::Side::stored, base::Unknown::refuse));
  return Catalogue::make(std::move(text.groups), std::move(text.activities));
}

}  // namespace quanji::flow
