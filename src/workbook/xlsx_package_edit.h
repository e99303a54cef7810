// A package whose parts are changed one by one and written to another file: what was not touched is copied as it is packed. Inside of this
// room.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workbook/new_file.h"
#include "workbook/xlsx_package.h"
#include "workbook/xlsx_read.h"
#include "workbook/zip_copy.h"

namespace quanji::workbook {

class PackageEditing {
 public:
  // Refuses a workbook that is signed (invalid_field), as WorkbookEditor does.
  static base::Result<PackageEditing> open(const std::string& path, const ReadLimits& limits = {});

  const WorkbookPart& book() const { return book_; }
  ZipParts& parts() { return parts_; }
  // By its exact name or the same in another case; its place among the sheets.
  base::Result<std::size_t> find(std::string_view sheet) const;
  base::Error refuse(std::string_view zh, std::string_view en) const { return bad_workbook(parts_.file(), zh, en); }

  bool has(std::string_view part) const;
  // Well-formed and UTF-8, as it is after the changes so far.
  base::Result<std::string> part(std::string_view name);
  void put(std::string_view name, std::string bytes) { changes_[archive_name(name)] = std::move(bytes); }
  void drop(std::string_view name);  // with its relationships and its line among the content types

  // A name no part has: "xl/charts/chart{}.xml" with the first number that is free.
  std::string free_name(std::string_view pattern) const;
  base::Result<std::vector<Relationship>> relationships(std::string_view part);
  // A new one; `type` is the last word of its address ("chart"). Its id.
  base::Result<std::string> relate(std::string_view part, std::string_view type, std::string_view target);
  base::Status unrelate(std::string_view part, std::string_view id);
  base::Status declare(std::string_view part, std::string_view content_type);
  base::Status declare_ending(std::string_view ending, std::string_view content_type);

  // All formulas are worked out anew by the program that opens the file. What was made is read before it takes its place.
  base::Status save(const std::string& path);

 private:
  PackageEditing(ZipParts parts, WorkbookPart book, const ReadLimits& limits)
      : parts_(std::move(parts)), book_(std::move(book)), limits_(limits) {}
  std::string archive_name(std::string_view part) const;
  ZipParts parts_;
  WorkbookPart book_;
  ReadLimits limits_;
  PartChanges changes_;
};

// An element put among the children of a worksheet where the schema wants it (ECMA-376 part 1, 18.3.1.99); `local` is its name.
base::Result<std::string> with_child(std::string_view worksheet, std::string_view local, std::string_view element);
// "x:" of the root, or nothing.
std::string root_prefix(std::string_view document);
// "&<>" and quotation marks as entities, nothing else.
std::string escaped_xml(std::string_view text);
// Undoes them and character references; what is no reference stays.
std::string plain_xml(std::string_view raw);
bool same_sheet_name(std::string_view a, std::string_view b);

}  // namespace quanji::workbook
