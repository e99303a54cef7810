#include "storage/change.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/fields_json.h"
#include "storage/work.h"

namespace quanji::storage {
namespace {

void write_trace(std::string& trace, const Query& query, std::span<const Scalar> values) {
  fmt::format_to(std::back_inserter(trace), "{}(", query.name);
  for (const auto& scalar : values) {
    const auto& value = scalar.value();
    if (const auto* n = std::get_if<std::int64_t>(&value))
      fmt::format_to(std::back_inserter(trace), "{},", *n);
    else if (const auto* t = std::get_if<std::string_view>(&value))
      fmt::format_to(std::back_inserter(trace), "'{}',", *t);
    else if (const auto* b = std::get_if<Bytes>(&value))
      fmt::format_to(std::back_inserter(trace), "x{:02x},", fmt::join(*b, ""));
    else
      trace += "null,";
  }
  trace += ")\n";
}

// Puts named parameters into the positions of the query's form.
std::vector<Scalar> in_order(detail::Session& session, const Query& query, Params params) {
  const auto& form = session.form(query);
  const auto all = params.all();
  std::vector<Scalar> values;
  values.reserve(form.params.size());
  for (std::size_t i = 0; i < form.params.size(); ++i) {
    // Mostly they come in the order of the query's text.
    const auto* found = i < all.size() && all[i].name == form.params[i] ? &all[i] : nullptr;
    if (!found) {
      const auto at = std::ranges::find(all, form.params[i], &Param::name);
      if (at == all.end()) throw std::logic_error(fmt::format("query {} was not given :{}", query.name, form.params[i]));
      found = &*at;
    }
    values.push_back(found->value);
  }
  // Each of as many as there are was found: none is left over.
  if (all.size() != form.params.size())
    for (const auto& param : all)
      if (std::ranges::find(query.sqlite.params, param.name) == query.sqlite.params.end() &&
          std::ranges::find(query.postgres.params, param.name) == query.postgres.params.end())
        throw std::logic_error(fmt::format("query {} has no parameter {}", query.name, param.name));
  return values;
}

Result<detail::Outcome> execute(detail::Session& session, detail::Work& work, const Query& query, std::span<const Scalar> values) {
  if (work.failed) return work.failed->clone();  // the same on both databases: PostgreSQL refuses everything after a failed statement
  if (work.trace) write_trace(*work.trace, query, values);
  auto outcome = session.execute(query, values);
  if (!outcome.ok()) {
    work.failed = outcome.error().clone();
    work.trouble = session.trouble();
  } else if (work.trace) {
    fmt::format_to(std::back_inserter(*work.trace), "→ {} changed, {} rows\n", outcome->changed, outcome->rows ? outcome->rows->count : 0);
  }
  return outcome;
}

std::shared_ptr<const detail::RowsBody> no_rows() {
  static const auto none = [] {
    auto body = std::make_shared<detail::RowsBody>();
    body->columns = std::make_shared<const std::vector<std::string>>();
    return body;
  }();
  return none;
}

}  // namespace

Result<Rows> View::rows(const Query& query, Params params) const {
  const auto values = in_order(*session_, query, params);
  QUANJI_TRY(auto outcome, execute(*session_, *work_, query, values));
  if (!outcome.rows) return Rows(no_rows());
  return Rows(std::move(outcome.rows));
}
Result<std::optional<Row>> View::row(const Query& query, Params params) const {
  QUANJI_TRY(const Rows found, rows(query, params));
  if (found.size() > 1) throw std::logic_error(fmt::format("query {} answered {} rows where one was expected", query.name, found.size()));
  if (found.empty()) return std::optional<Row>{};
  return std::optional<Row>(found[0]);
}
base::Time View::now() const {
  if (!work_->now) work_->now = work_->clock.now();
  return *work_->now;
}
const domain::Caller& View::caller() const {
  if (!work_->caller) throw std::logic_error("this job was submitted without a caller");
  return *work_->caller;
}
std::shared_ptr<const domain::Caller> View::shared_caller() const { return work_->caller; }

Result<std::int64_t> Change::run(const Query& query, Params params) {
  const auto values = in_order(*session_, query, params);
  QUANJI_TRY(const auto outcome, execute(*session_, *work_, query, values));
  return outcome.changed;
}
Result<std::int64_t> Change::run_with(const Query& query, const base::FieldList& fields, const void* object, Params extra) {
  const auto& form = session_->form(query);
  std::vector<std::string> scratch(form.params.size());  // never resized: scalars point into it
  std::vector<Scalar> values;
  values.reserve(form.params.size());
  for (std::size_t i = 0; i < form.params.size(); ++i) {
    const auto all = extra.all();
    if (const auto given = std::ranges::find(all, form.params[i], &Param::name); given != all.end()) {
      values.push_back(given->value);
      continue;
    }
    const int at = fields.find(form.params[i]);
    if (at < 0)
      throw std::logic_error(
          fmt::format("query {} wants :{}, which is no field of {} and was not given", query.name, form.params[i], fields.type()));
    const auto& field = fields.all()[static_cast<std::size_t>(at)];
    if (field.ops->kind == base::Kind::secret)
      throw std::logic_error(fmt::format("{} of {} is a secret and never a column", field.name, fields.type()));
    values.push_back(base::to_scalar(*field.ops, field.in(object), scratch[i]));
  }
  QUANJI_TRY(const auto outcome, execute(*session_, *work_, query, values));
  return outcome.changed;
}
base::Ulid Change::new_ulid() {
  if (work_->next_ulid == work_->given_ulids.size()) work_->given_ulids.push_back(work_->ulids.next());
  return work_->given_ulids[work_->next_ulid++];
}
base::Random& Change::random() { return work_->random; }
void Change::after_commit(std::function<void()> effect) { work_->effects.push_back(std::move(effect)); }

namespace detail {

void ReplayRandom::fill(std::span<std::uint8_t> bytes) {
  if (given_.size() < at_ + bytes.size()) {
    std::string fresh(at_ + bytes.size() - given_.size(), '\0');
    source_.fill({reinterpret_cast<std::uint8_t*>(fresh.data()), fresh.size()});
    given_ += fresh;
  }
  std::copy_n(given_.begin() + static_cast<std::ptrdiff_t>(at_), bytes.size(), bytes.begin());
  at_ += bytes.size();
}

void Work::rewind() {
  random.rewind();
  next_ulid = 0;
  effects.clear();
  failed.reset();
  trouble = Trouble::none;
}

Status guarded(const std::function<Status()>& body) {
  try {
    return body();
  } catch (const std::exception& e) {
    return Error(base::Code::bug, e.what());
  } catch (...) {
    return Error(base::Code::bug, "an exception that is no std::exception");
  }
}

}  // namespace detail
}  // namespace quanji::storage
