// What a caller asks of a list: filters by declared names, order, and where to go on.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace quanji::base {

// A filter a list offers; its value is checked against `type` before the list's function sees it.
struct ListFilter {
  std::string_view name;  // as in the query, camelCase
  const ValueOps* type = nullptr;
  Sentence sentence;
};
struct ListShape {
  std::vector<ListFilter> filters;
  std::vector<std::string_view> sorts;  // accepted values of `sort`, each also with a leading '-'; the first is the default
  bool keyword = false;                 // the list has a keyword search
  bool created_range = false;           // createdFrom and createdTo are offered
};

struct GivenFilter {
  std::string name;
  std::string text;  // as given; valid for the filter's type
};
struct ListQuery {
  std::optional<Ulid> within;  // id in the path: items of a queue, users of a department
  std::vector<GivenFilter> filters;
  std::string keyword;
  std::optional<Time> created_from, created_to;
  std::string sort;             // "", "name", "-createdAt"
  std::string cursor;           // opaque, from a former answer
  std::int64_t page = 0;        // 1…; 0 = not asked for
  std::int64_t page_size = 20;  // 1…200

  const std::string* filter(std::string_view name) const {
    for (const auto& given : filters)
      if (given.name == name) return &given.text;
    return nullptr;
  }
};

// One page of a list, as every list answers it.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next_cursor;
  std::int64_t total = 0;
  bool total_exact = true;

  static const FieldList& fields() {
    using Self = Page<T>;
    static constexpr Field entries[] = {
        QF(items, "本页内容", "The items of this page"),
        QF(next_cursor, "下一页游标；没有则为末页", "Cursor of the next page; absent on the last"),
        QF(total, "总数，最多数到 10000", "How many in all, counted up to 10 000"),
        QF(total_exact, "总数是否精确", "Whether total is exact"),
    };
    static const FieldList list("Page", entries);
    return list;
  }
};

}  // namespace quanji::base
