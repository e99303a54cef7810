// The names every expression sees without anybody setting them.
#pragma once
#include <span>
#include <string_view>

namespace quanji::flow {

bool is_python_keyword(std::string_view name);  // "class", "in", "None" …: never a variable
bool is_python_builtin(std::string_view name);  // "sum", "len", "str" …
bool is_python_module(std::string_view name);   // of Python 3.11's standard library
// Decimal, calendar, asset, task, item: what the engine adds.
bool is_flow_name(std::string_view name);
std::span<const std::string_view> flow_names();
std::span<const std::string_view> python_builtins();

}  // namespace quanji::flow
