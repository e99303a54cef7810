// A flow document as the engine runs it: a plain tree of steps, every name and expression numbered so that an interpreter keeps what it
// makes of them (slots, compiled Python, counters) in arrays beside the tree. Its YAML is read by parser.h, judged by checker.h. Immutable
// once it was read; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "values/value.h"

namespace quanji::flow {

// Where something stands in its file (Document::file). Line and column count from 1, columns in characters as editors do. 0: nowhere.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const Position&) const = default;
};

// A word of the document that names something outside of it.
struct Word {
  std::string text;
  Position at;
};

// A variable by name. Slots are 0 … Document::variables.size() - 1: all variables of a document live in one set (as in a Python function:
// no scopes of blocks), an input is the variable of its name.
struct Variable {
  std::string name;
  std::uint32_t slot = 0;
  Position at;
};

// Python 3, one expression, without the leading `=` and the blanks around it. Numbers are 0 … Document::expressions - 1.
struct Expression {
  std::string python;
  Position at;  // of the first character of the Python text
  std::uint32_t number = 0;
};

// What a document gives for something. What holds no expression anywhere inside is one Value, made once when the document is read;
// ListOf and MapOf hold an expression at some depth. Plain YAML scalars are nothing (null, ~, empty), bool, integer, decimal (exact, with
// their places) or text; every other type is written as text and becomes what its place asks for (literals.h).
struct Operand;
struct MapEntry;
struct ListOf {
  std::vector<Operand> items;
};
struct MapOf {
  std::vector<MapEntry> entries;  // keys unique, in order
};
struct Operand {
  std::variant<values::Value, Expression, ListOf, MapOf> form;
  Position at;

  const values::Value* literal() const { return std::get_if<values::Value>(&form); }
  const Expression* expression() const { return std::get_if<Expression>(&form); }
};
struct MapEntry {
  std::string key;
  Operand value;
};
struct NamedOperand {
  std::string name;
  Operand value;
  Position at;  // of the name
};
using Arguments = std::vector<NamedOperand>;  // names unique, in order of the document

// `save: x` keeps the result whole in one variable: the value itself of an activity with one output, else a map of its outputs by name.
// `save: {x: output}` keeps single outputs. Neither: the result is dropped.
struct Save {
  std::optional<Variable> whole;
  std::vector<std::pair<Variable, Word>> outputs;  // variable ← name of an output
  bool empty() const { return !whole && outputs.empty(); }
};

// Which failures are meant: by code, or by kind. Nothing said means all, but never the end of the run (stop, time-out of the task).
enum class ErrorKind : std::uint8_t { business, system };
struct ErrorFilter {
  std::vector<Word> codes;
  bool business = false;  // the words `business` and `system` in the list: all of that kind
  bool system = false;
  bool all() const { return codes.empty() && !business && !system; }
  bool matches(ErrorKind kind, std::string_view code) const;
};

struct Step;
using Steps = std::vector<Step>;

// ---- acts: one a step ----

// do: group.verb_noun
struct Do {
  Word activity;
  Arguments with;
  Save save;
};
// do: group.verb_noun with `as` and `steps`: a resource that is open while the steps run and closed on every way out.
struct With {
  Word activity;
  Arguments with;
  Variable as;
  Steps steps;
};
// set: {name: value, …}, in order; a later one sees the earlier ones.
struct Set {
  std::vector<std::pair<Variable, Operand>> variables;
};
// if/then, elif: [{if, then}, …], else
struct If {
  struct Branch {
    Operand condition;  // an expression, or a literal bool
    Steps steps;
  };
  std::vector<Branch> branches;  // at least one: the first that holds runs
  Steps otherwise;
};
// for: row, in: rows, index: i (counts from 0). A list, the keys of a map, the rows of a table, whatever Python can iterate.
struct For {
  Variable item;
  std::optional<Variable> index;
  Operand in;
  Steps steps;
};
struct While {
  Operand condition;
  Steps steps;
};
struct Break {};
struct Continue {};
// try: steps, catch: [{error, save, steps}, …], finally: steps. The first catch whose filter matches runs.
struct Try {
  struct Catch {
    ErrorFilter error;
    std::optional<Variable> save;  // the error: code, kind, message, step, data and what evidence there is
    Steps steps;
    Position at;
  };
  Steps steps;
  std::vector<Catch> catches;
  Steps finally;
};
// fail: {kind, code, message, data}; or fail: =problem, which fails again with an error that was caught.
struct Fail {
  ErrorKind kind = ErrorKind::business;
  Word code;                    // empty when `again` is there
  Operand message;              // text or expression; nothing when not given
  std::optional<Operand> data;  // what the error carries
  std::optional<Expression> again;
};
// Ends the flow, also out of loops; `finally` and closing of resources still happen. Outputs not given are nothing.
struct Return {
  Arguments outputs;
};
// call: another flow of the package, run in variables of its own. The result for `save`: like an activity with its outputs.
struct Call {
  Word flow;
  Arguments with;
  Save save;
};
// python: a block, or module:function of the package's python/. A block is the body of a function whose parameters are the names of
// `with`, and it can read (not set) the flow's variables; what it returns is the result. A function is called with `with` as keyword
// arguments.
struct PythonBlock {
  std::string code;      // of a block; empty for a function
  Position code_at;      // of the block's first line (columns are those after the block's indentation was taken off)
  std::string module;    // "reports.daily"
  std::string function;  // "total"
  Arguments with;
  Save save;
};
// parallel: [{title, steps}, …]. All are waited for; the first failure stops the others softly and is the step's failure.
struct Parallel {
  struct Branch {
    std::string title;
    Steps steps;
    Position at;
  };
  std::vector<Branch> branches;
};
// each_item: queue, as: item, limit: 100. Takes item after item until the queue is empty (or `limit` were taken). A business failure
// inside is recorded on its item and the next one taken; a system failure is recorded as the queue's rules say.
struct EachItem {
  Operand queue;  // name, or an expression that gives one
  Variable item;  // `item` when not said
  std::optional<Operand> limit;
  Steps steps;
};
struct Checkpoint {};

