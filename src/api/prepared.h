// How the door makes and sees inputs that carry a proof and answers that carry a cookie: as the input or the answer alone.
#pragma once
#include "door/operation.h"
#include "services/sessions.h"

namespace quanji::door::detail {

template <class T>
struct TypeOpsOf<services::Prepared<T>> {
  static constexpr TypeOps value = {&T::fields, []() -> void* { return new services::Prepared<T>{}; },
                                    [](void* p) { delete static_cast<services::Prepared<T>*>(p); },
                                    [](void* p) -> void* { return &static_cast<services::Prepared<T>*>(p)->value; }, nullptr};
};
template <class T>
struct TypeOpsOf<services::WithCookie<T>> {
  static constexpr TypeOps value = {&T::fields, []() -> void* { return new services::WithCookie<T>{}; },
                                    [](void* p) { delete static_cast<services::WithCookie<T>*>(p); },
                                    [](void* p) -> void* { return &static_cast<services::WithCookie<T>*>(p)->value; }, nullptr};
};

}  // namespace quanji::door::detail
