// Tables as Python sees them: quanji.Table (a sequence of rows), quanji.Row (a mapping) and quanji.Column (a sequence; a buffer of int64
// where every row has an integer). Nothing is copied: they hold the flow's own columns.
#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "engine/python_objects.h"

namespace quanji::engine {

using values::Column;
using values::ColumnPtr;
using values::ColumnType;
using values::Table;
using values::TablePtr;
using values::Type;
using values::Value;

namespace {

struct TableView {
  PyObject_HEAD TablePtr table;
  PyObject* places;  // dict: name → index
};
struct RowView {
  PyObject_HEAD TableView* view;  // owned
  std::size_t row;
};
struct ColumnView {
  PyObject_HEAD ColumnPtr column;
};

TableView* table_at(PyObject* object) { return reinterpret_cast<TableView*>(object); }
RowView* row_at(PyObject* object) { return reinterpret_cast<RowView*>(object); }
const Column& column_at(PyObject* object) { return *reinterpret_cast<ColumnView*>(object)->column; }
template <class F>
void* slot(F f) {
  return reinterpret_cast<void*>(f);
}
template <class F>
PyCFunction method(F f) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

// The index of a column by its Python name; -1 with KeyError set, which names the columns there are.
Py_ssize_t place_of(TableView* view, PyObject* name) {
  PyObject* place = PyDict_GetItemWithError(view->places, name);
  if (place) return PyLong_AsSsize_t(place);
  if (PyErr_Occurred()) return -1;
  if (!PyUnicode_Check(name)) {
    PyErr_Format(PyExc_KeyError, "列名是文本 / a column's name is text, not %R", name);
    return -1;
  }
  auto needed = view->table->need(text_of_object(name));
  const auto text = needed ? std::string("?") : needed.error().message().zh + " / " + needed.error().message().en;
  PyErr_SetString(PyExc_KeyError, text.c_str());
  return -1;
}
// Of a Python index that may count from the end; -1 with IndexError set.
Py_ssize_t within(PyObject* index, std::size_t size, const char* what) {
  const auto n = PyNumber_AsSsize_t(index, PyExc_IndexError);
  if (n == -1 && PyErr_Occurred()) return -1;
  const auto place = n < 0 ? n + static_cast<Py_ssize_t>(size) : n;
  if (place >= 0 && place < static_cast<Py_ssize_t>(size)) return place;
  PyErr_Format(PyExc_IndexError, "%s %zd / %zu", what, n, size);
  return -1;
}

ColumnPtr pick(const Column& column, const std::vector<std::size_t>& rows) {
  values::ColumnBuilder builder(column.type(), column.places());
  builder.reserve(rows.size());
  for (const auto row : rows) {
    if (column.is_nothing(row)) {
      builder.add_nothing();
      continue;
    }
    switch (column.type()) {
      case ColumnType::text:
        builder.add_text(column.text(row));
        break;
      case ColumnType::integer:
        builder.add_integer(column.numbers()[row]);
        break;
      case ColumnType::decimal:
        builder.add(column.decimal(row));
        break;
      default:
        builder.add(column.value(row));
    }
  }
  return std::move(builder).finish();
}
PyObject* pick_rows(const Table& table, const std::vector<std::size_t>& rows) {
  std::vector<ColumnPtr> columns;
  for (std::size_t i = 0; i < table.columns(); ++i) columns.push_back(pick(*table.column(i), rows));
  auto made = Table::make(table.names(), std::move(columns));
  if (!made) {
    PyErr_SetString(PyExc_ValueError, made.error().message().en.c_str());
    return nullptr;
  }
  return table_view(std::make_shared<const Table>(std::move(*made))).release();
}

// ---- Table ----

void drop_table(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_XDECREF(table_at(self)->places);
  table_at(self)->table.~TablePtr();
  type->tp_free(self);
  Py_DECREF(type);
}
Py_ssize_t table_size(PyObject* self) { return static_cast<Py_ssize_t>(table_at(self)->table->rows()); }
PyObject* table_row(PyObject* self, Py_ssize_t index) {
  if (index < 0 || index >= table_size(self)) {
    PyErr_SetString(PyExc_IndexError, "table index out of range");
    return nullptr;
  }
  return row_view(self, static_cast<std::size_t>(index)).release();
}
PyObject* column_view(const ColumnPtr& column) {
  PyObject* object = python_types.column->tp_alloc(python_types.column, 0);
  if (object) new (&reinterpret_cast<ColumnView*>(object)->column) ColumnPtr(column);
  return object;
}
std::vector<std::size_t> rows_of_slice(PyObject* slice, std::size_t size, bool& ok) {
  std::vector<std::size_t> rows;
  Py_ssize_t start = 0, stop = 0, step = 0;
  ok = PySlice_Unpack(slice, &start, &stop, &step) == 0;
  if (!ok) return rows;
  const auto count = PySlice_AdjustIndices(static_cast<Py_ssize_t>(size), &start, &stop, step);
  rows.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) rows.push_back(static_cast<std::size_t>(start + i * step));
  return rows;
}
PyObject* table_item(PyObject* self, PyObject* key) {
  const auto& table = table_at(self)->table;
  if (PyUnicode_Check(key)) {
    const auto place = place_of(table_at(self), key);
    return place < 0 ? nullptr : column_view(table->column(static_cast<std::size_t>(place)));
  }
  if (PySlice_Check(key)) {
    bool ok = false;
    const auto rows = rows_of_slice(key, table->rows(), ok);
    return ok ? pick_rows(*table, rows) : nullptr;
  }
  const auto row = within(key, table->rows(), "行号超出范围 / no such row:");
  return row < 0 ? nullptr : row_view(self, static_cast<std::size_t>(row)).release();
}
PyObject* table_text(PyObject* self) {
  const auto& table = *table_at(self)->table;
  std::string names;
  for (std::size_t i = 0; i < table.columns() && i < 8; ++i) names += (i ? ", " : "") + table.name(i);
  if (table.columns() > 8) names += " …";
  return to_python_text(fmt::format("<table of {} rows: {}>", table.rows(), names)).release();
}
PyObject* compare_tables(PyObject* a, PyObject* b, int op) {
  if ((op != Py_EQ && op != Py_NE) || Py_TYPE(b) != python_types.table) Py_RETURN_NOTIMPLEMENTED;
  const auto &left = table_at(a)->table, &right = table_at(b)->table;
  const bool equal = left == right || *left == *right;
  return Py_NewRef(equal == (op == Py_EQ) ? Py_True : Py_False);
}
PyObject* names_of(PyObject* self, void*) {
  const auto& names = table_at(self)->table->names();
  Ref list(PyList_New(static_cast<Py_ssize_t>(names.size())));
  for (std::size_t i = 0; list && i < names.size(); ++i) {
    Ref name = to_python_text(names[i]);
    if (!name) return nullptr;
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), name.release());
  }
  return list.release();
}
PyObject* table_self(PyObject* self, void*) { return Py_NewRef(self); }

