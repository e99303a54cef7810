#include "domain/queue_item_states.h"

#include "domain/transitions.h"

namespace quanji::domain {
namespace {
using S = ItemState;
using A = ItemAct;
constexpr ItemMove moves[] = {
    {S::fresh, A::take, S::in_progress},        {S::fresh, A::hold, S::on_hold},
    {S::fresh, A::expire, S::expired},          {S::fresh, A::discard, S::deleted},
    {S::on_hold, A::release, S::fresh},         {S::on_hold, A::discard, S::deleted},
    {S::in_progress, A::renew, S::in_progress}, {S::in_progress, A::complete, S::succeeded},
    {S::in_progress, A::fail, S::failed},       {S::in_progress, A::try_again, S::retried},
    {S::in_progress, A::postpone, S::fresh},    {S::in_progress, A::abandon, S::abandoned},
    {S::failed, A::retry, S::retried},          {S::failed, A::discard, S::deleted},
    {S::abandoned, A::retry, S::retried},       {S::abandoned, A::discard, S::deleted},
    {S::expired, A::retry, S::retried},         {S::expired, A::discard, S::deleted},
    {S::succeeded, A::discard, S::deleted},
};
constexpr QueueMove queue_rows[] = {
    {QueueState::active, QueueAct::pause, QueueState::paused},     {QueueState::active, QueueAct::drain, QueueState::draining},
    {QueueState::active, QueueAct::remove, QueueState::deleted},   {QueueState::paused, QueueAct::drain, QueueState::draining},
    {QueueState::paused, QueueAct::resume, QueueState::active},    {QueueState::paused, QueueAct::remove, QueueState::deleted},
    {QueueState::draining, QueueAct::pause, QueueState::paused},   {QueueState::draining, QueueAct::resume, QueueState::active},
    {QueueState::draining, QueueAct::remove, QueueState::deleted},
};
}  // namespace

std::span<const ItemMove> item_moves() { return moves; }
base::Result<ItemState> after(ItemState from, ItemAct act) { return follow(item_moves(), from, act); }
bool is_over(ItemState state) { return state != S::fresh && state != S::on_hold && state != S::in_progress; }
ItemState at(ItemState stored, std::optional<base::Time> deadline, base::Time now) {
  return stored == S::fresh && deadline && *deadline <= now ? S::expired : stored;
}

std::span<const QueueMove> queue_moves() { return queue_rows; }
base::Result<QueueState> after(QueueState from, QueueAct act) { return follow(queue_moves(), from, act); }

}  // namespace quanji::domain
