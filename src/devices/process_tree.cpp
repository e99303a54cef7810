#include "devices/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <set>

#include "base/encodings.h"
#include "base/files.h"

namespace quanji::devices {
namespace {

// Files of /proc have no size: read to their end, at most `limit` bytes.
std::string proc_file(const std::string& path, std::size_t limit) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (file.get() < 0) return text;
  char piece[4096];
  while (text.size() < limit) {
    const auto got = ::read(file.get(), piece, sizeof piece);
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  return text;
}
std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}
bool carries(pid_t number, const std::string& variable) {
  const auto environment = proc_file(fmt::format("/proc/{}/environ", number), std::size_t{1} << 20);
  for (std::size_t at = 0; (at = environment.find(variable, at)) != std::string::npos; ++at) {
    const auto end = at + variable.size();
    if ((at == 0 || environment[at - 1] == '\0') && (end == environment.size() || environment[end] == '\0')) return true;
  }
  return false;
}
std::vector<ProcessFact> all_processes() {
  std::vector<ProcessFact> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  if (!folder) return all;
  while (const auto* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.empty() || name.find_first_not_of("0123456789") != std::string_view::npos) continue;
    if (const auto fact = look_at_process(static_cast<pid_t>(number_in(name)))) all.push_back(*fact);
  }
  return all;
}
// Microseconds since 1970 at which this machine was started.
std::int64_t machine_start() {
  const auto stat = proc_file("/proc/stat", std::size_t{1} << 20);
  const auto at = stat.find("\nbtime ");
  return at == std::string::npos ? 0 : number_in(std::string_view(stat).substr(at + 7)) * 1'000'000;
}

}  // namespace

std::optional<ProcessFact> look_at_process(pid_t number) {
  const auto stat = proc_file(fmt::format("/proc/{}/stat", number), 4096);
  // "12 (name) S 1 12 12 …": the name may hold anything, also brackets and blanks.
  const auto close = stat.rfind(')');
  if (close == std::string::npos || close + 2 >= stat.size()) return {};
  ProcessFact fact;
  fact.number = number;
  std::string_view rest = std::string_view(stat).substr(close + 2);
  for (int field = 3; field <= 22 && !rest.empty(); ++field) {
    const auto blank = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, blank);
    if (field == 3) fact.state = word.empty() ? '?' : word[0];
    if (field == 4) fact.parent = static_cast<pid_t>(number_in(word));
    if (field == 6) fact.session = static_cast<pid_t>(number_in(word));
    if (field == 22) fact.start = static_cast<std::uint64_t>(number_in(word));
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
  return fact;
}

std::vector<ProcessFact> processes_of(pid_t leader, const std::string& token) {
  const auto all = all_processes();
  const auto variable = fmt::format("{}={}", program_variable, token);
  const pid_t self = ::getpid();
  std::set<pid_t> members;
  for (const auto& fact : all)
    if (fact.number != self && (fact.number == leader || fact.session == leader || carries(fact.number, variable)))
      members.insert(fact.number);
  // Children of members, and theirs.
  for (bool more = true; more;) {
    more = false;
    for (const auto& fact : all)
      if (members.contains(fact.parent) && fact.number != self) more |= members.insert(fact.number).second;
  }
  std::vector<ProcessFact> alive;
  for (const auto& fact : all)
    if (members.contains(fact.number) && fact.state != 'Z' && fact.state != 'X') alive.push_back(fact);
  std::stable_partition(alive.begin(), alive.end(), [&](const ProcessFact& fact) { return fact.number == leader; });
  return alive;
}

ProcessView view_of(const ProcessFact& fact) {
  ProcessView view;
  view.number = fact.number;
  auto command = proc_file(fmt::format("/proc/{}/cmdline", fact.number), std::size_t{64} << 10);
  while (!command.empty() && command.back() == '\0') command.pop_back();
  view.name = command.substr(0, std::min(command.find('\0'), command.size()));
  std::replace(command.begin(), command.end(), '\0', ' ');
  if (command.empty()) {
    command = view.name = proc_file(fmt::format("/proc/{}/comm", fact.number), 256);
    while (!view.name.empty() && view.name.back() == '\n') view.name.pop_back();
    command = view.name;
  }
  view.name = base::repair_utf8(std::string_view(view.name).substr(view.name.rfind('/') + 1));
  view.command = base::repair_utf8(command);
  static const std::int64_t start = machine_start();
  static const std::int64_t ticks = std::max<std::int64_t>(1, ::sysconf(_SC_CLK_TCK));
  view.started = base::Time{start + static_cast<std::int64_t>(fact.start) * 1'000'000 / ticks};
  return view;
}

void signal_process(const ProcessView& process, int signal) {
  const auto now = look_at_process(process.number);
  if (now && now->state != 'Z' && view_of(*now).started == process.started) ::kill(process.number, signal);
}

std::string new_program_token() {
  static std::atomic<std::uint64_t> last{0};
  const auto self = look_at_process(::getpid());
  return fmt::format("{}.{}.{}", ::getpid(), self ? self->start : 0, ++last);
}

}  // namespace quanji::devices