bool keep_equal(const Column& column, const Value& wanted, std::vector<std::size_t>& rows) {
  const auto keep = [&](auto equal) {
    std::erase_if(rows, [&](std::size_t row) { return !equal(row); });
    return true;
  };
  if (wanted.is(Type::nothing)) return keep([&](std::size_t row) { return column.is_nothing(row); });
  if (column.type() == ColumnType::text && wanted.is(Type::text))
    return keep([&](std::size_t row) { return !column.is_nothing(row) && column.text(row) == wanted.text(); });
  if (column.type() == ColumnType::integer && wanted.is(Type::integer))
    return keep([&](std::size_t row) { return !column.is_nothing(row) && column.numbers()[row] == wanted.integer(); });
  if (column.type() == ColumnType::decimal && (wanted.is(Type::decimal) || wanted.is(Type::integer))) {
    const auto number = wanted.is(Type::decimal) ? wanted.decimal() : values::Decimal::of(wanted.integer());
    return keep([&](std::size_t row) { return !column.is_nothing(row) && column.decimal(row) == number; });
  }
  return keep([&](std::size_t row) { return column.value(row) == wanted; });
}
// where("COL", value, …): the rows that have these values; where(COL=value) too.
PyObject* table_where(PyObject* self, PyObject* arguments, PyObject* named) {
  const auto& table = *table_at(self)->table;
  std::vector<std::size_t> rows(table.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  const auto narrow = [&](PyObject* name, PyObject* value) {
    const auto place = place_of(table_at(self), name);
    if (place < 0) return false;
    auto wanted = to_value(value);
    if (!wanted) {
      PyErr_SetString(PyExc_TypeError, wanted.error().message.en.c_str());
      return false;
    }
    return keep_equal(*table.column(static_cast<std::size_t>(place)), *wanted, rows);
  };
  const auto count = PyTuple_GET_SIZE(arguments);
  if (count % 2 != 0) {
    PyErr_SetString(PyExc_TypeError, "where(\"列名\", 值, …) / where(\"COLUMN\", value, …)");
    return nullptr;
  }
  for (Py_ssize_t i = 0; i < count; i += 2)
    if (!narrow(PyTuple_GET_ITEM(arguments, i), PyTuple_GET_ITEM(arguments, i + 1))) return nullptr;
  Py_ssize_t at = 0;
  PyObject *name = nullptr, *value = nullptr;
  while (named && PyDict_Next(named, &at, &name, &value))
    if (!narrow(name, value)) return nullptr;
  return pick_rows(table, rows);
}
PyMethodDef table_methods[] = {{"where", method(&table_where), METH_VARARGS | METH_KEYWORDS, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyGetSetDef table_members[] = {{"columns", &names_of, nullptr, nullptr, nullptr},
                               {"rows", &table_self, nullptr, nullptr, nullptr},
                               {nullptr, nullptr, nullptr, nullptr, nullptr}};

// ---- Row ----

void drop_row(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_XDECREF(row_at(self)->view);
  type->tp_free(self);
  Py_DECREF(type);
}
Py_ssize_t row_size(PyObject* self) { return static_cast<Py_ssize_t>(row_at(self)->view->table->columns()); }
PyObject* cell(RowView* row, Py_ssize_t place) {
  return cell_to_python(*row->view->table->column(static_cast<std::size_t>(place)), row->row).release();
}
PyObject* row_item(PyObject* self, PyObject* key) {
  const auto place = place_of(row_at(self)->view, key);
  return place < 0 ? nullptr : cell(row_at(self), place);
}
int row_contains(PyObject* self, PyObject* key) { return PyDict_Contains(row_at(self)->view->places, key); }
PyObject* row_keys(PyObject* self, PyObject*) { return names_of(reinterpret_cast<PyObject*>(row_at(self)->view), nullptr); }
PyObject* row_iterator(PyObject* self) {
  Ref keys(row_keys(self, nullptr));
  return keys ? PyObject_GetIter(keys.get()) : nullptr;
}
PyObject* row_values(PyObject* self, PyObject*) {
  Ref list(PyList_New(row_size(self)));
  for (Py_ssize_t i = 0; list && i < row_size(self); ++i) {
    PyObject* value = cell(row_at(self), i);
    if (!value) return nullptr;
    PyList_SET_ITEM(list.get(), i, value);
  }
  return list.release();
}
PyObject* row_items(PyObject* self, PyObject*) {
  Ref names(row_keys(self, nullptr));
  Ref cells(names ? row_values(self, nullptr) : nullptr);
  Ref list(cells ? PyList_New(row_size(self)) : nullptr);
  for (Py_ssize_t i = 0; list && i < row_size(self); ++i) {
    PyObject* pair = PyTuple_Pack(2, PyList_GET_ITEM(names.get(), i), PyList_GET_ITEM(cells.get(), i));
    if (!pair) return nullptr;
    PyList_SET_ITEM(list.get(), i, pair);
  }
  return list.release();
}
PyObject* row_get(PyObject* self, PyObject* arguments) {
  PyObject *key = nullptr, *fallback = Py_None;
  if (!PyArg_ParseTuple(arguments, "O|O", &key, &fallback)) return nullptr;
  const int there = row_contains(self, key);
  return there < 0 ? nullptr : there ? row_item(self, key) : Py_NewRef(fallback);
}
PyObject* row_dict(PyObject* self) {
  Ref dict(PyDict_New());
  Ref names(dict ? row_keys(self, nullptr) : nullptr);
  for (Py_ssize_t i = 0; names && i < row_size(self); ++i) {
    Ref value(cell(row_at(self), i));
    if (!value || PyDict_SetItem(dict.get(), PyList_GET_ITEM(names.get(), i), value.get()) != 0) return nullptr;
  }
  return names ? dict.release() : nullptr;
}
PyObject* row_text(PyObject* self) {
  Ref dict(row_dict(self));
  return dict ? PyObject_Repr(dict.get()) : nullptr;
}
PyObject* compare_rows(PyObject* a, PyObject* b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !(Py_TYPE(b) == python_types.row || PyDict_Check(b))) Py_RETURN_NOTIMPLEMENTED;
  Ref left(row_dict(a));
  Ref right(PyDict_Check(b) ? Ref::borrowed(b) : Ref(row_dict(b)));
  return left && right ? PyObject_RichCompare(left.get(), right.get(), op) : nullptr;
}
// row.COL for columns whose names are no words of Row.
PyObject* row_attribute(PyObject* self, PyObject* name) {
  if (PyDict_Contains(python_types.row->tp_dict, name) != 1) {
    PyObject* place = PyDict_GetItemWithError(row_at(self)->view->places, name);
    if (place) return cell(row_at(self), PyLong_AsSsize_t(place));
    if (PyErr_Occurred()) return nullptr;
  }
  return PyObject_GenericGetAttr(self, name);
}
PyMethodDef row_methods[] = {{"keys", &row_keys, METH_NOARGS, nullptr},
                             {"values", &row_values, METH_NOARGS, nullptr},
                             {"items", &row_items, METH_NOARGS, nullptr},
                             {"get", &row_get, METH_VARARGS, nullptr},
                             {nullptr, nullptr, 0, nullptr}};

// ---- Column ----

void drop_column(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  reinterpret_cast<ColumnView*>(self)->column.~ColumnPtr();
  type->tp_free(self);
  Py_DECREF(type);
}
Py_ssize_t column_size(PyObject* self) { return static_cast<Py_ssize_t>(column_at(self).size()); }
PyObject* column_place(PyObject* self, Py_ssize_t index) {
  if (index < 0 || index >= column_size(self)) {
    PyErr_SetString(PyExc_IndexError, "column index out of range");
    return nullptr;
  }
  return cell_to_python(column_at(self), static_cast<std::size_t>(index)).release();
}
PyObject* column_item(PyObject* self, PyObject* key) {
  const auto& column = column_at(self);
  if (PySlice_Check(key)) {
    bool ok = false;
    const auto rows = rows_of_slice(key, column.size(), ok);
    return ok ? column_view(pick(column, rows)) : nullptr;
  }
  const auto row = within(key, column.size(), "行号超出范围 / no such row:");
  return row < 0 ? nullptr : cell_to_python(column, static_cast<std::size_t>(row)).release();
}
PyObject* column_text(PyObject* self) {
  const auto& column = column_at(self);
  return to_python_text(fmt::format("<column of {} {}>", column.size(), values::word_of(column.type()))).release();
}
int column_buffer(PyObject* self, Py_buffer* view, int flags) {
  const auto& column = column_at(self);
  if (column.type() != ColumnType::integer || column.has_nothing()) {
    view->obj = nullptr;
    PyErr_SetString(PyExc_BufferError, "only a column of integers without gaps is a buffer");
    return -1;
  }
  static Py_ssize_t stride = sizeof(std::int64_t);
  const auto numbers = column.numbers();
  if (PyBuffer_FillInfo(view, self, const_cast<std::int64_t*>(numbers.data()), static_cast<Py_ssize_t>(numbers.size_bytes()), 1, flags) !=
      0)
    return -1;
  view->itemsize = stride;
  if (flags & PyBUF_FORMAT) view->format = const_cast<char*>("q");
  // The one dimension lives as long as the column does.
  if (flags & PyBUF_ND) {
    auto* shape = static_cast<Py_ssize_t*>(PyMem_Malloc(sizeof(Py_ssize_t)));
    if (!shape) return -1;
    *shape = static_cast<Py_ssize_t>(numbers.size());
    view->shape = shape;
    view->internal = shape;
    if (flags & PyBUF_STRIDES) view->strides = &stride;
  }
  return 0;
}
void release_buffer(PyObject*, Py_buffer* view) { PyMem_Free(std::exchange(view->internal, nullptr)); }
// The exact sum of a column of numbers; what is nothing does not count.
PyObject* column_sum(PyObject* self, PyObject*) {
  const auto& column = column_at(self);
  values::Decimal total;
  bool fits = column.type() == ColumnType::integer || column.type() == ColumnType::decimal;
  for (std::size_t i = 0; fits && i < column.size(); ++i) {
    if (column.is_nothing(i)) continue;
    const auto next = add(total, column.type() == ColumnType::integer ? values::Decimal::of(column.numbers()[i]) : column.decimal(i));
    if (!next) {
      PyErr_SetString(PyExc_OverflowError, "the sum needs more than 38 digits");
      return nullptr;
    }
    total = *next;
  }
  if (!fits) {
    PyErr_SetString(PyExc_TypeError, "sum() 需要数字列 / sum() needs a column of numbers");
    return nullptr;
  }
  if (column.type() == ColumnType::integer) {
    const auto text = total.plain();
    return PyLong_FromString(text.c_str(), nullptr, 10);
  }
  return to_python_decimal(total).release();
}
PyMethodDef column_methods[] = {{"sum", &column_sum, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};

PyTypeObject* make_type(PyObject* module, PyType_Spec& spec) {
  PyObject* type = PyType_FromSpec(&spec);
  const std::string_view name = spec.name;
  if (!type || PyModule_AddObjectRef(module, spec.name + name.rfind('.') + 1, type) != 0) return nullptr;
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

bool make_table_types(PyObject* module) {
  constexpr unsigned flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION;
  PyType_Slot table_slots[] = {{Py_tp_dealloc, slot(&drop_table)},
                               {Py_sq_length, slot(&table_size)},
                               {Py_mp_length, slot(&table_size)},
                               {Py_sq_item, slot(&table_row)},
                               {Py_mp_subscript, slot(&table_item)},
                               {Py_tp_repr, slot(&table_text)},
                               {Py_tp_richcompare, slot(&compare_tables)},
                               {Py_tp_methods, table_methods},
                               {Py_tp_getset, table_members},
                               {0, nullptr}};
  PyType_Spec table_spec{"quanji.Table", sizeof(TableView), 0, flags | Py_TPFLAGS_SEQUENCE, table_slots};
  PyType_Slot row_slots[] = {{Py_tp_dealloc, slot(&drop_row)},
                             {Py_mp_length, slot(&row_size)},
                             {Py_mp_subscript, slot(&row_item)},
                             {Py_sq_contains, slot(&row_contains)},
                             {Py_tp_iter, slot(&row_iterator)},
                             {Py_tp_repr, slot(&row_text)},
                             {Py_tp_richcompare, slot(&compare_rows)},
                             {Py_tp_getattro, slot(&row_attribute)},
                             {Py_tp_methods, row_methods},
                             {0, nullptr}};
  PyType_Spec row_spec{"quanji.Row", sizeof(RowView), 0, flags | Py_TPFLAGS_MAPPING, row_slots};
  PyType_Slot column_slots[] = {{Py_tp_dealloc, slot(&drop_column)},     {Py_sq_length, slot(&column_size)},
                                {Py_mp_length, slot(&column_size)},      {Py_sq_item, slot(&column_place)},
                                {Py_mp_subscript, slot(&column_item)},   {Py_tp_repr, slot(&column_text)},
                                {Py_bf_getbuffer, slot(&column_buffer)}, {Py_bf_releasebuffer, slot(&release_buffer)},
                                {Py_tp_methods, column_methods},         {0, nullptr}};
  PyType_Spec column_spec{"quanji.Column", sizeof(ColumnView), 0, flags | Py_TPFLAGS_SEQUENCE, column_slots};
  auto& types = python_types;
  return (types.table = make_type(module, table_spec)) && (types.row = make_type(module, row_spec)) &&
         (types.column = make_type(module, column_spec));
}

Ref table_view(TablePtr table) {
  Ref object(python_types.table->tp_alloc(python_types.table, 0));
  if (!object) return {};
  auto* view = table_at(object.get());
  new (&view->table) TablePtr(std::move(table));
  view->places = PyDict_New();
  const auto& names = view->table->names();
  for (std::size_t i = 0; view->places && i < names.size(); ++i) {
    Ref name = to_python_text(names[i]);
    Ref place(PyLong_FromSize_t(i));
    if (!name || !place || PyDict_SetItem(view->places, name.get(), place.get()) != 0) return {};
  }
  return view->places ? std::move(object) : Ref();
}
const TablePtr& table_of_view(PyObject* view) { return table_at(view)->table; }
Ref row_view(PyObject* view, std::size_t row) {
  Ref object(python_types.row->tp_alloc(python_types.row, 0));
  if (!object) return {};
  row_at(object.get())->view = reinterpret_cast<TableView*>(Py_NewRef(view));
  row_at(object.get())->row = row;
  return object;
}
TablePtr table_of_row(PyObject* row, std::size_t& index) {
  index = row_at(row)->row;
  return row_at(row)->view->table;
}
PyObject* view_of_row(PyObject* row) { return reinterpret_cast<PyObject*>(row_at(row)->view); }
void move_row(PyObject* row, std::size_t index) { row_at(row)->row = index; }
const ColumnPtr& column_of_view(PyObject* view) { return reinterpret_cast<ColumnView*>(view)->column; }

Ref cell_to_python(const Column& column, std::size_t row) {
  if (column.is_nothing(row)) return Ref::borrowed(Py_None);
  switch (column.type()) {
    case ColumnType::text:
      return to_python_text(column.text(row));
    case ColumnType::integer:
      return Ref(PyLong_FromLongLong(column.numbers()[row]));
    case ColumnType::decimal:
      return to_python_decimal(column.decimal(row));
    default:
      return to_python(column.value(row));
  }
}

}  // namespace quanji::engine
