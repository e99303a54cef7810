// Pieces of JSON Schema that both schemas are made of.
#pragma once
#include <boost/json.hpp>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/document.h"

namespace quanji::flow::schema {

// With markdownDescription (for editors that show it) and description, Chinese first.
boost::json::object said(boost::json::object schema, std::string_view zh, std::string_view en);
boost::json::object ref(std::string_view definition);                      // {"$ref": "#/definitions/…"}
boost::json::object words(std::initializer_list<std::string_view> words);  // {"enum": […]}
boost::json::object list_of(boost::json::object item);
boost::json::array names(std::initializer_list<std::string_view> names);
boost::json::object any_of(std::initializer_list<boost::json::object> schemas);
// A map with exactly these words.
boost::json::object closed(boost::json::object properties, std::initializer_list<std::string_view> required = {});
// A value of that type or an expression.
boost::json::object of_type(const TypeWord& type);
boost::json::object needs();
// Definitions that of_type, needs and the schemas refer to: expression, documentName, resourceName, activityId, duration.
boost::json::object definitions();
// Indented by two, in the order of the members, with a line feed at the end.
std::string pretty(const boost::json::value& value);

}  // namespace quanji::flow::schema
