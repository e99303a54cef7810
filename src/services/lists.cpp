#include "services/lists.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include "base/fields_json.h"

namespace quanji::services {
namespace {

storage::CursorMac& cursor_mac() {
  static storage::CursorMac mac;
  return mac;
}

std::string snake(std::string_view camel) {
  std::string out;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

// Texts of filters as column values. The door has checked that they are of their type.
class Values {
 public:
  storage::Scalar of(const base::ValueOps& ops, const std::string& text) {
    switch (ops.kind) {
      case base::Kind::integer: {
        std::int64_t n = 0;
        std::from_chars(text.data(), text.data() + text.size(), n);
        return n;
      }
      case base::Kind::boolean:
        return std::int64_t{text == "true"};
      case base::Kind::time: {
        const auto t = base::parse_time(text);
        return t ? t->micros : std::int64_t{0};
      }
      case base::Kind::date: {
        const auto d = base::parse_date(text);
        return std::int64_t{d ? d->days : 0};
      }
      case base::Kind::id: {
        auto& ulid = ulids_.emplace_back();
        if (const auto bar = text.find('_'); bar != std::string::npos) base::from_text(std::string_view(text).substr(bar + 1), ulid);
        return ulid;
      }
      default:
        return text;
    }
  }

 private:
  std::deque<base::Ulid> ulids_;
};

}  // namespace

void use_cursor_mac(storage::CursorMac mac) { cursor_mac() = std::move(mac); }

ResourceList::ResourceList(storage::ListPlan plan, std::vector<OfferedFilter> filters)
    : listing_(std::move(plan)), offered_(std::move(filters)) {
  const auto& declared = listing_.plan();
  for (const auto& filter : offered_) shape_.filters.push_back({base::camel_case(filter.name), filter.type, filter.sentence});
  for (const auto& sort : declared.sorts) shape_.sorts.push_back(base::camel_case(sort.name));
  shape_.keyword = !declared.keyword_columns.empty();
  for (const auto& filter : declared.filters) {
    if (filter.name == "created") shape_.created_range = true;
    if (filter.name == "scope") scoped_ = true;
  }
}

Result<ResourceList::Found> ResourceList::find(const View& view, const base::ListQuery& query,
                                               std::vector<storage::ListValue> fixed) const {
  storage::ListAsk ask;
  Values values;
  ask.filters = std::move(fixed);
  for (const auto& given : query.filters) {
    const auto name = snake(given.name);
    const auto offered = std::find_if(offered_.begin(), offered_.end(), [&](const OfferedFilter& f) { return f.name == name; });
    if (offered == offered_.end()) continue;
    ask.filters.push_back({name, {values.of(*offered->type, given.text)}});
  }
  if (query.created_from) ask.filters.push_back({"created_from", {*query.created_from}});
  if (query.created_to) ask.filters.push_back({"created_to", {*query.created_to}});
  Scope seen;
  if (scoped_) {
    seen = scope(view);
    if (!seen.every()) {
      if (seen.departments.empty()) return Found{storage::Rows(nullptr), {}, 0, true};
      storage::ListValue within{"scope", {}};
      for (const auto& department : seen.departments) within.values.emplace_back(department);
      ask.filters.push_back(std::move(within));
    }
  }
  const bool descending = query.sort.starts_with('-');
  ask.sort = (descending ? "-" : "") + snake(std::string_view(query.sort).substr(descending ? 1 : 0));
  ask.keyword = query.keyword;
  ask.cursor = query.cursor;
  ask.page = query.page;
  ask.size = query.page_size;
  QUANJI_TRY(auto page, listing_.read(view, ask, cursor_mac()));
  return Found{std::move(page.rows), std::move(page.next_cursor), page.total, page.total_exact};
}

}  // namespace quanji::services
