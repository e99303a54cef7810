// Binds service functions into the operation table: the signature says the kind, the types say input and answer.
//   t.add({.id = "department.create", .verb = Verb::post, .path = "/departments", …}, change(&services::create_department));
#pragma once
#include "api/work.h"
#include "base/list_query.h"
#include "door/operation.h"
#include "storage/store.h"

namespace quanji::api {

using base::Code;
using door::AuditKind;
using door::Binding;
using door::Entry;
using door::Operation;
using door::OpKind;
using door::Rate;
using door::SecondPerson;
using door::Table;
using door::Verb;

template <class Unit, class In, class Out>
base::Status call_bound(door::AnyFunction f, void* unit, const void* in, void* out) {
  auto result = reinterpret_cast<base::Result<Out> (*)(Unit&, const In&)>(f)(*static_cast<Unit*>(unit), *static_cast<const In*>(in));
  if (!result) return std::move(result).error();
  *static_cast<Out*>(out) = std::move(result).value();
  return {};
}
template <class Unit, class In>
base::Status call_bound_nothing(door::AnyFunction f, void* unit, const void* in, void*) {
  return reinterpret_cast<base::Status (*)(Unit&, const In&)>(f)(*static_cast<Unit*>(unit), *static_cast<const In*>(in));
}
template <class Unit, class In, class Out>
Binding bound(OpKind kind, base::Result<Out> (*f)(Unit&, const In&)) {
  if constexpr (std::is_void_v<Out>)
    return {kind, door::type_ops<In>, door::type_ops<base::Nothing>, reinterpret_cast<door::AnyFunction>(f), &call_bound_nothing<Unit, In>};
  else
    return {kind, door::type_ops<In>, door::type_ops<Out>, reinterpret_cast<door::AnyFunction>(f), &call_bound<Unit, In, Out>};
}

// Result<Out> f(Change&, const In&); In may be base::Patch<T> for a PATCH.
template <class In, class Out>
Binding change(base::Result<Out> (*f)(storage::Change&, const In&)) {
  return bound(OpKind::change, f);
}
// Result<Out> f(const View&, const In&)
template <class In, class Out>
Binding read(base::Result<Out> (*f)(const storage::View&, const In&)) {
  return bound(OpKind::read, f);
}
// Result<Page<T>> f(const View&, const ListQuery&); the shape says which filters and sorts it offers.
template <class T>
Binding list(const base::ListShape& shape, base::Result<base::Page<T>> (*f)(const storage::View&, const base::ListQuery&)) {
  auto made = bound(OpKind::read, f);
  made.list = &shape;
  return made;
}
// Result<Out> f(const Caller&, const In&): no transaction, answered on the io thread; must not wait.
template <class In, class Out>
Binding memory(base::Result<Out> (*f)(const domain::Caller&, const In&)) {
  return bound(OpKind::memory, f);
}
// Status f(StreamUnit&, const In&): the answer comes piece by piece.
template <class In>
Binding stream(base::Status (*f)(StreamUnit&, const In&)) {
  return {OpKind::stream, door::type_ops<In>, door::type_ops<base::Nothing>, reinterpret_cast<door::AnyFunction>(f),
          &call_bound_nothing<StreamUnit, In>};
}
// A hot operation; In and Out are what its BatchCalls carry.
template <class In, class Out>
Binding batch(const storage::BatchOperation& operation) {
  Binding made;
  made.kind = OpKind::batch;
  made.in = door::type_ops<In>;
  made.out = door::type_ops<Out>;
  made.batch = &operation;
  return made;
}

}  // namespace quanji::api
