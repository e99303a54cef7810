// Activities that tests run: they act on a world they keep themselves.
#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::engine::tests {

// What the activities did, for all tests of the process; each test clears it.
struct Deeds {
  std::mutex mutex;
  std::vector<std::string> list;
  std::map<std::string, int> failures;  // test.flaky fails so often for a name
  void add(std::string what) {
    const std::lock_guard lock(mutex);
    list.push_back(std::move(what));
  }
  void clear() {
    const std::lock_guard lock(mutex);
    list.clear();
    failures.clear();
  }
  std::string text() {
    const std::lock_guard lock(mutex);
    std::string out;
    for (const auto& deed : list) out += (out.empty() ? "" : " ") + deed;
    return out;
  }
};
inline Deeds deeds;
// Called at every effect: a simulation of a crash throws from here.
inline std::function<void(const std::string&)> at_effect;

struct Say {  // test.say: repeatable, gives back its text
  struct Input {
    std::string text;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string said;
    static const base::FieldList& fields();
  };
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Pay {  // test.pay: once
  struct Input {
    std::string to;
    values::Decimal amount;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string receipt;
    std::int64_t number = 0;
    static const base::FieldList& fields();
  };
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Flaky {  // test.flaky: fails as often as deeds.failures says
  struct Input {
    std::string name;
    std::string code;
    bool business = false;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Wait {  // test.wait: as long as it is told
  struct Input {
    values::Duration time;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Open {  // test.open: a door that tells when it is closed
  struct Input {
    std::string name;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Handle door;
    static const base::FieldList& fields();
  };
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Knock {  // test.knock: uses a door
  struct Input {
    values::Handle door;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string answer;
    static const base::FieldList& fields();
  };
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Ask {  // test.ask: a person
  struct Input {
    std::string title;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Map answer;
    static const base::FieldList& fields();
  };
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Tell {  // test.tell: opens a secret and says it aloud
  struct Input {
    values::SecretRef secret;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};
struct Crash {  // test.crash: a segmentation fault
  using Input = base::Nothing;
  using Output = base::Nothing;
  static ActivityInfo info();
  static Outcome<Output> run(ActivityContext& context, const Input& input);
};

Catalogue catalogue();

}  // namespace quanji::engine::tests
