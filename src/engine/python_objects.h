// What the files python*.cpp share: flow values as Python objects and back. Python.h stays in them. Everything here is called with the GIL
// held, on Python's thread.
#pragma once
// Python.h first: it sets feature macros.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/failure.h"
#include "engine/slots.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::engine {

// Owns one reference.
class Ref {
 public:
  Ref() = default;
  explicit Ref(PyObject* object) : object_(object) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { Py_XDECREF(object_); }
  static Ref borrowed(PyObject* object) {
    Py_XINCREF(object);
    return Ref(object);
  }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

// The types flow values have in Python, made once.
struct PythonTypes {
  PyObject* decimal = nullptr;     // decimal.Decimal
  PyTypeObject* list = nullptr;    // quanji.List: a list that does not change
  PyTypeObject* map = nullptr;     // quanji.Map: a dict that does not change; m.key is m["key"]
  PyTypeObject* table = nullptr;   // quanji.Table
  PyTypeObject* row = nullptr;     // quanji.Row
  PyTypeObject* column = nullptr;  // quanji.Column
  PyTypeObject* opaque = nullptr;  // quanji.Secret, quanji.File and quanji.Handle have it as their base
  PyTypeObject* secret = nullptr;
  PyTypeObject* file = nullptr;
  PyTypeObject* handle = nullptr;
  PyObject* fail = nullptr;  // quanji.Fail(code, message, kind="business", data=None)
  PyObject* module = nullptr;
};
extern PythonTypes python_types;
// False with a Python error set.
bool make_python_types();
bool make_view_types(PyObject* module);
bool make_table_types(PyObject* module);

// Nothing with a Python error set.
Ref to_python(const values::Value& value);
Ref to_python_text(std::string_view text);
Ref to_python_decimal(const values::Decimal& decimal);
// quanji.Table of a table.
Ref table_view(values::TablePtr table);
const values::TablePtr& table_of_view(PyObject* view);
// A row of a view (keeps the view).
Ref row_view(PyObject* table_view, std::size_t row);
values::TablePtr table_of_row(PyObject* row, std::size_t& index);
PyObject* view_of_row(PyObject* row);  // borrowed
void move_row(PyObject* row, std::size_t index);
// One cell, without a Value in between.
Ref cell_to_python(const values::Column& column, std::size_t row);
const values::ColumnPtr& column_of_view(PyObject* view);
const values::Value* value_of_list_or_map(PyObject* object);  // null: it is neither, or was changed behind our back
const values::Value& value_of_opaque(PyObject* object);
// An object with text as its own: "?" when it has none. Clears errors.
std::string text_of_object(PyObject* object);

// A value of the flow's types; a failure value_not_storable says what to write instead. Clears Python errors.
Outcome<values::Value> to_value(PyObject* object, int depth = 0);
// What `for` runs over: a table as it is, the elements of anything else as a list. May leave a Python error set, which is then the failure.
Outcome<values::Value> list_of_iterable(PyObject* object);

}  // namespace quanji::engine
