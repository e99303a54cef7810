// How the activities of this group come to a workbook: by its path, or as the resource that excel.open_workbook opened.
#pragma once
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "activities/documents.h"
#include "engine/abandonable.h"
#include "engine/activity.h"
#include "values/field_values.h"
#include "workbook/xlsx_edit.h"
#include "workbook/xlsx_read.h"

namespace quanji::activities::excel {

// Failures of the room below in this group's words.
engine::Failure read_failure(const base::Error& error, const std::string& path);  // not_found, unreadable, wrong_password, not_supported …
engine::Failure sheet_failure(const base::Error& error);                          // not_found, name_taken, bad_value for a cell's value …
engine::Failure edit_failure(const base::Error& error);                           // what cannot be kept is not_supported
engine::Failure argument_failure(const base::Error& error);                       // an address that is none
// What reading, and what changing a workbook may answer.
std::vector<engine::ErrorCode> workbook_reading_errors();
std::vector<engine::ErrorCode> workbook_changing_errors();

// A workbook whose changes take their place together when it is closed, or not at all. Until then they lie in a draft in the run's work
// folder. One thread at a time (a Lease sees to it).
class OpenBook final : public engine::Resource, public engine::Abandonable {
 public:
  static engine::Outcome<std::unique_ptr<OpenBook>> open(engine::ActivityContext& context, const std::string& path, bool make);
  ~OpenBook() override;
  std::string_view kind() const override { return "workbook"; }
  engine::Outcome<void> close(engine::ActivityContext& context) override;
  void abandon() override { abandoned_ = true; }

  const std::string& path() const { return path_; }
  // True until something was written into a workbook that was made: it has no sheets yet.
  bool is_blank() const { return blank_; }
  // The first sheet of a blank one.
  engine::Outcome<void> begin(const std::string& sheet);
  // Cells are set here; what is set is kept until the next look at the file.
  engine::Outcome<workbook::WorkbookEditor*> editor();
  // Where the workbook lies with all changes so far.
  engine::Outcome<std::string> settled();
  // `change` writes the workbook at its first path, changed, to the second.
  engine::Outcome<void> replace(const std::function<base::Status(const std::string& from, const std::string& to)>& change);

 private:
  OpenBook(std::string path, std::string draft) : path_(std::move(path)), draft_(std::move(draft)) {}
  engine::Outcome<void> same_as_opened() const;
  std::string path_, draft_;
  struct stat opened_ = {};
  bool there_ = false;    // a file stood at path_
  bool drafted_ = false;  // draft_ holds the workbook, path_ what it was
  bool blank_ = false, changed_ = false, abandoned_ = false;
  std::optional<workbook::WorkbookEditor> editor_;
};

// `file` of an activity.
class Book {
 public:
  static engine::Outcome<Book> of(engine::ActivityContext& context, const values::Value& file);
  bool is_open() const { return lease_.has_value(); }
  const std::string& path() const { return path_; }
  values::FileRef file() const { return {path_, {}}; }

  // An open workbook that was made just now gets its first sheet; true when it did.
  engine::Outcome<bool> begin(const std::string& sheet);
  engine::Outcome<workbook::Workbook> read();
  // Where it can be read with all changes so far.
  engine::Outcome<std::string> settled();
  // Cells set by `set`; a path is saved at once. `make`: where there is no workbook one is made whose first sheet has that name.
  engine::Outcome<void> edit(engine::ActivityContext& context, const std::function<engine::Outcome<void>(workbook::WorkbookEditor&)>& set,
                             const std::optional<std::string>& make = {});
  engine::Outcome<void> replace(const std::function<base::Status(const std::string& from, const std::string& to)>& change);

 private:
  explicit Book(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::optional<engine::Lease<OpenBook>> lease_;
};

// What new workbooks say about when they were made: the same tables make the same bytes, so that a step can be done twice.
inline constexpr base::Time written_at{315'532'800'000'000};  // 1980-01-01
// A workbook of one empty sheet.
base::Status make_workbook(const std::string& path, const std::string& sheet);
// The name as the rooms below want it: empty is the first sheet that can be seen. A name of digits is a name here, never a number.
engine::Outcome<std::string> sheet_of(const std::vector<workbook::SheetInfo>& sheets, const std::optional<std::string>& name);
engine::Outcome<workbook::Cell> cell_of(const std::string& text);
// What `sheet` and `range` mean together. A range may be the name of a block or of a table, which says its sheet itself.
struct Place {
  std::string sheet;
  std::optional<workbook::Range> range;  // nothing: what is in use
};
engine::Outcome<Place> place_of(workbook::Workbook& book, const std::optional<std::string>& sheet, const std::optional<std::string>& range);

}  // namespace quanji::activities::excel
