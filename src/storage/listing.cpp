#include "storage/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>

#include "base/bytes.h"
#include "storage/listing_shape.h"

namespace quanji::storage {
namespace {

constexpr std::size_t most_values = 16384;

Error refused(std::string field, std::string zh, std::string en) {
  const base::Text why(std::move(zh), std::move(en));
  return Error(base::Code::invalid_field, why).with_field(std::move(field), why);
}
bool fits(const Scalar& value, ColumnType type) {
  switch (type) {
    case ColumnType::integer:
      return std::holds_alternative<std::int64_t>(value.value());
    case ColumnType::text:
      return std::holds_alternative<std::string_view>(value.value());
    case ColumnType::bytes:
      return std::holds_alternative<Bytes>(value.value());
  }
  return false;
}
// For `like … escape '\'`: what the caller wrote, literally, anywhere.
std::string pattern_of(std::string_view text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}
// Text with this prefix lies between the prefix and this, in byte order: the largest code point ends every other continuation.
std::string after_prefix(std::string_view prefix) { return std::string(prefix) + "\xF4\x8F\xBF\xBF"; }

void append_scalar(std::string& out, const Scalar& scalar) {
  const auto& value = scalar.value();
  if (const auto* n = std::get_if<std::int64_t>(&value))
    fmt::format_to(std::back_inserter(out), "i{};", *n);
  else if (const auto* t = std::get_if<std::string_view>(&value))
    fmt::format_to(std::back_inserter(out), "t{}:{}", t->size(), *t);
  else if (const auto* b = std::get_if<Bytes>(&value))
    fmt::format_to(std::back_inserter(out), "b{}:{}", b->size(), std::string_view(reinterpret_cast<const char*>(b->data()), b->size()));
  else
    out += "n";
}

struct Place {
  Scalar sort;
  base::Ulid id;
  std::string text;  // what a text of `sort` points into
};

}  // namespace

Result<Listing::Shape> Listing::shape_of(const ListAsk& ask) const {
  Shape shape;
  std::string_view sort = !ask.sort.empty() ? std::string_view(ask.sort) : std::string_view(plan_.default_sort);
  if (sort.starts_with('-')) {
    shape.descending = true;
    sort.remove_prefix(1);
  }
  for (const auto& declared : plan_.sorts)
    if (declared.name == sort || (sort.empty() && !shape.sort)) shape.sort = &declared;
  if (!shape.sort) return refused("sort", fmt::format("此列表不能按 {} 排序", sort), fmt::format("This list cannot be sorted by {}", sort));

  bool served = false, wants = false, windowed = plan_.keyword_window.empty();
  for (const auto& given : ask.filters) {
    Shape::One one{nullptr, Shape::One::Bound::none, 1};
    for (const auto& declared : plan_.filters) {
      if (declared.op == FilterOp::range) {
        if (given.name == declared.name + "_from") one = {&declared, Shape::One::Bound::from, 1};
        if (given.name == declared.name + "_to") one = {&declared, Shape::One::Bound::to, 1};
        if (one.filter == &declared && declared.name == plan_.keyword_window) windowed = true;
      } else if (given.name == declared.name) {
        one.filter = &declared;
      }
    }
    if (!one.filter)
      return refused(given.name, fmt::format("此列表不能按 {} 筛选", given.name),
                     fmt::format("This list cannot be filtered by {}", given.name));
    for (const auto& other : shape.filters)
      if (other.filter == one.filter && other.bound == one.bound)
        return refused(given.name, fmt::format("筛选条件 {} 重复", given.name), fmt::format("The filter {} is given twice", given.name));
    const bool many = one.filter->op == FilterOp::in;
    if (given.values.empty() || given.values.size() > (many ? most_values : 1))
      return refused(given.name, fmt::format("筛选条件 {} 的取值个数不对", given.name),
                     fmt::format("The filter {} has the wrong number of values", given.name));
    for (const auto& value : given.values)
      if (!fits(value, one.filter->type))
        return refused(given.name, fmt::format("筛选条件 {} 的取值类型不对", given.name),
                       fmt::format("A value of the filter {} is of the wrong type", given.name));
    if (many) one.values = std::bit_ceil(given.values.size());
    served = served || serves(*one.filter, *shape.sort);
    wants = wants || one.filter->name != "scope";
    shape.filters.push_back(one);
  }
  if (wants && !served && plan_.size == ListPlan::Size::large)
    return refused(ask.filters.front().name,
                   fmt::format("数据量大，筛选条件 {} 在按 {} 排序时需与另一个有索引的条件同时使用", ask.filters.front().name, sort),
                   fmt::format("The list is long: sorted by {}, the filter {} needs another one beside it that an index serves", sort,
                               ask.filters.front().name));
  if (!ask.keyword.empty()) {
    if (plan_.keyword_columns.empty()) return refused("keyword", "此列表不支持关键字搜索", "This list has no keyword search");
    if (!windowed)
      return refused("keyword", fmt::format("关键字搜索须限定时间范围（{}_from）", plan_.keyword_window),
                     fmt::format("A keyword search needs a time range ({}_from)", plan_.keyword_window));
    shape.keyword = true;
  }
  if (ask.size < 1 || ask.size > 200) return refused("page_size", "每页条数须在 1 到 200 之间", "A page has between 1 and 200 rows");
  if (ask.page != 0) {
    if (!ask.cursor.empty()) return refused("page", "page 与 cursor 只能用一个", "Give either page or cursor");
    if (ask.page < 0 || ask.page > list_depth / ask.size)
      return refused("page", fmt::format("翻页只到前 {} 条，更深处请用 cursor", list_depth),
                     fmt::format("Pages reach the first {} rows; go deeper by cursor", list_depth));
    shape.offset = true;
  }
  shape.after = !ask.cursor.empty();
  return shape;
}

const Listing::Built& Listing::built(const Shape& shape) const {
  std::string key = fmt::format("{}{}{}{}{}", shape.sort->name, shape.descending ? "-" : "+", shape.after ? "c" : "",
                                shape.keyword ? "k" : "", shape.offset ? "o" : "");
  for (const auto& one : shape.filters)
    fmt::format_to(std::back_inserter(key), "|{}.{}.{}", one.filter->name, static_cast<int>(one.bound), one.values);
  const std::lock_guard lock(mutex_);
  if (const auto found = built_.find(key); found != built_.end()) return *found->second;

  // Statements are cached by the address of their query, so what was built once stays for good.
  static std::mutex for_good_mutex;
  static std::deque<Built> for_good;
  Built* made = nullptr;
  {
    const std::lock_guard for_good_lock(for_good_mutex);
    made = &for_good.emplace_back();
  }
  const auto name_of = [&](std::string text) -> std::string_view { return made->texts.emplace_back(std::move(text)); };

  // Conditions with {} where a position goes, and the names in order.
  std::string where;
  std::vector<std::string_view> names;
  const auto add = [&](const std::string& condition) { where += (where.empty() ? " where " : " and ") + condition; };
  for (std::size_t i = 0; i < shape.filters.size(); ++i) {
    const auto& one = shape.filters[i];
    const std::string& column = one.filter->column;
    switch (one.filter->op) {
      case FilterOp::eq:
        add(column + " = {}");
        names.push_back(name_of(fmt::format("f{}", i)));
        break;
      case FilterOp::range:
        add(column + (one.bound == Shape::One::Bound::from ? " >= {}" : " < {}"));
        names.push_back(name_of(fmt::format("f{}", i)));
        break;
      case FilterOp::prefix:
        add(fmt::format("{0} >= {{}} and {0} < {{}}", column));
        names.push_back(name_of(fmt::format("f{}", i)));
        names.push_back(name_of(fmt::format("f{}_end", i)));
        break;
      case FilterOp::contains:
        add(column + " [like] {} escape '\\'");
        names.push_back(name_of(fmt::format("f{}", i)));
        break;
      case FilterOp::in: {
        std::string list;
        for (std::size_t k = 0; k < one.values; ++k) {
          list += k ? ", {}" : "{}";
          names.push_back(name_of(fmt::format("f{}_{}", i, k)));
        }
        add(fmt::format("{} in ({})", column, list));
        break;
      }
    }
  }
  if (shape.keyword) {
    std::string any;
    for (const auto& column : plan_.keyword_columns) {
      any += (any.empty() ? "(" : " or ") + column + " [like] {} escape '\\'";
      names.push_back("keyword");
    }
    add(any + ")");
  }
  const std::string counted_where = where;
  std::vector<std::string_view> counted_names = names;
  const bool by_id = shape.sort->column == plan_.id;
  if (shape.after) {
    const char* beyond = shape.descending ? "<" : ">";
    if (by_id) {
      add(plan_.id + " " + beyond + " {}");
    } else {
      add("(" + shape.sort->column + ", " + plan_.id + ") " + beyond + " ({}, {})");
      names.push_back("after_sort");
    }
    names.push_back("after_id");
  }
  const std::string order = by_id
                                ? plan_.id + (shape.descending ? " desc" : "")
                                : shape.sort->column + (shape.descending ? " desc, " : ", ") + plan_.id + (shape.descending ? " desc" : "");
  names.push_back("limit");
  if (shape.offset) names.push_back("offset");
  // Two columns for the cursor go with every row.
  const std::string select = fmt::format("select {}, {} as list_sort_, {} as list_id_ from {}", fmt::join(plan_.columns, ", "),
                                         shape.sort->column, plan_.id, plan_.from);
  const std::string tail = " order by " + order + " limit {}" + (shape.offset ? " offset {}" : "");

  const auto in_dialect = [&](const std::string& text, const std::vector<std::string_view>& given, const std::string& always, char mark,
                              std::vector<std::string_view>& positions) {
    // The always-condition comes with :names of its own; they share the numbering.
    std::string out;
    positions.clear();
    const auto position = [&](std::string_view name) {
      auto found = std::ranges::find(positions, name);
      if (found == positions.end()) {
        positions.push_back(name);
        found = positions.end() - 1;
      }
      return fmt::format("{}{}", mark, found - positions.begin() + 1);
    };
    std::size_t next = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text.compare(i, 2, "{}") == 0) {
        out += position(given[next++]);
        ++i;
      } else if (text.compare(i, 6, "[like]") == 0) {
        out += mark == '?' ? "like" : "ilike";
        i += 5;
      } else if (text.compare(i, 8, "[always]") == 0) {
        std::string condition = always;
        // Longest names first, so that :scope does not cut :scope_end.
        auto always_names = plan_.always_params;
        std::ranges::sort(always_names, std::greater<>(), &std::string::size);
        for (const auto& name : always_names)
          for (auto at = condition.find(":" + name); at != condition.npos; at = condition.find(":" + name, at + 1)) {
            const auto kept = std::ranges::find(plan_.always_params, name);
            condition.replace(at, name.size() + 1, position(*kept));
          }
        out += condition;
        i += 7;
      } else {
        out += text[i];
      }
    }
    return out;
  };
  const bool always = !plan_.always_sqlite.empty() || !plan_.always_postgres.empty();
  const auto with_always = [&](const std::string& conditions) {
    return always ? (conditions.empty() ? " where [always]" : conditions + " and [always]") : conditions;
  };
  const auto make = [&](const std::string& text, const std::vector<std::string_view>& given, const char* name) {
    Query query;
    query.name = name_of(plan_.name + name);
    for (const char mark : {'?', '$'}) {
      std::vector<std::string_view> positions;
      const auto sql = name_of(in_dialect(text, given, mark == '?' ? plan_.always_sqlite : plan_.always_postgres, mark, positions));
      // Kept as one span for each dialect.
      static std::mutex kept_mutex;
      static std::deque<std::vector<std::string_view>> kept;
      const std::lock_guard kept_lock(kept_mutex);
      auto& stays = kept.emplace_back(std::move(positions));
      for (auto& one : stays) one = name_of(std::string(one));
      (mark == '?' ? query.sqlite : query.postgres) = {sql, stays};
    }
    return query;
  };
  made->read = make(select + with_always(where) + tail, names, ".list");
  made->count = make(fmt::format("select count(*) as total from (select 1 as one from {}{} limit {}) as counted", plan_.from,
                                 with_always(counted_where), list_depth + 1),
                     counted_names, ".count");
  built_.emplace(std::move(key), made);
  return *made;
}

