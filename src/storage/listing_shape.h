// Inside of the room: what a question to a list comes down to, and the SQL made of it.
#pragma once
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "storage/listing.h"

namespace quanji::storage {

// Whether an index makes this filter cheap under this sort. A range or prefix of one column is no help in walking the order of another.
inline bool serves(const ListFilter& filter, const ListSort& sort) {
  if (filter.index.empty() || filter.op == FilterOp::contains) return false;
  return filter.op == FilterOp::eq || filter.op == FilterOp::in || filter.column == sort.column;
}

// What of the declaration one question uses; equal shapes have the same SQL.
struct Listing::Shape {
  struct One {
    const ListFilter* filter;
    enum class Bound : std::uint8_t { none, from, to } bound;
    std::size_t values;  // of `in`: rounded up to a power of two, the last one repeated
  };
  std::vector<One> filters;
  const ListSort* sort = nullptr;
  bool descending = false, after = false, keyword = false, offset = false;
};
struct Listing::Built {
  std::deque<std::string> texts;
  std::vector<std::string_view> read_names, count_names;
  Query read, count;
};

}  // namespace quanji::storage
