#include "engine/python.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "base/fields_json.h"

// CPython gives nothing back when its process ends.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpython3"; }

namespace quanji::engine {

// One interpreter a process; every test of this program shares it, run_test.cpp too.
Python& python_of_tests() {
  static auto started = Python::start({});
  if (!started) throw std::runtime_error(started.error().message().en);
  return **started;
}

namespace {

Python& python() { return python_of_tests(); }
Value value_of(const std::string& expression, const Variables& variables = {}) {
  auto evaluated = python().evaluate(expression, variables);
  if (const auto* failure = std::get_if<Failure>(&evaluated)) {
    ADD_FAILURE() << expression << ": " << failure->code << " " << failure->message.en;
    return {};
  }
  return std::get<Value>(evaluated);
}
std::string code_of(const std::string& expression, const Variables& variables = {}) {
  auto evaluated = python().evaluate(expression, variables);
  const auto* failure = std::get_if<Failure>(&evaluated);
  return failure ? failure->code : "no failure: " + std::get<Value>(evaluated).json();
}

TEST(Python, KeepsEveryFlowTypeAsItIs) {
  EXPECT_EQ(value_of("6 * 7"), Value::of(std::int64_t{42}));
  EXPECT_EQ(value_of("2 > 1"), Value::of(true));
  EXPECT_EQ(value_of("'清算' + '核对'"), Value::of(std::string("清算核对")));
  EXPECT_EQ(value_of("Decimal('0.10') + Decimal('0.20')"), Value::of(Decimal{"0.30"}));
  EXPECT_EQ(value_of("None"), Value());
  EXPECT_EQ(value_of("[1, ('a', False)]").json(), R"([1,["a",false]])");
  EXPECT_EQ(value_of("{'b': 1, 'a': {'x': []}}").json(), R"({"b":1,"a":{"x":[]}})");
  EXPECT_EQ(value_of("-2**63"), Value::of(std::int64_t{INT64_MIN}));
}
TEST(Python, SeesVariablesAlsoInsideComprehensionsAndFunctions) {
  const Variables variables{{"rate", Value::of(std::int64_t{3})},
                            {"rows", Value::of(List{Value::of(std::int64_t{1}), Value::of(std::int64_t{2})})}};
  EXPECT_EQ(value_of("[x * rate for x in rows]", variables).json(), "[3,6]");
  EXPECT_EQ(value_of("(lambda: sum(rows) * rate)()", variables), Value::of(std::int64_t{9}));
  EXPECT_EQ(value_of("f'{rate:03d}'", variables), Value::of(std::string("003")));
}
TEST(Python, FindsTheStandardLibraryByName) {
  EXPECT_EQ(value_of("re.sub('[0-9]+', '#', 'a12b3')"), Value::of(std::string("a#b#")));
  EXPECT_EQ(value_of("math.floor(Decimal('2.5'))"), Value::of(std::int64_t{2}));
}
TEST(Python, RefusesWhatIsNoFlowTypeAndSaysWhatToDo) {
  for (const char* expression : {"1 / 2", "2 ** 64", "{1: 2}", "{1, 2}", "object()", "'\\ud800'", "Decimal('NaN')", "float('inf')", "b'x'"})
    EXPECT_EQ(code_of(expression), "value_not_storable") << expression;
  auto evaluated = python().evaluate("1 / 2", {});
  EXPECT_NE(std::get<Failure>(evaluated).message.zh.find("Decimal"), std::string::npos);
  EXPECT_EQ(code_of("(lambda l: (l.append(l), l)[1])([])"), "value_not_storable") << "a list that holds itself";
}
TEST(Python, NamesTheErrorOfTheExpression) {
  EXPECT_EQ(code_of("1 +"), "expression_wrong");
  EXPECT_EQ(code_of("x = 1"), "expression_wrong");
  EXPECT_EQ(code_of("import os"), "expression_wrong");
  EXPECT_EQ(code_of(std::string("1\0", 2)), "expression_wrong");
  EXPECT_EQ(code_of("nobody"), "expression_failed");
  auto evaluated = python().evaluate("1 // 0", {});
  EXPECT_EQ(std::get<Failure>(evaluated).code, "expression_failed");
  EXPECT_NE(std::get<Failure>(evaluated).message.en.find("ZeroDivisionError"), std::string::npos);
  EXPECT_EQ(code_of("(lambda f: f(f))(lambda f: f(f))"), "expression_failed") << "endless recursion";
  EXPECT_EQ(code_of("exit(3)"), "expression_failed") << "site is not loaded: there is no exit";
  EXPECT_EQ(code_of("__import__('sys').exit(3)"), "expression_failed") << "SystemExit does not end the runner";
}
TEST(Python, LeavesNothingBehindForTheNextExpression) {
  EXPECT_EQ(value_of("(y := 5) + 1"), Value::of(std::int64_t{6}));
  EXPECT_EQ(code_of("y"), "expression_failed");
  const Variables variables{{"rows", Value::of(List{})}};
  EXPECT_EQ(value_of("rows.append(1)", variables), Value());
  EXPECT_EQ(value_of("rows", variables).json(), "[]") << "values are immutable: Python works on a copy";
}

// Interrupts the evaluation at work as soon as there is one, and again until it has ended.
class Interrupter {
 public:
  explicit Interrupter(Interrupt why)
      : thread_([this, why] {
          while (!over_) {
            python().interrupt(python().at_work(), why);
            std::this_thread::yield();
          }
        }) {}
  ~Interrupter() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

TEST(Python, AnEndlessExpressionIsInterrupted) {
  python();
  {
    const Interrupter interrupter(Interrupt::time_limit);
    EXPECT_EQ(code_of("[x for x in iter(int, 1) if x]"), "expression_timed_out");
  }
  {
    const Interrupter interrupter(Interrupt::stop);
    EXPECT_EQ(code_of("sum(1 for _ in iter(int, 1))"), "stopped");
  }
  {
    const Interrupter interrupter(Interrupt::time_limit);
    EXPECT_EQ(code_of("re.match('(a*)*b', 'a' * 40)"), "expression_timed_out") << "a regular expression that would take centuries";
  }
  {
    const Interrupter interrupter(Interrupt::stop);
    EXPECT_EQ(code_of("time.sleep(3600)"), "stopped");
  }
  EXPECT_EQ(value_of("1 + 1"), Value::of(std::int64_t{2})) << "the interpreter is whole afterwards";
}
TEST(Python, AnInterruptionThatComesTooLateHitsNobody) {
  EXPECT_EQ(value_of("1"), Value::of(std::int64_t{1}));
  python().interrupt(1, Interrupt::time_limit);  // the first evaluation of this process is long over
  EXPECT_EQ(value_of("sum(range(100000))"), Value::of(std::int64_t{4999950000}));
}

TEST(Value, TheJournalFormKeepsTypesApart) {
  const auto value = Value::of(Map{
      {"$decimal", Value::of(std::string("1"))}, {"d", Value::of(Decimal{"1.20"})}, {"n", Value()}, {"t", Value::of(std::string("1.20"))}});
  EXPECT_EQ(value.json(), R"({"$map":{"$decimal":"1","d":{"$decimal":"1.20"},"n":null,"t":"1.20"}})");
  auto parsed = base::parse_json(value.json());
  ASSERT_TRUE(parsed);
  auto again = Value::from_json(*parsed);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, value);
}
TEST(Value, RefusesNumbersThatDoNotFitAndKeepsFractionsExact) {
  auto big = Value::from_json(boost::json::value(std::uint64_t{1} << 63));
  EXPECT_FALSE(big.ok());
  auto fraction = Value::from_json(boost::json::value(0.1));
  ASSERT_TRUE(fraction);
  EXPECT_EQ(*fraction, Value::of(Decimal{"0.1"}));
}

}  // namespace
}  // namespace quanji::engine