namespace {

// Everything that must be the same from page to page, for the cursor's code.
std::string fingerprint(const ListPlan& plan, const ListAsk& ask, Params always) {
  std::string out = fmt::format("{}\n{}\n{}\n", plan.name, ask.sort.empty() ? plan.default_sort : ask.sort, ask.keyword);
  for (const auto& filter : ask.filters) {
    out += filter.name + "=";
    for (const auto& value : filter.values) append_scalar(out, value);
    out += '\n';
  }
  for (const auto& param : always.all()) {
    out += std::string(param.name) + "=";
    append_scalar(out, param.value);
  }
  return out;
}

// 16 bytes of code, 16 of id, then the sort value: 'i' and decimals, 't' and text, 'b' and bytes.
std::string cursor_of(const CursorMac& mac, const std::string& print, const Row& row) {
  std::string body;
  const auto id = row.ulid("list_id_");
  body.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  const Scalar sort = row.at(static_cast<std::size_t>(row.find("list_sort_")));
  if (const auto* n = std::get_if<std::int64_t>(&sort.value()))
    body += "i" + std::to_string(*n);
  else if (const auto* t = std::get_if<std::string_view>(&sort.value()))
    body += "t" + std::string(*t);
  else if (const auto* b = std::get_if<Bytes>(&sort.value()))
    body += "b" + std::string(reinterpret_cast<const char*>(b->data()), b->size());
  const std::string whole = mac(print + '\0' + body).substr(0, 16) + body;
  return base::base64url({reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()});
}
Result<Place> place_of(const CursorMac& mac, const std::string& print, const std::string& cursor) {
  const auto no = [] {
    return refused("cursor", "游标无效：它属于另一个列表，或筛选、排序已改变；请从第一页重新开始",
                   "The cursor does not fit: it is another list's, or filters or sort have changed; start from the first page");
  };
  const auto whole = base::from_base64url(cursor);
  if (!whole.ok() || whole->size() < 33) return no();
  const std::string_view text(reinterpret_cast<const char*>(whole->data()), whole->size());
  const std::string code = mac(print + '\0' + std::string(text.substr(16))).substr(0, 16);
  unsigned different = 0;  // in constant time
  for (std::size_t i = 0; i < 16; ++i)
    different |= static_cast<unsigned>(static_cast<unsigned char>(code[i]) ^ static_cast<unsigned char>(text[i]));
  if (different) return no();
  Place place;
  std::copy_n(whole->begin() + 16, 16, place.id.bytes.begin());
  place.text = text.substr(33);
  switch (text[32]) {
    case 'i':
      place.sort = static_cast<std::int64_t>(std::strtoll(place.text.c_str(), nullptr, 10));
      break;
    case 't':
    case 'b':
      break;
    default:
      return no();
  }
  return place;
}

}  // namespace

