// The states of a data queue and of its items. Item: new on_hold in_progress | succeeded failed abandoned retried expired deleted.
//
// An item is one attempt at a piece of work. What is tried again is a new item of the same root: the one before it ends as retried.
// A lease that ran out ends the attempt as abandoned; the queue's rule then tries again (retried), or leaves it to people.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

enum class ItemState : std::uint8_t { fresh, on_hold, in_progress, succeeded, failed, abandoned, retried, expired, deleted };
// fail: for good (business, or no try is left); try_again: an application failure with a try left; retry: by rule or person afterwards.
enum class ItemAct : std::uint8_t { take, renew, complete, fail, try_again, postpone, abandon, hold, release, expire, retry, discard };

struct ItemMove {
  ItemState from;
  ItemAct act;
  ItemState to;
};
std::span<const ItemMove> item_moves();
// wrong_state, naming the state and what is allowed in it.
base::Result<ItemState> after(ItemState from, ItemAct act);
// Nothing leaves it by itself any more: all but new, on_hold, in_progress.
bool is_over(ItemState state);
// What a stored state means at `now`: a new item past its deadline is expired, whether or not a timer has written it down.
ItemState at(ItemState stored, std::optional<base::Time> deadline, base::Time now);

// active; paused: hands out nothing; draining: takes nothing in; deleted: kept for its history, nobody's any more.
enum class QueueState : std::uint8_t { active, paused, draining, deleted };
enum class QueueAct : std::uint8_t { pause, drain, resume, remove };

struct QueueMove {
  QueueState from;
  QueueAct act;
  QueueState to;
};
std::span<const QueueMove> queue_moves();
base::Result<QueueState> after(QueueState from, QueueAct act);
inline bool hands_out(QueueState state) { return state == QueueState::active || state == QueueState::draining; }
inline bool takes_in(QueueState state) { return state == QueueState::active || state == QueueState::paused; }

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::ItemState, "new", "on_hold", "in_progress", "succeeded", "failed", "abandoned", "retried", "expired",
            "deleted");
QUANJI_ENUM(quanji::domain::ItemAct, "take", "renew", "complete", "fail", "try_again", "postpone", "abandon", "hold", "release", "expire",
            "retry", "delete");
QUANJI_ENUM(quanji::domain::QueueState, "active", "paused", "draining", "deleted");
QUANJI_ENUM(quanji::domain::QueueAct, "pause", "drain", "resume", "delete");
