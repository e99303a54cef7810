// XML of a package, event by event: no document type, no entities, nothing fetched, bounded depth and names.
// Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "workbook/zip_parts.h"

namespace quanji::workbook {

// The attributes of one element; valid during the call.
class XmlAttributes {
 public:
  XmlAttributes(const unsigned char** raw, int count) : raw_(raw), count_(count) {}
  // Of an attribute without a namespace; an empty view without data() when there is none.
  std::string_view find(std::string_view name) const;
  // r:id and its like.
  std::string_view find_in_namespace(std::string_view name) const;
  bool truth(std::string_view name) const;  // "1", "true", "on"
  std::optional<std::uint32_t> number(std::string_view name) const;

 private:
  const unsigned char** raw_;
  int count_;
};

// What looks on. Names are local names; `main` says whether the element belongs to the vocabulary of sheets, packages' relationships or
// drawings proper (either edition of ECMA-376), not to an extension of somebody.
class XmlEvents {
 public:
  virtual ~XmlEvents() = default;
  virtual void start(std::string_view name, bool main, const XmlAttributes& attributes) = 0;
  virtual void end(std::string_view name, bool main) = 0;
  virtual void text(std::string_view) {}

  // Parts of other vocabularies (charts, drawings) are read too; otherwise their outermost element is refused.
  bool any_vocabulary = false;
  // Said by start, end or text: nothing more is wanted, or it cannot go on.
  bool enough() const { return enough_; }
  void stop() { enough_ = true; }
  void fail(base::Error error) {
    if (failure_.ok()) failure_ = std::move(error);
    enough_ = true;
  }
  base::Status take_failure() { return std::move(failure_); }

 private:
  bool enough_ = false;
  base::Status failure_;
};

// invalid_field with the part and the line where the XML is broken or has a document type; whatever ZipParts::read says; the failure that
// `events` gave.
base::Status read_xml(ZipParts& parts, std::string_view part, XmlEvents& events);

}  // namespace quanji::workbook