Result<ListPage> Listing::read(const View& view, const ListAsk& ask, const CursorMac& mac, Params always) const {
  QUANJI_TRY(const Shape shape, shape_of(ask));
  const std::string print = fingerprint(plan_, ask, always);
  Place place;
  if (shape.after) {
    QUANJI_TRY(place, place_of(mac, print, ask.cursor));
    if (shape.sort->type == ColumnType::text) place.sort = std::string_view(place.text);
    if (shape.sort->type == ColumnType::bytes)
      place.sort = Bytes(reinterpret_cast<const std::uint8_t*>(place.text.data()), place.text.size());
  }
  const Built& made = built(shape);

  std::deque<std::string> texts;
  std::vector<Param> params(always.all().begin(), always.all().end());
  const auto name = [&](std::string text) -> std::string_view { return texts.emplace_back(std::move(text)); };
  for (std::size_t i = 0; i < shape.filters.size(); ++i) {
    const auto& one = shape.filters[i];
    const auto& values = ask.filters[i].values;
    const std::string base = fmt::format("f{}", i);
    switch (one.filter->op) {
      case FilterOp::eq:
      case FilterOp::range:
        params.push_back({name(base), values[0]});
        break;
      case FilterOp::prefix: {
        const auto prefix = std::get<std::string_view>(values[0].value());
        params.push_back({name(base), prefix});
        params.push_back({name(base + "_end"), name(after_prefix(prefix))});
        break;
      }
      case FilterOp::contains:
        params.push_back({name(base), name(pattern_of(std::get<std::string_view>(values[0].value())))});
        break;
      case FilterOp::in:
        for (std::size_t k = 0; k < one.values; ++k)
          params.push_back({name(fmt::format("{}_{}", base, k)), values[std::min(k, values.size() - 1)]});
        break;
    }
  }
  if (shape.keyword) params.push_back({"keyword", name(pattern_of(ask.keyword))});
  ListPage page{Rows(nullptr), {}, -1, false};
  if (ask.total == ListAsk::Total::counted) {
    QUANJI_TRY(const auto counted, view.row(made.count, std::span<const Param>(params)));
    const auto total = counted->integer("total");
    page.total = std::min(total, list_depth);
    page.total_exact = total <= list_depth;
  }
  if (shape.after) {
    if (shape.sort->column != plan_.id) params.push_back({"after_sort", place.sort});
    params.push_back({"after_id", place.id});
  }
  params.push_back({"limit", ask.size + 1});
  if (shape.offset) params.push_back({"offset", (ask.page - 1) * ask.size});
  QUANJI_TRY(page.rows, view.rows(made.read, std::span<const Param>(params)));
  if (page.rows.size() > static_cast<std::size_t>(ask.size)) {
    page.next_cursor = cursor_of(mac, print, page.rows[static_cast<std::size_t>(ask.size) - 1]);
    page.rows = page.rows.first(static_cast<std::size_t>(ask.size));
  }
  // The two columns of the cursor are ours.
  page.rows = page.rows.without_last(2);
  return page;
}

}  // namespace quanji::storage