struct Retry {
  std::int32_t times = 0;        // how often it is tried again after the first time; 0 … 1000
  std::int64_t wait_micros = 0;  // before the first repetition
  double factor = 1;             // the wait grows by it each time; 1 … 100
  ErrorFilter error;             // nothing said: every system failure, and no business failure
};

enum class OnError : std::uint8_t { fail, go_on };  // go_on is written `continue`
enum class Effect : std::uint8_t { none, repeatable, once };
enum class Evidence : std::uint8_t { none, on_error, always };
std::string_view word_of(ErrorKind kind);
std::string_view word_of(OnError on_error);
std::string_view word_of(Effect effect);
std::string_view word_of(Evidence evidence);

using Act =
    std::variant<Set, Do, If, For, While, Break, Continue, Try, Fail, Return, Call, PythonBlock, With, Parallel, EachItem, Checkpoint>;
// "set", "do", "if" … ; "with" for a resource.
std::string_view word_of(const Act& act);

// Path: where the step stands in the document: "steps/3", "steps/3/then/0", "steps/3/elif/0/then/1", "steps/3/else/0", "steps/3/steps/0"
// (for, while, with, each_item), "steps/3/try/0", "steps/3/catch/0/steps/0", "steps/3/finally/0", "steps/3/parallel/0/steps/1". It is the
// step's place in the journal: the same as long as the document is. `id` is what people and editors refer to.
struct Step {
  std::uint32_t number = 0;  // in the order of the document, 0 … Document::step_count - 1; a step's own steps follow it
  Position at;               // of its first word
  std::string path;
  std::string id;                  // may be empty; unique in the document
  std::string title;               // may be empty
  std::optional<Operand> when;     // an expression (or a literal bool): the step is passed over when it does not hold
  std::optional<Operand> timeout;  // a literal duration, or an expression that gives one
  std::optional<Retry> retry;
  OnError on_error = OnError::fail;  // go_on: a failure is logged and the next step runs
  std::optional<Effect> effect;      // nothing said: what the activity declares, `none` for control words, `once` for python
  std::optional<Evidence> evidence;  // nothing said: what the run's settings say
  Act act;
};

// A type word of inputs and outputs; a resource handle has its kind instead ("browser").
struct TypeWord {
  std::optional<values::Type> type;  // nothing and no handle kind: any value
  std::string handle;
};
struct Input {
  Variable variable;
  std::string title;
  std::string description;
  TypeWord type;
  std::optional<Operand> fallback;     // `default`; a literal is of the declared type already
  bool required = true;                // without a default, unless `required: false` says that nothing will do
  std::vector<values::Value> choices;  // literals of the declared type; empty: any
};
struct Output {
  std::string name;
  std::string title;
  std::string description;
  TypeWord type;
  Position at;
};

enum class Network : std::uint8_t { none, all };
std::string_view word_of(Network network);
// What a flow (or a package) uses of the outside. Also in package.yaml.
struct Needs {
  std::vector<Word> assets;
  std::vector<Word> credentials;
  std::vector<Word> queues;
  std::vector<Word> capabilities;
  std::optional<Network> network;
};

struct Document {
  std::string file;  // as it was named to the reader: "flows/reconcile.yaml"
  Word flow;         // its name
  std::string title;
  std::string description;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  Needs needs;
  Steps steps;

  std::vector<std::string> variables;  // the name of each slot; inputs come first, in their order
  std::uint32_t expressions = 0;       // how many there are
  std::uint32_t step_count = 0;        // all steps, at every depth
};

// The lists of steps inside a step, in the order of the document.
std::vector<const Steps*> blocks_of(const Step& step);
// The slot of `name` in `document.variables`, or nothing.
std::optional<std::uint32_t> slot_of(const Document& document, std::string_view name);

}  // namespace quanji::flow
