// Taking over what a PATCH gave into the resource it changes, by the names of the fields.
#pragma once
#include "base/fields.h"

namespace quanji::services {

// Every field of `from` that `given` marks and that `to` has too (with the same type) is copied. Path fields are not marked as given.
inline void take_given(const base::FieldList& from_list, const void* from, std::uint64_t given, const base::FieldList& to_list, void* to) {
  for (std::size_t i = 0; i < from_list.size(); ++i) {
    if (!((given >> i) & 1U)) continue;
    const auto& source = from_list.all()[i];
    const int j = to_list.find(source.name);
    if (j < 0) continue;
    const auto& target = to_list.all()[static_cast<std::size_t>(j)];
    if (target.ops == source.ops) target.ops->assign(target.in(to), source.in(from));
  }
}
template <class From, class To>
void take_given(const base::Patch<From>& patch, To& to) {
  take_given(From::fields(), &patch.value, patch.given, To::fields(), &to);
}
template <class From>
bool was_given(const base::Patch<From>& patch, std::string_view field) {
  const int i = From::fields().find(field);
  return i >= 0 && patch.has(static_cast<std::size_t>(i));
}

}  // namespace quanji::services
