// The walk behind checker.h: through the steps in their order, knowing at each which variables have a value.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/checker.h"
#include "flow/python_scan.h"

namespace quanji::flow {

// Which variables have a value on every way to a place, on some way, or held a resource that is closed by now.
struct Knowledge {
  std::vector<bool> sure, maybe, closed;
  bool reachable = true;
  explicit Knowledge(std::size_t variables) : sure(variables), maybe(variables), closed(variables) {}
  void set(std::uint32_t slot);
  void may_set(const std::vector<const Variable*>& variables);
  // Where two ways meet.
  void join(const Knowledge& other);
};

class StepWalk {
 public:
  StepWalk(const Document& document, const Surroundings& surroundings, const std::vector<std::string>& doubtful, Problems& problems);
  void walk();

 private:
  struct Loop {
    std::optional<Knowledge> exits;  // what is known where `break` leaves it
  };
  struct Resource {
    std::uint32_t slot;
    std::string name;
    std::string kind;  // empty: not known
  };

  void steps(const Steps& steps, Knowledge& known);
  void step(const Step& step, Knowledge& known);
  void act(const Step& step, Knowledge& known);
  void act_do(const Step& step, const Do& act, Knowledge& known);
  void act_with(const Step& step, const With& act, Knowledge& known);
  void act_if(const If& act, Knowledge& known);
  void act_for(const For& act, Knowledge& known);
  void act_while(const While& act, Knowledge& known);
  void act_try(const Try& act, Knowledge& known);
  void act_return(const Step& step, const Return& act, Knowledge& known);
  void act_call(const Call& act, Knowledge& known);
  void act_python(const PythonBlock& act, Knowledge& known);
  void act_parallel(const Parallel& act, Knowledge& known);
  void act_each_item(const EachItem& act, Knowledge& known);
  void leave_loop(const Step& step, Knowledge& known);
  void loop_body(const Steps& body, Knowledge& known, bool endless, std::initializer_list<const Variable*> variables);

  // Values.
  void use(const Operand& operand, const Knowledge& known);
  void use(const Expression& expression, const Knowledge& known);
  void use_name(const std::string& name, Position at, const Knowledge& known);
  void condition(const Operand& operand, const Knowledge& known, bool may_be_true_always);
  void set(const Variable& variable, Knowledge& known);
  void save(const Save& save, Knowledge& known);

  // Activities and flows.
  const ActivityInfo* activity(const Word& word);
  void arguments(const ActivityInfo& info, const Word& word, const Arguments& given);
  void argument(const ActivityInfo& info, const ActivityInput& input, const NamedOperand& given);
  void saved_outputs(const Save& save, const std::vector<std::string>& outputs, std::string_view of);
  void effects(const Step& step, const ActivityInfo* info, bool opens);
  void codes(const ErrorFilter& filter);
  void need(std::string_view kind, const std::string& name, Position at, const std::vector<Word>& declared);
  void resume_point(const Step& step);
  const Document* flow(std::string_view name) const;
  bool reaches(const Document& from, std::string_view flow, std::vector<std::string>& seen) const;

  bool is_known_name(std::string_view name) const;
  std::optional<std::uint32_t> slot(std::string_view name) const;

  const Document& document_;
  const Surroundings& surroundings_;
  std::set<std::string_view> doubtful_;
  std::map<std::string_view, std::uint32_t> slots_;
  Problems& problems_;
  std::vector<std::string> error_codes_;
  std::vector<Loop*> loops_;
  std::vector<std::uint32_t> loop_slots_;
  std::vector<Resource> resources_;
  int in_parallel_ = 0;
  std::optional<std::size_t> finally_floor_;  // inside `finally`: how many loops stand around it
};

// All variables that these steps set, at every depth.
std::vector<const Variable*> variables_set(const Steps& steps);
// The place of a byte of an expression.
Position position_in(const Expression& expression, std::size_t offset);

}  // namespace quanji::flow
