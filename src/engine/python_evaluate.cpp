// Expressions, blocks and rows: what is evaluated and what becomes of it.
#include <fmt/format.h>

#include <algorithm>

#include "engine/python_state.h"

namespace quanji::engine {

using base::Text;
using values::ColumnType;
using values::TablePtr;
using values::Value;

template <class T, class Take>
Outcome<T> Python::of_expression(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit, Take take) {
  return in_python(limit, [&]() -> Outcome<T> {
    const auto& file = program.document_.file;
    const auto failed = [&]() -> Outcome<T> { return state_->failure_of_exception(why_, "expression_failed", file, expression.at); };
    auto& held = program.cache_->expressions[expression.number];
    if (!held) {
      auto made = std::make_unique<PythonProgram::Compiled>();
      if (!state_->compile_expression(*made, expression.python, program.document_)) return failed();
      held = std::move(made);
    }
    auto& compiled = *held;
    if (!state_->fit(compiled, slots, file)) return failed();
    PyObject* few[16];
    std::vector<PyObject*> many;
    PyObject** arguments = few;
    if (compiled.slots.size() > std::size(few)) many.resize(compiled.slots.size()), arguments = many.data();
    for (std::size_t i = 0; i < compiled.slots.size(); ++i)
      if (!(arguments[i] = state_->object_of(slots, compiled.slots[i]))) return failed();
    Ref result(PyObject_Vectorcall(compiled.function.get(), arguments, compiled.slots.size(), nullptr));
    if (!result) return failed();
    auto taken = take(result.get());
    if (PyErr_Occurred()) return failed();
    return taken;
  });
}

Outcome<Value> Python::evaluate(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit) {
  return of_expression<Value>(program, expression, slots, limit, [](PyObject* object) { return to_value(object); });
}
Outcome<bool> Python::holds(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit) {
  return of_expression<bool>(program, expression, slots, limit,
                             [](PyObject* object) -> Outcome<bool> { return PyObject_IsTrue(object) == 1; });
}
Outcome<Sequence> Python::sequence(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit) {
  return of_expression<Sequence>(program, expression, slots, limit, [](PyObject* object) -> Outcome<Sequence> {
    QUANJI_TRY(auto value, list_of_iterable(object));
    if (value.is(values::Type::table)) return Sequence{value.shared_table(), {}};
    return Sequence{nullptr, std::move(value)};
  });
}

Outcome<Value> Python::run(PythonProgram& program, std::uint32_t step, const flow::PythonBlock& block, const values::Variables& with,
                           Slots& slots, PythonLimit limit) {
  const auto& document = program.document_;
  return in_python(limit, [&]() -> Outcome<Value> {
    const auto failed = [&] { return state_->failure_of_exception(why_, "python_failed", document.file, block.code_at); };
    const auto take = [&](PyObject* raw) -> Outcome<Value> {
      Ref result(raw);
      if (!result) return failed();
      auto value = to_value(result.get());
      PyErr_Clear();
      return value;
    };
    Ref named(PyDict_New());
    for (const auto& [name, value] : with) {
      Ref object = to_python(value);
      if (!named || !object || PyDict_SetItemString(named.get(), name.c_str(), object.get()) != 0) return failed();
    }
    Ref none(PyTuple_New(0));
    if (!named || !none) return failed();
    if (block.code.empty()) {
      Ref module(PyImport_ImportModule(block.module.c_str()));
      Ref function(module ? PyObject_GetAttrString(module.get(), block.function.c_str()) : nullptr);
      return function ? take(PyObject_Call(function.get(), none.get(), named.get())) : failed();
    }
    auto& compiled = program.cache_->blocks[step];
    if (!compiled.syntax) {
      compiled.syntax = state_->parse(block.code, true, document.file);
      std::vector<std::string> names;
      if (!compiled.syntax || !state_->names_of(compiled.syntax.get(), true, document.file, names)) return failed();
      const auto is_variable = [&](const std::string& name) { return with.contains(name) || flow::slot_of(document, name).has_value(); };
      if (!state_->import_named(names, is_variable)) return failed();
      for (const auto& name : names)
        if (const auto slot = flow::slot_of(document, name); slot && !with.contains(name)) compiled.candidates.push_back(*slot);
    }
    std::vector<std::string> parameters;
    for (const auto slot : compiled.candidates) {
      if (!slots.is_set(slot)) continue;
      PyObject* object = state_->object_of(slots, slot);
      if (!object || PyDict_SetItemString(named.get(), slots.name(slot).c_str(), object) != 0) return failed();
      parameters.push_back(slots.name(slot));
    }
    for (const auto& [name, value] : with) parameters.push_back(name);
    if (!compiled.function || compiled.missing != parameters) {
      compiled.function = state_->make_function(compiled.syntax.get(), parameters, true, document.file, state_->globals);
      if (!compiled.function) return failed();
      compiled.missing = parameters;
    }
    // Globals of its own for every call: what a block declares global outlives nothing.
    Ref globals(PyDict_Copy(state_->globals));
    Ref function(globals ? PyFunction_New(PyFunction_GET_CODE(compiled.function.get()), globals.get()) : nullptr);
    return function ? take(PyObject_Call(function.get(), none.get(), named.get())) : failed();
  });
}

namespace {
constexpr const char* text_file = "<expression>";
// The function of an expression given as text, made for the names that are known now; its parameters are left in `names`.
PyObject* function_of_text(Python::State& state, const std::string& expression, const std::function<bool(const std::string&)>& known,
                           std::vector<std::string>& names) {
  auto& held = state.texts[expression];
  if (!held) {
    auto made = std::make_unique<Python::State::CompiledText>();
    made->compiled.syntax = state.parse(expression, false, text_file);
    if (!made->compiled.syntax || !state.names_of(made->compiled.syntax.get(), false, text_file, made->names)) {
      state.texts.erase(expression);
      return nullptr;
    }
    held = std::move(made);
  }
  if (!state.import_named(held->names, known)) return nullptr;
  for (const auto& name : held->names)
    if (known(name)) names.push_back(name);
  if (!held->compiled.function || held->compiled.missing != names) {
    held->compiled.function = state.make_function(held->compiled.syntax.get(), names, false, text_file, state.globals);
    held->compiled.missing = names;
  }
  return held->compiled.function.get();
}
std::optional<std::uint32_t> find_slot(const Slots* slots, std::string_view name) {
  for (std::uint32_t i = 0; slots && i < slots->size(); ++i)
    if (slots->is_set(i) && slots->name(i) == name) return i;
  return std::nullopt;
}
}  // namespace

Outcome<Value> Python::evaluate_text(const std::string& expression, const values::Variables& variables, Slots* slots, PythonLimit limit) {
  return in_python(limit, [&]() -> Outcome<Value> {
    const auto failed = [&] { return state_->failure_of_exception(why_, "expression_failed", text_file, {}); };
    std::vector<std::string> names;
    PyObject* function = function_of_text(
        *state_, expression, [&](const std::string& name) { return variables.contains(name) || find_slot(slots, name); }, names);
    if (!function) return failed();
    std::vector<Ref> kept;
    std::vector<PyObject*> arguments;
    for (const auto& name : names) {
      if (const auto given = variables.find(name); given != variables.end()) {
        kept.push_back(to_python(given->second));
        arguments.push_back(kept.back().get());
      } else {
        arguments.push_back(state_->object_of(*slots, *find_slot(slots, name)));
      }
      if (!arguments.back()) return failed();
    }
    Ref result(PyObject_Vectorcall(function, arguments.data(), arguments.size(), nullptr));
    if (!result) return failed();
    auto value = to_value(result.get());
    PyErr_Clear();
    return value;
  });
}

Outcome<values::ColumnPtr> Python::evaluate_rows(const std::string& expression, const TablePtr& table, ColumnType type, Slots* slots,
                                                 const std::function<Outcome<void>()>& go_on, PythonLimit limit) {
  constexpr std::size_t part = 10'000;
  values::ColumnBuilder builder(type);
  builder.reserve(table->rows());
  std::size_t row = 0;
  do {
    QUANJI_DO(go_on());
    auto done = in_python(limit, [&]() -> Outcome<void> {
      const auto failed = [&](std::size_t at) -> Failure {
        auto failure = state_->failure_of_exception(why_, "expression_failed", text_file, {});
        if (failure.ending == Ending::none)
          failure.message =
              Text(fmt::format("第 {} 行：{}", at + 1, failure.message.zh), fmt::format("row {}: {}", at + 1, failure.message.en));
        return failure;
      };
      std::vector<std::string> names;
      PyObject* function = function_of_text(
          *state_, expression,
          [&](const std::string& name) { return table->find(name).has_value() || name == "row" || find_slot(slots, name).has_value(); },
          names);
      if (!function) return state_->failure_of_exception(why_, "expression_failed", text_file, {});
      struct Cell {
        const values::Column* column;
        std::size_t argument;
      };
      std::vector<Cell> cells;
      std::vector<PyObject*> arguments(names.size(), nullptr);
      std::vector<Ref> kept(names.size());
      std::optional<std::size_t> whole_row;
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (const auto column = table->find(names[i])) {
          cells.push_back({table->column(*column).get(), i});
        } else if (names[i] == "row") {
          whole_row = i;
        } else if (!(arguments[i] = state_->object_of(*slots, *find_slot(slots, names[i])))) {
          return failed(row);
        }
      }
      Ref view = whole_row ? table_view(table) : Ref();
      const auto end = std::min(row + part, table->rows());
      for (; row < end; ++row) {
        for (const auto& cell : cells) {
          kept[cell.argument] = cell_to_python(*cell.column, row);
          if (!(arguments[cell.argument] = kept[cell.argument].get())) return failed(row);
        }
        if (whole_row) {
          kept[*whole_row] = row_view(view.get(), row);
          if (!(arguments[*whole_row] = kept[*whole_row].get())) return failed(row);
        }
        Ref result(PyObject_Vectorcall(function, arguments.data(), arguments.size(), nullptr));
        if (!result) return failed(row);
        auto value = to_value(result.get());
        PyErr_Clear();
        if (!value) {
          value.error().message.zh = fmt::format("第 {} 行：", row + 1) + value.error().message.zh;
          value.error().message.en = fmt::format("row {}: ", row + 1) + value.error().message.en;
          return std::move(value).error();
        }
        if (!builder.add(*value))
          return system_failure("wrong_type", Text(fmt::format("第 {} 行的结果不是 {}", row + 1, values::word_of(type)),
                                                   fmt::format("row {}: the result is no {}", row + 1, values::word_of(type))));
      }
      return {};
    });
    QUANJI_DO(std::move(done));
  } while (row < table->rows());
  return std::move(builder).finish();
}

}  // namespace quanji::engine
