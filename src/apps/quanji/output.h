// What a person or a script sees: tables, JSON, refusals and the exit codes of `quanji`.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client.h"

namespace quanji::apps {

inline constexpr int exit_done = 0, exit_refused = 1, exit_usage = 2, exit_rights = 3, exit_unreachable = 4;

// Columns a terminal needs: Chinese characters take two, combining marks none.
std::size_t shown_width(std::string_view utf8);
// A page or list: one line an item, aligned; an object: one line a field. Control characters are shown as spaces.
std::string as_table(const boost::json::value& data);
// Tells stderr why; returns the exit code.
int refuse(const base::Error& error);
// The platform's own sentence and the fields it names.
int refuse(const net::ClientResponse& answer);

}  // namespace quanji::apps
