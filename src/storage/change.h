// View and Change: the only ways to the database. They carry the caller, the clock and the source of ids of one operation.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/fields.h"
#include "storage/query.h"

namespace quanji::domain {
struct Caller;
struct AuditNote;
}  // namespace quanji::domain

namespace quanji::storage {

namespace detail {
class Session;
struct Work;
}  // namespace detail

// One consistent picture of the database: all reads of one View see the same state. One thread; lives as long as the job.
// Failures: store_unavailable (the database cannot answer now).
class View {
 public:
  View(detail::Session& session, detail::Work& work) : session_(&session), work_(&work) {}
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  Result<Rows> rows(const Query& query, Params params = {}) const;
  // For queries that answer one row or none; a second row is a bug.
  Result<std::optional<Row>> row(const Query& query, Params params = {}) const;
  // As rows and row, filled into T by its field list (see fill).
  template <class T>
  Result<std::vector<T>> all(const Query& query, Params params = {}) const {
    QUANJI_TRY(Rows found, rows(query, params));
    std::vector<T> out(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) QUANJI_DO(fill(T::fields(), &out[i], found[i]));
    return out;
  }
  template <class T>
  Result<std::optional<T>> maybe(const Query& query, Params params = {}) const {
    QUANJI_TRY(std::optional<Row> found, row(query, params));
    if (!found) return std::optional<T>{};
    std::optional<T> out(std::in_place);
    QUANJI_DO(fill(T::fields(), &*out, *found));
    return out;
  }

  // The moment of the job: the first answer stands for the whole job and for its re-runs.
  base::Time now() const;
  // The caller the job was submitted with; a job without one has none to ask for (bug).
  const domain::Caller& caller() const;
  std::shared_ptr<const domain::Caller> shared_caller() const;

 protected:
  detail::Session* session_;
  detail::Work* work_;
};

// One change of the database. Its body may be run again: it touches nothing but the Change, its input, and the clock, chance and ids
// it takes from here (the same on a re-run). Memory changes only in after_commit.
// A failed statement (name_taken: a unique rule was broken; still_referenced: a foreign key was) ends the change: every later statement
// answers the same error and the change can only be refused. To go on after a conflict say `on conflict do nothing` and look at the count.
class Change : public View {
 public:
  using View::View;
  // Rows inserted, updated or deleted. A query with `returning` is read by rows() and row() instead.
  Result<std::int64_t> run(const Query& query, Params params = {});
  // Parameters named like fields come from the object, the others from `extra` (which wins). Lists and objects go in as JSON text.
  Result<std::int64_t> run_with(const Query& query, const base::FieldList& fields, const void* object, Params extra = {});
  template <class T>
  Result<std::int64_t> run_with(const Query& query, const T& object, Params extra = {}) {
    return run_with(query, T::fields(), &object, extra);
  }
  base::Ulid new_ulid();
  template <class I>
  I new_id() {
    return I{new_ulid()};
  }
  base::Random& random();
  // Called in order on a storage thread when the change is durable, before `done`; dropped when it is not.
  void after_commit(std::function<void()> effect);
  // What the audit row of this change should say of it; empty at the start of every run.
  domain::AuditNote& note();

 private:
  friend class ActingAs;
  std::shared_ptr<domain::AuditNote> note_;
};

// While it lives the change speaks for another caller: a held operation is carried out as its maker.
class ActingAs {
 public:
  ActingAs(Change& change, std::shared_ptr<const domain::Caller> caller);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  Change& change_;
  std::shared_ptr<const domain::Caller> before_;
};

}  // namespace quanji::storage
