// Following a table of transitions: what every thing with states does the same way.
#pragma once
#include <fmt/format.h>

#include <span>
#include <string>

#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

// `moves` are rows {from, act, to}. A move that is not in the table is wrong_state, naming the state and what is allowed in it.
template <class Move, class State, class Act>
base::Result<State> follow(std::span<const Move> moves, State from, Act act) {
  std::string allowed;
  for (const auto& move : moves) {
    if (move.from != from) continue;
    if (move.act == act) return move.to;
    allowed += allowed.empty() ? std::string(base::word(move.act)) : fmt::format(", {}", base::word(move.act));
  }
  const auto state = base::word(from), wanted = base::word(act);
  if (allowed.empty())
    return base::Error(base::Code::wrong_state, base::Text(fmt::format("当前状态 {} 为终态，不能 {}", state, wanted),
                                                           fmt::format("the state is {}, which is final: cannot {}", state, wanted)));
  return base::Error(base::Code::wrong_state, base::Text(fmt::format("当前状态 {} 不能 {}，可以：{}", state, wanted, allowed),
                                                         fmt::format("the state is {}: cannot {}, can {}", state, wanted, allowed)));
}

}  // namespace quanji::domain
