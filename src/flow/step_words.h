// The words of steps as data: which are acts, which belong to which act. The reader, the checker and the JSON Schema read these tables.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace quanji::flow {

struct ActWord {
  std::string_view word;
  base::Sentence sentence;
  bool alone = false;  // may stand without a value, even as the whole step: `- break`
  // Which of the words of every step make sense here.
  bool timeout = false, retry = false, on_error = false, effect = false, evidence = false;
};
std::span<const ActWord> act_words();
const ActWord* find_act(std::string_view word);

// A word that belongs to certain acts: `then` to `if`.
struct PartWord {
  std::string_view word;
  std::span<const std::string_view> acts;
  base::Sentence sentence;
};
std::span<const PartWord> part_words();
const PartWord* find_part(std::string_view word);

// id, title, when, timeout, retry, on_error, effect, evidence.
struct OptionWord {
  std::string_view word;
  base::Sentence sentence;
};
std::span<const OptionWord> option_words();
bool option_fits(std::string_view option, const ActWord& act);

}  // namespace quanji::flow
