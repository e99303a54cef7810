// Lists as data: what may be filtered and sorted, and by which index, is declared; SQL is made from the declaration only, so no text of
// a caller ever becomes SQL. Keyset cursors at any depth; pages for the first 10 000 rows; totals counted up to 10 000.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/change.h"

namespace quanji::storage {

enum class FilterOp : std::uint8_t { eq, prefix, range, in, contains };
enum class ColumnType : std::uint8_t { integer, text, bytes };

struct ListFilter {
  std::string name;  // as the operation names it; a range is asked for as name_from (inclusive) and name_to (exclusive)
  std::string column;
  FilterOp op = FilterOp::eq;
  ColumnType type = ColumnType::text;
  // The index that serves it: on (column, the sort's column, id). Empty: only beside a filter that has one. A range or prefix serves
  // the sort by its own column only. A filter named "scope" is set by the server itself to keep a
  // caller to what he may see, and is never refused for want of an index.
  std::string index;
};
struct ListSort {
  std::string name;    // "created_at"; asked for as "created_at" or "-created_at"
  std::string column;  // never null
  ColumnType type = ColumnType::integer;
  std::string index;  // on (column, id), or on (filter column, column, id)
};
struct ListPlan {
  std::string name;                  // part of every cursor: a cursor of one list is refused by another
  std::string from;                  // "departments" or a join
  std::vector<std::string> columns;  // "id", "name", "p.name as parent_name"
  std::string id = "id";             // unique bytes column that breaks ties
  std::vector<ListFilter> filters;
  std::vector<ListSort> sorts;  // the first is the default, ascending unless default_sort says otherwise
  std::string default_sort;     // "-created_at"
  std::vector<std::string> keyword_columns;
  std::string keyword_window;  // name of the range filter that a keyword needs; empty: none (small tables)
  // small: some thousand rows at most; there a filter without an index may stand alone, walking the sort's index.
  enum class Size : std::uint8_t { large, small } size = Size::large;
  // A condition that always holds, with named parameters given by the caller: "department in (select value from json_each(:scope))".
  // Two texts because the databases may differ; empty: none.
  std::string always_sqlite, always_postgres;
  std::vector<std::string> always_params;
};

struct ListValue {
  std::string name;
  std::vector<Scalar> values;  // one, except for `in` (1 to 16 384); borrowed
};
struct ListAsk {
  std::vector<ListValue> filters;
  std::string sort;  // empty: the default
  std::string keyword;
  std::string cursor;      // empty: from the start; else `sort`, filters and keyword must be those of the page before
  std::int64_t page = 0;   // from 1; 0: by cursor
  std::int64_t size = 50;  // 1 to 200
  enum class Total : std::uint8_t { counted, not_counted } total = Total::counted;
};
struct ListPage {
  Rows rows;
  std::string next_cursor;  // empty: the last page
  std::int64_t total = -1;  // -1: not counted
  bool total_exact = false;
};
inline constexpr std::int64_t list_depth = 10000;

// A message authentication code of the text, at least 16 bytes, by a key of the server: base's HMAC in the door.
using CursorMac = std::function<std::string(std::string_view)>;

// Makes SQL from a plan once per combination and keeps it. Lives as long as the program. Any thread.
class Listing {
 public:
  explicit Listing(ListPlan plan) : plan_(std::move(plan)) {}
  // Refuses with invalid_field what the plan does not declare, a forged or foreign cursor, a page beyond 10 000 rows.
  Result<ListPage> read(const View& view, const ListAsk& ask, const CursorMac& mac, Params always = {}) const;

  // Every declared combination of one sort and at most one indexed filter, and what the database says of its plan.
  struct Explained {
    std::string combination;  // "sort=-created_at filter=state"
    std::string plan;
    std::string trouble;  // empty: served by an index; else why not ("full scan of departments")
  };
  // For a test: on PostgreSQL sequential scans are made dear first, so that small tables are planned like large ones.
  Result<std::vector<Explained>> explain(Change& change, Params always = {}) const;
  const ListPlan& plan() const { return plan_; }

 private:
  struct Built;
  struct Shape;
  const Built& built(const Shape& shape) const;
  Result<Shape> shape_of(const ListAsk& ask) const;
  ListPlan plan_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, const Built*> built_;  // guarded by mutex_
};

}  // namespace quanji::storage
