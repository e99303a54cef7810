// What is known of an activity without running it: its words, types and effects, as contracts/activities.json has them. The room of
// activities writes the catalogue, the checker, the schema and the designer read it.
// Reads foreign bytes: fuzz/flow_source.cpp
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "flow/document.h"

QUANJI_ENUM(quanji::flow::Effect, "none", "repeatable", "once");
QUANJI_ENUM(quanji::flow::ErrorKind, "business", "system");

namespace quanji::flow {

// A sentence in both languages, as it stands in JSON.
struct InBoth {
  std::string zh, en;
  static const base::FieldList& fields();
};
struct Choice {
  std::string word;
  InBoth title;
  static const base::FieldList& fields();
};
// What the text of an input names, when it names something a flow has to declare in `needs`.
enum class Names : std::uint8_t { nothing, asset, credential, queue };

struct ActivityInput {
  std::string name;
  std::string type;  // a type word, "any", or the kind of a resource ("browser")
  bool required = true;
  base::JsonText fallback;  // `default`: the JSON of the value taken when it is not given; empty: nothing
  InBoth title;
  InBoth sentence;
  std::vector<Choice> choices;  // empty: any
  Names names = Names::nothing;
  static const base::FieldList& fields();
};
struct ActivityOutput {
  std::string name;
  std::string type;
  InBoth sentence;
  static const base::FieldList& fields();
};
struct ActivityError {
  std::string code;
  ErrorKind kind = ErrorKind::system;
  InBoth sentence;
  static const base::FieldList& fields();
};
struct ActivityInfo {
  std::string id;  // group.verb_noun
  InBoth title;
  InBoth sentence;
  std::vector<ActivityInput> inputs;
  std::vector<ActivityOutput> outputs;
  std::string opens;                      // the kind of resource it opens for `with` ("browser"); empty: none
  Effect effect = Effect::once;           // what a step that says nothing has
  bool suspends = false;                  // the run may leave its robot here and go on elsewhere (human.ask)
  std::vector<std::string> capabilities;  // what `needs.capabilities` has to name
  std::vector<ActivityError> errors;
  std::string example;  // a step, as YAML
  static const base::FieldList& fields();

  std::string_view group() const { return std::string_view(id).substr(0, id.find('.')); }
  const ActivityInput* input(std::string_view name) const;
  const ActivityOutput* output(std::string_view name) const;
};
struct ActivityGroup {
  std::string id;
  InBoth title;
  static const base::FieldList& fields();
};

// All activities there are. Immutable; any thread.
class Catalogue {
 public:
  Catalogue() = default;
  // Ids are group.verb_noun and unique, names of inputs and outputs too, types known: a failure names what is not.
  static base::Result<Catalogue> make(std::vector<ActivityGroup> groups, std::vector<ActivityInfo> activities);

  const std::vector<ActivityInfo>& all() const { return activities_; }  // by id
  const std::vector<ActivityGroup>& groups() const { return groups_; }
  const ActivityInfo* find(std::string_view id) const;
  std::vector<std::string> ids() const;
  bool has_group(std::string_view group) const;
  bool has_resource(std::string_view kind) const;  // some activity opens it
  std::string json() const;                        // what read_catalogue reads

 private:
  std::vector<ActivityGroup> groups_;
  std::vector<ActivityInfo> activities_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
};

// {"groups":[{"id","title"}],"activities":[…]}, the text of contracts/activities.json.
base::Result<Catalogue> read_catalogue(std::string_view json);

}  // namespace quanji::flow

QUANJI_ENUM(quanji::flow::Names, "nothing", "asset", "credential", "queue");
