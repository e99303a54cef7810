// Lists, maps, secrets, files and handles of a flow as Python sees them: real lists and dicts whose changing methods refuse, and opaque
// objects. A list or map that comes back unchanged is the flow's own value again, whatever its size.
#include <fmt/format.h>

#include "engine/python_objects.h"

namespace quanji::engine {

using values::Type;
using values::Value;

namespace {

struct ListView {
  PyListObject list;
  Value* value;
};
struct MapView {
  PyDictObject map;
  Value* value;
};
struct Opaque {
  PyObject_HEAD Value* value;
};

PyObject* refuse_list(PyObject*, PyObject*, PyObject*) {
  PyErr_SetString(
      PyExc_TypeError,
      "流程变量里的列表不会改变；list(x) 得到可以修改的副本 / a list of the flow does not change: list(x) makes a copy that does");
  return nullptr;
}
PyObject* refuse_map(PyObject*, PyObject*, PyObject*) {
  PyErr_SetString(
      PyExc_TypeError,
      "流程变量里的映射不会改变；dict(x) 得到可以修改的副本 / a map of the flow does not change: dict(x) makes a copy that does");
  return nullptr;
}
int refuse_list_item(PyObject* self, PyObject*, PyObject*) {
  refuse_list(self, nullptr, nullptr);
  return -1;
}
int refuse_map_item(PyObject* self, PyObject*, PyObject*) {
  refuse_map(self, nullptr, nullptr);
  return -1;
}
int refuse_list_place(PyObject* self, Py_ssize_t, PyObject*) {
  refuse_list(self, nullptr, nullptr);
  return -1;
}
PyObject* plain_list(PyObject* self, PyObject*) { return PySequence_List(self); }
PyObject* plain_map(PyObject* self, PyObject*) {
  PyObject* copy = PyDict_New();
  if (copy && PyDict_Update(copy, self) != 0) Py_CLEAR(copy);
  return copy;
}
// x += [1] makes a new list, as x + [1] does.
PyObject* list_plus(PyObject* self, PyObject* other) {
  Ref copy(PySequence_List(self));
  return copy ? PySequence_InPlaceConcat(copy.get(), other) : nullptr;
}
PyObject* list_times(PyObject* self, Py_ssize_t count) {
  Ref copy(PySequence_List(self));
  return copy ? PySequence_Repeat(copy.get(), count) : nullptr;
}
PyObject* map_plus(PyObject* self, PyObject* other) {
  Ref copy(plain_map(self, nullptr));
  return copy ? PyNumber_InPlaceOr(copy.get(), other) : nullptr;
}
void drop_list(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete std::exchange(reinterpret_cast<ListView*>(self)->value, nullptr);
  PyList_Type.tp_dealloc(self);
  Py_DECREF(type);
}
void drop_map(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete std::exchange(reinterpret_cast<MapView*>(self)->value, nullptr);
  PyDict_Type.tp_dealloc(self);
  Py_DECREF(type);
}
// m.key for keys that are no words of dict.
PyObject* map_attribute(PyObject* self, PyObject* name) {
  if (PyDict_Contains(PyDict_Type.tp_dict, name) != 1) {
    if (PyObject* value = PyDict_GetItemWithError(self, name)) return Py_NewRef(value);
    if (PyErr_Occurred()) return nullptr;
  }
  return PyObject_GenericGetAttr(self, name);
}

#define QUANJI_REFUSED(name, f) \
  { name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&f)), METH_VARARGS | METH_KEYWORDS, nullptr }
PyMethodDef list_methods[] = {QUANJI_REFUSED("append", refuse_list),
                              QUANJI_REFUSED("extend", refuse_list),
                              QUANJI_REFUSED("insert", refuse_list),
                              QUANJI_REFUSED("pop", refuse_list),
                              QUANJI_REFUSED("remove", refuse_list),
                              QUANJI_REFUSED("clear", refuse_list),
                              QUANJI_REFUSED("sort", refuse_list),
                              QUANJI_REFUSED("reverse", refuse_list),
                              {"__copy__", &plain_list, METH_NOARGS, nullptr},
                              {"__deepcopy__", &plain_list, METH_O, nullptr},
                              {nullptr, nullptr, 0, nullptr}};
