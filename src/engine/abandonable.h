// Resources whose close() brings something into effect: a workbook that is saved, a transaction that is committed.
#pragma once

namespace quanji::engine {

// Beside Resource. Said once, before close(), when the steps around the resource did not end well (they failed, were stopped, or the run
// is suspended): close() then lets go of it and leaves everything as it was.
class Abandonable {
 public:
  virtual ~Abandonable() = default;
  virtual void abandon() = 0;
};

}  // namespace quanji::engine
