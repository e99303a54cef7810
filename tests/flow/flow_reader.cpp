// What Node's tests of the flow language ask: `flow_reader schema flow|package` writes a schema; `flow_reader` alone answers, line by line,
// a JSON string holding a flow document with the plain JSON of what its first step sets, or with the codes of its problems.
#include <boost/json.hpp>
#include <iostream>
#include <string>

#include "flow/catalogue_testing.h"
#include "flow/parser.h"
#include "flow/schema.h"

using namespace quanji;

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "schema") {
    std::cout << (std::string_view(argv[2]) == "flow" ? flow::flow_schema(flow::test_catalogue()) : flow::package_schema());
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const auto reading = flow::read_document(boost::json::parse(line).as_string().c_str(), "f.yaml");
    boost::json::object answer;
    boost::json::array codes;
    for (const auto& problem : reading.problems) codes.emplace_back(flow::to_line(problem, flow::Language::en));
    std::string set = "null";
    if (reading.ok())
      if (const auto* act = std::get_if<flow::Set>(&reading.document.steps.at(0).act)) {
        set = "{";
        for (const auto& [variable, value] : act->variables) {
          set += (set.size() > 1 ? "," : "") + boost::json::serialize(boost::json::string(variable.name)) + ":";
          if (const auto* literal = value.literal())
            literal->append_plain_json(set);
          else
            set += "\"(expression)\"";
        }
        set += "}";
      }
    std::cout << "{\"problems\":" << boost::json::serialize(codes) << ",\"set\":" << set << "}" << std::endl;
  }
  return 0;
}
