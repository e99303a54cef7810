// bench_engine_steps: what a step costs. Prints one JSON line a figure, medians of five rounds.
//   step_plain        a set without expression, without journal          goal ≤ 1 µs
//   step_expression   a set with an expression over two variables        goal ≤ 2 µs
//   step_row          an `if` over a row of a table in a loop            goal ≤ 2 µs
//   step_journalled   a set without expression, journalled               goal ≤ 10 µs
//   step_once         a python-free activity with effect once, less two fdatasyncs of the same disk   goal ≤ 20 µs
//   runner_cold       from fork to hello of a runner process             goal ≤ 80 ms
//   runner_warm       from its task to the end of a flow of one step     goal ≤ 5 ms
//   flow_100_ms       the same for a flow of a hundred steps, journalled, as bench/flows compares it with other products
//   engine_steps [FOLDER [RUNNER]]     FOLDER must be on a disk; default: the current folder. RUNNER: the program quanji-runner
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/activity.h"
#include "engine/bare_context.h"
#include "engine/run.h"
#include "flow/parser.h"

namespace {

using namespace quanji;
using namespace quanji::engine;

struct Nothing {  // bench.nothing: once
  using Input = base::Nothing;
  using Output = base::Nothing;
  static ActivityInfo info() {
    ActivityInfo info;
    info.id = "bench.nothing";
    info.title = info.sentence = {"无", "Nothing"};
    return info;
  }
  static Outcome<Output> run(ActivityContext&, const Input&) { return Output{}; }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}
double micros_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

class Bench {
 public:
  explicit Bench(std::string folder) : folder_(std::move(folder)) {
    auto started = Python::start({});
    if (!started) std::exit(1);
    python_ = std::move(*started);
  }
  // Microseconds of one run of the document, over its steps.
  double run(const std::string& yaml, double steps, bool journalled, const values::Variables& inputs = {}, int rounds_wanted = 5) {
    auto reading = flow::read_document(yaml, "bench.yaml");
    if (!reading.ok()) {
      for (const auto& problem : reading.problems) std::fprintf(stderr, "%s\n", flow::to_line(problem, flow::Language::en).c_str());
      std::exit(1);
    }
    Flows flows;
    flows.add(std::move(reading.document));
    std::vector<double> rounds;
    for (int round = 0; round < rounds_wanted; ++round) {
      const auto path = folder_ + "/bench.qj";
      base::Descriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      auto journal = Journal::open(file.get(), clock_, nullptr);
      if (!journal) std::exit(1);
      BareContext outside(clock_);
      SystemWaiting waiting(clock_);
      base::SystemRandom random;
      static const Activity* const list[] = {activity<Nothing>()};
      Surroundings around{clock_, random, waiting, *python_, outside, list, folder_, "", {}};
      RunRequest request{flows, flows.all().front()->flow.text, "att", "digest", inputs, {}, {}, RunRequest::After::stay};
      RunControl control;
      rounds.push_back(micros_of([&] {
                         auto finished = engine::run(request, around, control, journalled ? journal->get() : nullptr);
                         if (!finished || finished->outcome != wire::Outcome::success) {
                           std::fprintf(stderr, "%s\n", finished ? finished->error->message.c_str() : "failed");
                           std::exit(1);
                         }
                       }) /
                       steps);
      ::unlink(path.c_str());
    }
    return median(rounds);
  }
  double fdatasync_micros() {
    const auto path = folder_ + "/bench.sync";
    base::Descriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    std::vector<double> times;
    const std::string record(120, 'x');
    for (int i = 0; i < 100; ++i) {
      if (::write(file.get(), record.data(), record.size()) < 0) std::exit(1);
      times.push_back(micros_of([&] { ::fdatasync(file.get()); }));
    }
    ::unlink(path.c_str());
    double sum = 0;
    for (const auto time : times) sum += time;
    return sum / static_cast<double>(times.size());
  }

