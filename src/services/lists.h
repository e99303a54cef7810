// Lists of resources: ties a declared plan (storage/listing.h) to what the door offers a caller and to what the caller may see.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/list_query.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

// A filter of the plan as callers see it: the name in snake_case as in the plan, its type, its sentence.
struct OfferedFilter {
  std::string_view name;
  const base::ValueOps* type = nullptr;
  base::Sentence sentence;
};

// Constant after start; lives as long as the program. Any thread.
class ResourceList {
 public:
  // A plan with a range filter named "created" offers createdFrom and createdTo; one with keyword columns offers `keyword`; its sorts are
  // offered in camelCase. A filter named "scope" (op `in`, bytes, on the department) is never offered: it keeps the list to the
  // departments where the caller holds the operation's permission.
  ResourceList(storage::ListPlan plan, std::vector<OfferedFilter> filters);
  const base::ListShape& shape() const { return shape_; }
  const storage::Listing& listing() const { return listing_; }

  struct Found {
    storage::Rows rows;
    std::string next_cursor;
    std::int64_t total = 0;
    bool total_exact = true;
  };
  Result<Found> find(const View& view, const base::ListQuery& query, std::vector<storage::ListValue> fixed = {}) const;
  // `fixed`: filters the operation itself sets ("user" in a list of one user's grants).
  template <class T>
  Result<base::Page<T>> read(const View& view, const base::ListQuery& query, std::vector<storage::ListValue> fixed = {}) const {
    QUANJI_TRY(auto found, find(view, query, std::move(fixed)));
    base::Page<T> page;
    page.items.resize(found.rows.size());
    for (std::size_t i = 0; i < page.items.size(); ++i) QUANJI_DO(storage::fill(T::fields(), &page.items[i], found.rows[i]));
    if (!found.next_cursor.empty()) page.next_cursor = found.next_cursor;
    page.total = found.total;
    page.total_exact = found.total_exact;
    return page;
  }

 private:
  storage::Listing listing_;
  std::vector<OfferedFilter> offered_;
  base::ListShape shape_;
  bool scoped_ = false;
};

// The key cursors are sealed with; set once before anything is served.
void use_cursor_mac(storage::CursorMac mac);

}  // namespace quanji::services
