// calendar_answers: answers questions from standard input, one a line with tabs between the words, for oracle_test.py.
//
//   cron EXPRESSION ZONE GAP FOLD AFTER COUNT   seconds since 1970 of the next firings, "none" at the end
//   open CALENDAR                               the open dates it knows
//   next|previous CALENDAR DATE · shift CALENDAR DATE N · count CALENDAR FIRST LAST · nth CALENDAR PERIOD DATE N
//   and|or|not CALENDAR CALENDAR                the open dates of the combination
// What is refused is answered with the code's word.
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "calendar/cron.h"
#include "calendar/shipped.h"

namespace {

using namespace quanji;
using calendar::Calendar;

std::string word(const base::Error& e) { return std::string(base::row_of(e.code()).word); }
base::Date date(const std::string& text) { return base::parse_date(text).value(); }
const Calendar& known(const std::string& id) { return *calendar::shipped_calendar(id); }
std::string shown(const base::Result<base::Date>& d) { return d ? to_text(*d) : word(d.error()); }

std::string open_dates(const Calendar& c) {
  std::string out;
  for (auto d = c.known_from(); d <= c.known_until(); ++d.days)
    if (*c.is_open(d)) out += to_text(d) + " ";
  return out;
}

std::string firings(const std::vector<std::string>& w) {
  const auto cron = calendar::Cron::parse(w[1]);
  if (!cron) return word(cron.error()) + ": " + cron.error().message().en;
  const auto zone = calendar::Zone::find(w[2]).value();
  const calendar::DstPolicy policy{w[3] == "skip" ? calendar::Gap::skip : calendar::Gap::first_valid,
                                   w[4] == "both" ? calendar::Fold::both : calendar::Fold::once};
  base::Time t{std::atoll(w[5].c_str()) * 1'000'000};
  std::string out;
  for (int i = std::atoi(w[6].c_str()); i > 0; --i) {
    const auto next = cron->next(t, zone, policy);
    if (!next) return out + "none";
    t = *next;
    out += fmt::format("{} ", t.micros / 1'000'000);
  }
  return out;
}

calendar::Period period(const std::string& text) {
  if (text == "week") return calendar::Period::week;
  if (text == "month") return calendar::Period::month;
  return text == "quarter" ? calendar::Period::quarter : calendar::Period::year;
}

std::string answer(const std::vector<std::string>& w) {
  if (w[0] == "cron") return firings(w);
  const auto& c = known(w[1]);
  if (w[0] == "open") return open_dates(c);
  if (w[0] == "next") return shown(c.next_open(date(w[2])));
  if (w[0] == "previous") return shown(c.previous_open(date(w[2])));
  if (w[0] == "shift") return shown(c.shift(date(w[2]), std::atoi(w[3].c_str())));
  if (w[0] == "count") {
    const auto n = c.count_open(date(w[2]), date(w[3]));
    return n ? fmt::format("{}", *n) : word(n.error());
  }
  if (w[0] == "nth") {
    const auto d = c.nth_open(period(w[2]), date(w[3]), std::atoi(w[4].c_str()));
    if (!d) return word(d.error());
    return *d ? to_text(**d) : "none";
  }
  if (w[0] == "and") return open_dates(both_open(c, known(w[2])).value());
  if (w[0] == "or") return open_dates(either_open(c, known(w[2])).value());
  if (w[0] == "not") return open_dates(open_without(c, known(w[2])).value());
  return "no such question";
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<std::string> words(1);
    for (const char ch : line)
      if (ch == '\t')
        words.emplace_back();
      else
        words.back() += ch;
    std::cout << answer(words) << "\n";
  }
}
