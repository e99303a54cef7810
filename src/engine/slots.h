// The variables of a running flow: one value a slot, and which of them changed since the journal last heard of them.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "values/table.h"
#include "values/value.h"

namespace quanji::engine {

// What Python keeps of a set of variables (its own objects for them); made and dropped by Python alone.
struct PythonSide;
struct DropPythonSide {
  void operator()(PythonSide* side) const;  // any thread: Python lets go of it at its next evaluation
};

// One set of variables: of a flow, of a called flow, of one parallel branch (a copy). One thread at a time.
class Slots {
 public:
  explicit Slots(const std::vector<std::string>& names) : names_(&names), slots_(names.size()) {}
  // A copy for a branch: the same values, nothing changed yet, no Python objects.
  Slots branch() const {
    Slots copy(*names_);
    copy.slots_ = slots_;
    for (auto& slot : copy.slots_) slot.changed = false, slot.derived = false;
    return copy;
  }

  std::size_t size() const { return slots_.size(); }
  const std::string& name(std::uint32_t slot) const { return (*names_)[slot]; }
  bool is_set(std::uint32_t slot) const { return slots_[slot].set; }
  std::uint32_t version(std::uint32_t slot) const { return slots_[slot].version; }

  values::Value get(std::uint32_t slot) const {
    const auto& held = slots_[slot];
    return held.row_of ? values::Value::of(held.row_of->row(held.row)) : held.value;
  }
  // A slot that holds a row of a table, without making a map of it; null when it holds anything else.
  const values::TablePtr& row_of(std::uint32_t slot) const { return slots_[slot].row_of; }
  std::size_t row(std::uint32_t slot) const { return slots_[slot].row; }

  void set(std::uint32_t slot, values::Value value) {
    auto& held = touch(slot);
    held.value = std::move(value);
    held.row_of.reset();
  }
  // The item of a loop: the journal needs not hear of it as long as the loop is open.
  void derive(std::uint32_t slot, values::Value value) {
    set(slot, std::move(value));
    slots_[slot].derived = true;
  }
  void derive_row(std::uint32_t slot, const values::TablePtr& table, std::size_t row) {
    auto& held = touch(slot);
    held.value = values::Value();
    if (held.row_of != table) held.row_of = table;
    held.row = row;
    held.derived = true;
  }
  void settle(std::uint32_t slot) { slots_[slot].derived = false; }  // its loop has ended

  // What one set-step did, to be taken back when its next assignment fails.
  struct Before {
    std::uint32_t slot;
    values::Value value;
    bool set;
  };
  Before before(std::uint32_t slot) const { return {slot, get(slot), is_set(slot)}; }
  void put_back(Before before) {
    set(before.slot, std::move(before.value));
    slots_[before.slot].set = before.set;
  }

  // Calls f(slot) for each changed slot that is not derived, and forgets that they changed.
  template <class F>
  void take_changed(F f) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      auto& held = slots_[changed_[i]];
      if (held.derived) {
        changed_[kept++] = changed_[i];
        continue;
      }
      held.changed = false;
      if (held.set) f(changed_[i]);
    }
    changed_.resize(kept);
  }

  std::unique_ptr<PythonSide, DropPythonSide>& python() { return python_; }

 private:
  struct Held {
    values::Value value;
    values::TablePtr row_of;
    std::size_t row = 0;
    std::uint32_t version = 0;
    bool set = false, changed = false, derived = false;
  };
  Held& touch(std::uint32_t slot) {
    auto& held = slots_[slot];
    held.set = true;
    held.derived = false;
    ++held.version;
    if (!held.changed) held.changed = true, changed_.push_back(slot);
    return held;
  }
  const std::vector<std::string>* names_;
  std::vector<Held> slots_;
  std::vector<std::uint32_t> changed_;
  std::unique_ptr<PythonSide, DropPythonSide> python_;
};

}  // namespace quanji::engine
