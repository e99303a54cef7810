// What the database says of the plans of every declared combination: for tests.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "storage/listing.h"
#include "storage/listing_shape.h"

namespace quanji::storage {

Result<std::vector<Listing::Explained>> Listing::explain(Change& change, Params always) const {
  // Statements of this function live as long as the program, like those of built().
  struct Asked {
    std::string text;
    std::vector<std::string> names;
    std::vector<std::string_view> views;
    Query query;
  };
  static std::mutex mutex;
  static std::deque<Asked> kept;
  const auto ask = [&](const Query::Form& form, const char* before) -> const Query& {
    const std::lock_guard lock(mutex);
    auto& asked = kept.emplace_back();
    asked.text = before + std::string(form.text);
    for (const auto& name : form.params) asked.names.emplace_back(name);
    asked.views.assign(asked.names.begin(), asked.names.end());
    asked.query = {"explain", {asked.text, asked.views}, {asked.text, asked.views}};
    return asked.query;
  };
  static const Query dear{"dear",
                          {"select 1", {}},
                          {"select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true), "
                           "set_config('enable_bitmapscan', 'off', true)",
                           {}}};
  QUANJI_TRY(const Rows set, change.rows(dear));
  const bool sqlite = set[0].width() == 1;

  std::vector<Explained> out;
  for (const auto& sort : plan_.sorts)
    for (std::size_t f = 0; f <= plan_.filters.size(); ++f) {
      const ListFilter* filter = f == 0 ? nullptr : &plan_.filters[f - 1];
      if (filter && !serves(*filter, sort)) continue;
      for (const bool after : {false, true}) {
        Shape shape;
        shape.sort = &sort;
        shape.descending = after;  // both directions are tried, each with one of the two
        shape.after = after;
        if (filter) shape.filters.push_back({filter, filter->op == FilterOp::range ? Shape::One::Bound::from : Shape::One::Bound::none, 1});
        const Built& made = built(shape);
        const Query::Form& form = sqlite ? made.read.sqlite : made.read.postgres;
        const auto dummy = [&](ColumnType type) -> Scalar {
          static constexpr std::uint8_t nothing[16] = {};
          if (type == ColumnType::integer) return std::int64_t{1};
          if (type == ColumnType::text) return std::string_view("a");
          return Bytes(nothing);
        };
        std::vector<Param> params(always.all().begin(), always.all().end());
        for (const auto& name : form.params) {
          if (std::ranges::find(params, name, &Param::name) != params.end()) continue;
          if (name == "limit" || name == "offset")
            params.push_back({name, 50});
          else if (name == "after_sort")
            params.push_back({name, dummy(sort.type)});
          else if (name == "after_id")
            params.push_back({name, dummy(ColumnType::bytes)});
          else
            params.push_back({name, dummy(filter ? filter->type : ColumnType::text)});
        }
        QUANJI_TRY(const Rows steps, change.rows(ask(form, sqlite ? "explain query plan " : "explain "), std::span<const Param>(params)));
        Explained one;
        one.combination = fmt::format("sort={}{}{}", after ? "-" : "", sort.name, filter ? " filter=" + filter->name : "");
        for (const Row step : steps) one.plan += std::string(step.text(sqlite ? "detail" : "QUERY PLAN")) + "\n";
        // A whole walk is fine only along the sort's index and only where nothing narrows it.
        // In a small table the few rows an equality leaves may be sorted.
        const bool in_order = !filter || (filter->op == FilterOp::eq && plan_.size == ListPlan::Size::large);
        bool narrowed = false;
        const std::string column = filter ? filter->column.substr(filter->column.rfind('.') + 1) : "";
        for (const Row step : steps) {
          const auto line = step.text(sqlite ? "detail" : "QUERY PLAN");
          const bool whole = sqlite
                                 ? line.starts_with("SCAN ") && line.find(" USING ") == line.npos && line.find("VIRTUAL TABLE") == line.npos
                                 : line.find("Seq Scan on") != line.npos;
          if (whole) one.trouble = fmt::format("full scan: {}", line);
          if (in_order && (sqlite ? line.find("USE TEMP B-TREE FOR ORDER BY") != line.npos : line.find("Sort  (") != line.npos))
            one.trouble = "sorts every row";
          const bool condition = sqlite ? line.starts_with("SEARCH ") : line.find("Index Cond:") != line.npos;
          if (condition && line.find(column, sqlite ? line.find('(') : 0) != line.npos) narrowed = true;
        }
        if (filter && !narrowed && plan_.size == ListPlan::Size::large && one.trouble.empty())
          one.trouble = fmt::format("no index narrows {}", filter->column);
        out.push_back(std::move(one));
      }
    }
  return out;
}

}  // namespace quanji::storage