 private:
  std::string folder_;
  base::SystemClock clock_;
  std::unique_ptr<Python> python_;
};

// Milliseconds until hello, and from the task to its end; the best of ten, as the goal is what the program itself needs.
std::pair<double, double> runner_millis(const std::string& runner, const std::string& folder, const std::string& yaml) {
  double cold = 1e9, warm = 1e9;
  for (int round = 0; round < 10; ++round) {
    int sockets[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) std::exit(1);
    base::Descriptor ours(sockets[0]), theirs(sockets[1]);
    const auto path = folder + "/bench.qj";
    base::Descriptor journal(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    wire::RunnerMessageReader reader;
    const auto wait_for = [&](wire::RunnerMessageType type) {
      for (;;) {
        auto next = reader.next();
        if (!next) std::exit(1);
        if (*next && (*next)->type == type) return;
        if (*next) continue;
        char bytes[4096];
        const auto n = ::recv(ours.get(), bytes, sizeof bytes, 0);
        if (n <= 0) std::exit(1);
        reader.add({bytes, static_cast<std::size_t>(n)});
      }
    };
    pid_t pid = 0;
    cold = std::min(cold, micros_of([&] {
                            pid = ::fork();
                            if (pid == 0) {
                              ::dup2(theirs.get(), 3);
                              ::execl(runner.c_str(), runner.c_str(), "--filter", "leave_out", nullptr);
                              ::_exit(127);
                            }
                            wait_for(wire::RunnerMessageType::hello);
                          }) / 1000);
    wire::Start start;
    start.flows = {{"bench.yaml", yaml}};
    const auto bytes = wire::write_runner_message(wire::runner_message(wire::RunnerMessageType::start, start));
    warm = std::min(warm, micros_of([&] {
                            iovec part{const_cast<char*>(bytes->data()), bytes->size()};
                            alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
                            msghdr header{};
                            header.msg_iov = &part;
                            header.msg_iovlen = 1;
                            header.msg_control = control;
                            header.msg_controllen = sizeof control;
                            cmsghdr* c = CMSG_FIRSTHDR(&header);
                            c->cmsg_level = SOL_SOCKET;
                            c->cmsg_type = SCM_RIGHTS;
                            c->cmsg_len = CMSG_LEN(sizeof(int));
                            const int fd = journal.get();
                            std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
                            if (::sendmsg(ours.get(), &header, 0) < 0) std::exit(1);
                            wait_for(wire::RunnerMessageType::finished);
                          }) / 1000);
    ::waitpid(pid, nullptr, 0);
    ::unlink(path.c_str());
  }
  return {cold, warm};
}

void line(const char* row, double ours, double goal) {
  std::printf("{\"row\":\"%s\",\"ours\":%.3f,\"goal\":%.1f,\"met\":%s}\n", row, ours, goal, ours <= goal ? "true" : "false");
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench(argc > 1 ? argv[1] : ".");
  const std::string head = "quanji: 1\nflow: bench\nsteps:\n  - set: {a: 1, b: 2}\n";
  std::string ten_plain, ten_expressions, ten_once;
  for (int i = 0; i < 10; ++i) {
    ten_plain += "      - set: {a: 5}\n";
    ten_expressions += "      - set: {a: =b + " + std::to_string(i) + "}\n";
  }
  const auto loop = [&](int times, const std::string& body) {
    return head + "  - for: i\n    in: =range(" + std::to_string(times) + ")\n    steps:\n" + body;
  };
  line("step_plain", bench.run(loop(20'000, ten_plain), 200'000, false), 1);
  line("step_expression", bench.run(loop(10'000, ten_expressions), 100'000, false), 2);
  values::List rows;
  for (int i = 0; i < 100'000; ++i)
    rows.push_back(
        values::Value::of(values::Map{{"QTY", values::Value::of(std::int64_t{i})}, {"NAME", values::Value::of(std::to_string(i))}}));
  auto table = values::Table::of_rows(rows);
  if (!table) return 1;
  const values::Variables trades{{"trades", values::Value::of(std::make_shared<const values::Table>(std::move(*table)))}};
  line("step_row",
       bench.run("quanji: 1\nflow: bench\ninputs: {trades: {type: table}}\nsteps:\n  - for: row\n    in: =trades\n    steps:\n"
                 "      - if: =row[\"QTY\"] < 0\n        then: [{set: {a: 1}}]\n",
                 100'000, false, trades),
       2);
  line("step_journalled", bench.run(loop(2'000, ten_plain), 20'000, true), 10);
  std::string once = head;
  for (int i = 0; i < 50; ++i) once += "  - do: bench.nothing\n";
  // The disk's pace changes from second to second: each round beside its own.
  std::vector<double> syncs, over;
  for (int round = 0; round < 9; ++round) {
    const double before = bench.fdatasync_micros();
    const double step = bench.run(once, 50, true, {}, 3);
    const double after = bench.fdatasync_micros();
    syncs.push_back((before + after) / 2);
    over.push_back(step - before - after);
  }
  std::printf("{\"row\":\"fdatasync\",\"ours\":%.1f}\n", median(syncs));
  line("step_once", median(over), 20);
  if (argc > 2) {
    const auto [cold, warm] = runner_millis(
        argv[2], argv[1], "quanji: 1\nflow: bench\noutputs: {x: {type: integer}}\nsteps:\n  - set: {x: =6 * 7}\n  - return: {x: =x}\n");
    line("runner_cold", cold, 80);
    line("runner_warm", warm, 5);
    std::string hundred = head;
    for (int i = 0; i < 100; ++i) hundred += "  - set: {a: 5}\n";
    std::printf("{\"row\":\"flow_100_ms\",\"ours\":%.3f}\n", runner_millis(argv[2], argv[1], hundred).second);
  }
}