PyMethodDef map_methods[] = {QUANJI_REFUSED("update", refuse_map),          QUANJI_REFUSED("pop", refuse_map),
                             QUANJI_REFUSED("popitem", refuse_map),         QUANJI_REFUSED("clear", refuse_map),
                             QUANJI_REFUSED("setdefault", refuse_map),      {"__copy__", &plain_map, METH_NOARGS, nullptr},
                             {"__deepcopy__", &plain_map, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};

template <class F>
void* slot(F f) {
  return reinterpret_cast<void*>(f);
}

// ---- secrets, files, handles ----

const Value& held(PyObject* self) { return *reinterpret_cast<Opaque*>(self)->value; }
void drop_opaque(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete reinterpret_cast<Opaque*>(self)->value;
  type->tp_free(self);
  Py_DECREF(type);
}
PyObject* opaque_text(PyObject* self) {
  const auto& value = held(self);
  std::string text;
  if (value.is(Type::secret))
    text = fmt::format("<secret {}.{}>", value.secret().credential, value.secret().field);
  else if (value.is(Type::file))
    text = value.file().path;
  else
    text = fmt::format("<{} {}>", value.handle().kind, value.handle().number);
  return to_python_text(text).release();
}
PyObject* no_secret_text(PyObject*) {
  PyErr_SetString(
      PyExc_TypeError,
      "密码等秘密不能变成文本；请把它原样交给需要它的步骤 / a secret does not become text: hand it on as it is to the step that needs it");
  return nullptr;
}
PyObject* no_secret_format(PyObject* self, PyObject*) { return no_secret_text(self); }
PyObject* compare_opaque(PyObject* a, PyObject* b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !PyType_IsSubtype(Py_TYPE(b), python_types.opaque)) Py_RETURN_NOTIMPLEMENTED;
  const bool equal = held(a) == held(b);
  return Py_NewRef(equal == (op == Py_EQ) ? Py_True : Py_False);
}
Py_hash_t hash_opaque(PyObject* self) {
  const auto hash = static_cast<Py_hash_t>(held(self).hash());
  return hash == -1 ? -2 : hash;
}
PyObject* file_path(PyObject* self, void*) { return to_python_text(held(self).file().path).release(); }
PyObject* file_name(PyObject* self, void*) {
  const std::string_view path = held(self).file().path;
  const auto slash = path.rfind('/');
  return to_python_text(slash == std::string_view::npos ? path : path.substr(slash + 1)).release();
}
PyObject* file_fspath(PyObject* self, PyObject*) { return file_path(self, nullptr); }

PyGetSetDef file_members[] = {{"path", &file_path, nullptr, nullptr, nullptr},
                              {"name", &file_name, nullptr, nullptr, nullptr},
                              {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyMethodDef file_methods[] = {{"__fspath__", &file_fspath, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyMethodDef secret_methods[] = {{"__format__", &no_secret_format, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};

PyTypeObject* make_type(PyObject* module, PyType_Spec& spec, PyTypeObject* base) {
  Ref bases(base ? PyTuple_Pack(1, base) : nullptr);
  PyObject* type = PyType_FromSpecWithBases(&spec, bases.get());
  if (!type) return nullptr;
  const std::string_view name = spec.name;
  const auto dot = name.rfind('.');
  if (PyModule_AddObjectRef(module, spec.name + dot + 1, type) != 0) return nullptr;
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

bool make_view_types(PyObject* module) {
  PyType_Slot list_slots[] = {{Py_tp_methods, list_methods},
                              {Py_tp_dealloc, slot(&drop_list)},
                              {Py_mp_ass_subscript, slot(&refuse_list_item)},
                              {Py_sq_ass_item, slot(&refuse_list_place)},
                              {Py_sq_inplace_concat, slot(&list_plus)},
                              {Py_sq_inplace_repeat, slot(&list_times)},
                              {0, nullptr}};
  PyType_Spec list_spec{"quanji.List", sizeof(ListView), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, list_slots};
  PyType_Slot map_slots[] = {{Py_tp_methods, map_methods},           {Py_tp_dealloc, slot(&drop_map)},
                             {Py_tp_getattro, slot(&map_attribute)}, {Py_mp_ass_subscript, slot(&refuse_map_item)},
                             {Py_nb_inplace_or, slot(&map_plus)},    {0, nullptr}};
  PyType_Spec map_spec{"quanji.Map", sizeof(MapView), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, map_slots};
  PyType_Slot opaque_slots[] = {{Py_tp_dealloc, slot(&drop_opaque)},
                                {Py_tp_repr, slot(&opaque_text)},
                                {Py_tp_richcompare, slot(&compare_opaque)},
                                {Py_tp_hash, slot(&hash_opaque)},
                                {0, nullptr}};
  PyType_Spec opaque_spec{"quanji.Opaque", sizeof(Opaque), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                          opaque_slots};
  PyType_Slot secret_slots[] = {{Py_tp_str, slot(&no_secret_text)}, {Py_tp_methods, secret_methods}, {0, nullptr}};
  PyType_Spec secret_spec{"quanji.Secret", sizeof(Opaque), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, secret_slots};
  PyType_Slot file_slots[] = {{Py_tp_methods, file_methods}, {Py_tp_getset, file_members}, {0, nullptr}};
  PyType_Spec file_spec{"quanji.File", sizeof(Opaque), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, file_slots};
  PyType_Slot handle_slots[] = {{0, nullptr}};
  PyType_Spec handle_spec{"quanji.Handle", sizeof(Opaque), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, handle_slots};
  auto& types = python_types;
  return (types.list = make_type(module, list_spec, &PyList_Type)) && (types.map = make_type(module, map_spec, &PyDict_Type)) &&
         (types.opaque = make_type(module, opaque_spec, nullptr)) && (types.secret = make_type(module, secret_spec, types.opaque)) &&
         (types.file = make_type(module, file_spec, types.opaque)) && (types.handle = make_type(module, handle_spec, types.opaque));
}

const Value* value_of_list_or_map(PyObject* object) {
  // C functions that know lists (heapq) can get past the methods: what has another size is read anew.
  if (Py_TYPE(object) == python_types.list) {
    const auto* value = reinterpret_cast<ListView*>(object)->value;
    return value && static_cast<std::size_t>(PyList_GET_SIZE(object)) == value->list().size() ? value : nullptr;
  }
  const auto* value = reinterpret_cast<MapView*>(object)->value;
  return value && static_cast<std::size_t>(PyDict_GET_SIZE(object)) == value->map().size() ? value : nullptr;
}
const Value& value_of_opaque(PyObject* object) { return held(object); }

}  // namespace quanji::engine
