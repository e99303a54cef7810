// The inside of the interpreter, shared by python.cpp, python_compile.cpp and python_world.cpp.
#pragma once
#include "engine/python.h"
#include "engine/python_objects.h"
// (python_objects.h brings Python.h)
#include <pthread.h>

#include <map>
#include <unordered_map>

namespace quanji::engine {

// A function made of an expression or block, and which values its parameters take.
struct PythonProgram::Compiled {
  Ref function;
  std::vector<std::uint32_t> slots;  // the variables it reads: its first parameters
  std::vector<std::string> missing;  // of the names it could read, those left out because they were not set when it was made
  std::uint64_t unset = 0;           // which of `candidates` were not set
  std::vector<std::uint32_t> candidates;
  Ref syntax;  // the tree it is made of
};
struct PythonProgram::Cache {
  std::vector<std::unique_ptr<Compiled>> expressions;
  std::unordered_map<std::uint32_t, Compiled> blocks;  // by step number
  std::vector<PyObject*> dropped;
};

// Objects of the variables, by slot, as of a version.
struct PythonSide {
  std::vector<PyObject*> objects;
  std::vector<std::uint32_t> versions;
};

struct Python::State {
  pthread_t main_thread{};
  std::atomic<std::uint64_t> wanted{0};  // evaluation to be interrupted
  std::uint64_t raised = 0;              // evaluation an interruption was raised in; Python's thread only
  const std::atomic<std::uint64_t>* at_work = nullptr;
  PyThreadState* thread = nullptr;
  PyObject* globals = nullptr;        // of every expression
  PyObject* builtins = nullptr;       // dict, borrowed for the life of the process
  PyObject* stop_type = nullptr;      // BaseException: `except Exception` does not swallow it
  PyObject* library_names = nullptr;  // sys.stdlib_module_names
  PyObject* compile = nullptr;        // builtins.compile
  PyObject* syntax = nullptr;         // module _ast
  PythonWorld world;
  struct CompiledText {
    PythonProgram::Compiled compiled;
    std::vector<std::string> names;
  };
  std::unordered_map<std::string, std::unique_ptr<CompiledText>> texts;

  Failure failure_of_exception(Interrupt why, const char* code, std::string_view file, flow::Position at);

  // ---- python_compile.cpp ----
  // The parameters are `names`; nothing with a Python error set.
  Ref make_function(PyObject* syntax, const std::vector<std::string>& parameters, bool block, const std::string& file, PyObject* globals);
  Ref parse(const std::string& text, bool block, const std::string& file);
  // Names the code could mean as variables, sorted.
  bool names_of(PyObject* syntax, bool block, const std::string& file, std::vector<std::string>& names);
  // Puts modules of the standard library that are named into the globals.
  bool import_named(const std::vector<std::string>& names, const std::function<bool(const std::string&)>& is_variable);
  bool compile_expression(PythonProgram::Compiled& compiled, const std::string& text, const flow::Document& document);
  bool fit(PythonProgram::Compiled& compiled, const Slots& slots, const std::string& file);
  PyObject* object_of(Slots& slots, std::uint32_t slot);  // borrowed
};
extern Python::State* the_python;

bool make_world(Python::State& state);                     // python_world.cpp: calendar, asset, Fail; into the globals
bool tell_facts(Python::State& state);                     // task
std::optional<Failure> failure_of_fail(PyObject* raised);  // of a quanji.Fail

// What other threads dropped; released on Python's thread.
void release_dropped();
void drop_later(const std::vector<PyObject*>& objects);

// Runs f with the GIL on Python's thread, as one evaluation that can be interrupted.
template <class F>
auto Python::in_python(PythonLimit limit, F f) -> decltype(f()) {
  if (!on_own_thread()) {
    std::optional<decltype(f())> result;
    hand_over([&] { result.emplace(in_python(limit, f)); });
    return std::move(*result);
  }
  PyEval_RestoreThread(state_->thread);
  release_dropped();
  since_.store(clock_.monotonic().count(), std::memory_order_relaxed);
  limit_ms_.store(limit.time.count(), std::memory_order_relaxed);
  on_stop_.store(limit.on_stop, std::memory_order_relaxed);
  number_.store(++count_, std::memory_order_release);
  auto result = f();
  number_.store(0, std::memory_order_release);
  state_->thread = PyEval_SaveThread();
  return result;
}

}  // namespace quanji::engine
