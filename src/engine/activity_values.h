// Between flow values and the inputs and outputs of an activity.
#pragma once
#include "engine/activity.h"
#include "flow/activity_info.h"
#include "values/value.h"

namespace quanji::engine {

// A T{} of an erased type, dropped when it goes.
class ErasedObject {
 public:
  explicit ErasedObject(const ErasedType& type) : type_(type), object_(type.make()) {}
  ~ErasedObject() { type_.drop(object_); }
  ErasedObject(const ErasedObject&) = delete;
  ErasedObject& operator=(const ErasedObject&) = delete;
  void* get() { return object_; }

 private:
  const ErasedType& type_;
  void* object_;
};

// invalid_argument names every argument that is wrong and how to write it.
Outcome<void> fill_input(const Activity& activity, void* input, const values::Map& arguments);
// All fields of the output by name; optional ones that are absent are nothing.
values::Map take_output(const Activity& activity, const void* output);

// What the checker and the designer know of it.
flow::ActivityInfo flow_info(const Activity& activity);
// Groups in the order given; a failure names what contradicts itself.
base::Result<flow::Catalogue> flow_catalogue(std::vector<flow::ActivityGroup> groups, Catalogue catalogue);

}  // namespace quanji::engine
