// Binds service functions into the operation table: the signature says the kind, the types say input and answer.
//   t.add({.id = "department.create", .verb = Verb::post, .path = "/departments", …}, change(&services::create_department));
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/file_work.h"
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
namespace detail {
template <class F>
struct StreamOf;
template <class Out, class Asked>
struct StreamOf<base::Result<Out> (*)(const storage::View&, const Asked&)> {
  using Place = Out;
  using In = Asked;
};
template <auto begin, auto next>
base::Status open_stream(door::AnyFunction, void* unit, const void* in, void*) {
  using Of = StreamOf<decltype(begin)>;
  struct Course {
    typename Of::In in;
    std::optional<typename Of::Place> now, ahead;  // a read that is run again starts from `now`
  };
  auto course = std::make_shared<Course>(Course{*static_cast<const typename Of::In*>(in), {}, {}});
  auto& steps = *static_cast<StreamSteps*>(unit);
  steps.read = [course](const storage::View& view) -> base::Result<std::string> {
    course->ahead = course->now;
    if (!course->ahead) {
      QUANJI_TRY(course->ahead, begin(view, course->in));
    }
    return next(view, *course->ahead);
  };
  steps.keep = [course] { course->now = std::move(course->ahead); };
  return {};
}
}  // namespace detail
// The answer comes piece by piece, each read in a short View of its own:
//   Result<Place> begin(const View&, const In&) says where it starts, or refuses;
//   Result<std::string> next(const View&, Place&) gives a piece and moves the place on; an empty piece is the end.
template <auto begin, auto next>
Binding stream(std::string_view content_type) {
  Binding made;
  made.kind = OpKind::stream;
  made.in = door::type_ops<typename detail::StreamOf<decltype(begin)>::In>;
  made.out = door::type_ops<base::Nothing>;
  made.thunk = &detail::open_stream<begin, next>;
  made.content_type = content_type;
  return made;
}
// Result<Out> f(Change&, const Uploaded<In>&): the body of the request, or a form's file, is a blob before the change runs.
// `inspect` looks into it before it is put; on a thread that may wait.
template <class In, class Out>
Binding upload(base::Result<Out> (*f)(storage::Change&, const services::Uploaded<In>&), InspectUpload inspect = nullptr) {
  static const IntakeBy by{[](void* in, const services::Received& content) { static_cast<services::Uploaded<In>*>(in)->content = content; },
                           nullptr, inspect};
  auto made = change(f);
  made.intake = door::Intake::body;
  made.intake_by = &by;
  return made;
}
namespace detail {
template <class F>
struct GatherOf;
template <class Asked>
struct GatherOf<base::Result<std::vector<storage::BlobFacts>> (*)(const storage::View&, const Asked&)> {
  using In = Asked;
};
}  // namespace detail
// The same, of what came before: pieces(const View&, const In&) names the blobs that are put together to one.
template <auto pieces, class In, class Out>
Binding gather(base::Result<Out> (*f)(storage::Change&, const services::Uploaded<In>&), InspectUpload inspect = nullptr) {
  static_assert(std::is_same_v<In, typename detail::GatherOf<decltype(pieces)>::In>);
  static const IntakeBy by{
      [](void* in, const services::Received& content) { static_cast<services::Uploaded<In>*>(in)->content = content; },
      [](const storage::View& view, const void* in) { return pieces(view, static_cast<const services::Uploaded<In>*>(in)->value); },
      inspect};
  auto made = change(f);
  made.intake = door::Intake::gathered;
  made.intake_by = &by;
  return made;
}
// Result<Download> f(const View& or Change&, const In&): its bytes are the answer (file_work.h).
template <class Unit, class In>
Binding download(base::Result<services::Download> (*f)(Unit&, const In&)) {
  auto made = bound(std::is_const_v<Unit> ? OpKind::read : OpKind::change, f);
  made.content_type = "application/octet-stream";
  return made;
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
