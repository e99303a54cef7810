// The form of a human task: typed fields as data, and whether answers fit them. Pure.
//
// A form is a JSON array of {name, title, type, required, choices}; types: text integer decimal bool date time datetime. Answers are a JSON
// object field → value: whole numbers, truth values and texts; a decimal is a text ("12.30"), so that no digit is lost.
// Reads foreign bytes: fuzz/form_fields.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/fields_json.h"
#include "base/result.h"

namespace quanji::domain {

enum class FormType : std::uint8_t { text, integer, decimal, boolean, date, time, datetime };

struct FormField {
  std::string name;   // [a-z_][a-z0-9_]{0,62}, as a flow calls it
  std::string title;  // what people read; the name when not given
  FormType type = FormType::text;
  bool required = true;
  std::vector<base::JsonText> choices;  // empty: any value of the type
  static const base::FieldList& fields();
};
inline constexpr std::size_t form_fields_most = 100;

// From JSON text; null or empty is a form without fields. invalid_field names every fault below `at`.
base::Result<std::vector<FormField>> read_form(std::string_view text, std::string_view at);
// The answers as they are kept: every field of the form that was given, compactly, in the form's order. Empty text counts as not given.
// invalid_field names each answer that is missing, of another type, none of the choices, or no field of the form.
base::Result<std::string> check_answers(const std::vector<FormField>& form, std::string_view answers, std::string_view at);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::FormType, "text", "integer", "decimal", "bool", "date", "time", "datetime");
