#include "engine/python.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/testing.h"
#include "values/table.h"

// CPython gives nothing back when its process ends; what it holds of ours then is out of the leak checker's sight.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpython3\nleak:quanji::engine::tell_facts\nleak:quanji::engine::to_python";
}

namespace quanji::engine {

namespace {

using values::List;
using values::Map;
using values::Value;
using values::Variables;

Python& python() { return python_of_tests(); }
Value integer(std::int64_t n) { return Value::of(n); }
Value text(std::string t) { return Value::of(std::move(t)); }
Value decimal(const char* t) { return Value::of(*values::Decimal::parse(t)); }

// One document of one expression over these variables.
Outcome<Value> evaluated(const std::string& expression, const Variables& variables = {}) {
  flow::Document document;
  document.file = "flows/test.yaml";
  document.expressions = 1;
  for (const auto& [name, value] : variables) document.variables.push_back(name);
  Slots slots(document.variables);
  std::uint32_t slot = 0;
  for (const auto& [name, value] : variables) slots.set(slot++, value);
  PythonProgram program(document);
  return python().evaluate(program, {expression, {7, 9}, 0}, slots);
}
Value value_of(const std::string& expression, const Variables& variables = {}) {
  auto value = evaluated(expression, variables);
  if (value) return *value;
  ADD_FAILURE() << expression << ": " << value.error().code << " " << value.error().message.en;
  return {};
}
std::string code_of(const std::string& expression, const Variables& variables = {}) {
  auto value = evaluated(expression, variables);
  return value ? "no failure: " + value->json() : value.error().code;
}
std::string sentence_of(const std::string& expression, const Variables& variables = {}) {
  auto value = evaluated(expression, variables);
  return value ? "no failure: " + value->json() : value.error().message.en;
}
Variables trades() {
  auto table = values::Table::of_rows(List{Value::of(Map{{"证券代码", text("600000")}, {"QTY", integer(100)}, {"AMT", decimal("1050.20")}}),
                                           Value::of(Map{{"证券代码", text("000001")}, {"QTY", integer(-30)}, {"AMT", decimal("-330.00")}}),
                                           Value::of(Map{{"证券代码", text("600000")}, {"QTY", integer(5)}, {"AMT", Value()}})});
  return {{"trades", Value::of(std::make_shared<const values::Table>(std::move(*table)))}};
}

TEST(Python, KeepsEveryFlowTypeAsItIs) {
  EXPECT_EQ(value_of("6 * 7"), integer(42));
  EXPECT_EQ(value_of("2 > 1"), Value::of(true));
  EXPECT_EQ(value_of("'清算' + '核对'"), text("清算核对"));
  EXPECT_EQ(value_of("Decimal('0.10') + Decimal('0.20')").json(), R"({"$decimal":"0.30"})");
  EXPECT_EQ(value_of("None"), Value());
  EXPECT_EQ(value_of("[1, ('a', False)]").json(), R"([1,["a",false]])");
  EXPECT_EQ(value_of("{'b': 1, 'a': {'x': []}}").json(), R"({"b":1,"a":{"x":[]}})");
  EXPECT_EQ(value_of("-2**63"), integer(INT64_MIN));
  EXPECT_EQ(value_of("datetime.date(2026, 11, 20)"), Value::of(base::Date{20777}));
  EXPECT_EQ(value_of("datetime.datetime(1969, 12, 31, 23, 59, 59, 5)"), Value::of(values::DateTime{-999'995}));
  EXPECT_EQ(value_of("datetime.time(9, 30)"), Value::of(values::TimeOfDay{34'200'000'000}));
  EXPECT_EQ(value_of("datetime.timedelta(days=-1, seconds=1)"), Value::of(values::Duration{-86'399'000'000}));
  EXPECT_EQ(value_of("b'\\x00\\xff'"), Value::of(base::Bytes{0, 255}));
}
TEST(Python, GivesBackWhatItWasGiven) {
  const std::vector<Value> all{Value(),
                               Value::of(true),
                               integer(-5),
                               decimal("1.20"),
                               decimal("-12345678901234567890123456789012345678"),
                               text("清算\n"),
                               Value::of(base::Date{-141427}),
                               Value::of(values::TimeOfDay{86'399'999'999}),
                               Value::of(values::DateTime{-1}),
                               Value::of(values::Duration{-1}),
                               Value::of(List{integer(1), Value::of(List{})}),
                               Value::of(Map{{"a", integer(1)}, {"b", Value()}}),
                               Value::of(base::Bytes{1, 2, 3}),
                               Value::of(values::FileRef{"/tmp/x.dbf", ""}),
                               Value::of(values::SecretRef{"counter_db", 3, "password"}),
                               Value::of(values::Handle{"browser", 7}),
                               trades().at("trades")};
  for (const auto& value : all) {
    EXPECT_EQ(value_of("x", {{"x", value}}).json(), value.json());
    EXPECT_EQ(value_of("[x, {'k': x}][1]['k']", {{"x", value}}).json(), value.json());
  }
}
TEST(Python, GivesListsMapsAndTablesBackWithoutCopyingThem) {
  const auto list = Value::of(List{integer(1)});
  EXPECT_EQ(&value_of("x if len(x) == 1 else None", {{"x", list}}).list(), &list.list());
  const auto variables = trades();
  EXPECT_EQ(&value_of("trades", variables).table(), &variables.at("trades").table());
}
TEST(Python, SeesVariablesAlsoInsideComprehensionsAndFunctions) {
  const Variables variables{{"rate", integer(3)}, {"rows", Value::of(List{integer(1), integer(2)})}};
  EXPECT_EQ(value_of("[x * rate for x in rows]", variables).json(), "[3,6]");
  EXPECT_EQ(value_of("(lambda: sum(rows) * rate)()", variables), integer(9));
  EXPECT_EQ(value_of("f'{rate:03d}'", variables), text("003"));
  EXPECT_EQ(value_of("(\n  rate +\n  1)", variables), integer(4));
  EXPECT_EQ(value_of("  rate", variables), integer(3));
}
TEST(Python, FindsTheStandardLibraryByName) {
  EXPECT_EQ(value_of("re.sub('[0-9]+', '#', 'a12b3')"), text("a#b#"));
  EXPECT_EQ(value_of("math.floor(Decimal('2.5'))"), integer(2));
}
TEST(Python, DecimalsHaveAsManyDigitsAsThoseOfFlows) {
  EXPECT_EQ(value_of("Decimal(1) / Decimal(3)").json(), R"({"$decimal":"0.33333333333333333333333333333333333333"})");
  EXPECT_EQ(value_of("Decimal('12345678901234567890123456789012345.67') + Decimal('0.01')").json(),
            R"({"$decimal":"12345678901234567890123456789012345.68"})");
}
TEST(Python, RefusesWhatIsNoFlowTypeAndSaysWhatToDo) {
  for (const char* expression :
       {"1 / 2", "2 ** 64", "{1: 2}", "{1, 2}", "object()", "'\\ud800'", "Decimal('NaN')", "float('inf')", "(x for x in [1])",
        "datetime.datetime.now(datetime.timezone.utc)", "Decimal('1') / Decimal('3') ** 90", "range(3)"})
    EXPECT_EQ(code_of(expression), "value_not_storable") << expression;
  EXPECT_NE(sentence_of("1 / 2").find("Decimal"), std::string::npos);
  EXPECT_NE(sentence_of("datetime.datetime.now(datetime.timezone.utc)").find("astimezone"), std::string::npos);
  EXPECT_NE(sentence_of("range(3)").find("list(x)"), std::string::npos);
  EXPECT_EQ(code_of("(lambda l: (l.append(l), l)[1])([])"), "value_not_storable") << "a list that holds itself";
}
TEST(Python, NamesTheErrorOfTheExpressionAndItsPlace) {
  EXPECT_EQ(code_of("1 +"), "expression_wrong");
  EXPECT_EQ(code_of("x = 1"), "expression_wrong");
  EXPECT_EQ(code_of("import os"), "expression_wrong");
  EXPECT_EQ(code_of("1) + (2"), "expression_wrong");
  EXPECT_EQ(code_of("(yield 1)"), "expression_wrong");
  EXPECT_EQ(code_of(std::string("1\0", 2)), "expression_wrong");
  EXPECT_EQ(code_of("nobody"), "expression_failed");
  EXPECT_EQ(sentence_of("1 // 0"), "the Python code failed at flows/test.yaml:7: ZeroDivisionError: integer division or modulo by zero");
  EXPECT_EQ(sentence_of("(1 +\n nobody)"), "the Python code failed at flows/test.yaml:8: NameError: name 'nobody' is not defined");
  EXPECT_EQ(code_of("(lambda f: f(f))(lambda f: f(f))"), "expression_failed") << "endless recursion";
  EXPECT_EQ(code_of("exit(3)"), "expression_failed") << "site is not loaded: there is no exit";
  EXPECT_EQ(code_of("__import__('sys').exit(3)"), "expression_failed") << "SystemExit does not end the runner";
}
TEST(Python, LeavesNothingBehindForTheNextExpression) {
  EXPECT_EQ(value_of("(y := 5) + 1"), integer(6));
  EXPECT_EQ(code_of("y"), "expression_failed");
}
TEST(Python, ListsAndMapsOfTheFlowDoNotChange) {
  const Variables variables{{"rows", Value::of(List{integer(2), integer(1)})},
                            {"m", Value::of(Map{{"a", integer(1)}, {"code", text("x")}})}};
  for (const char* expression : {"rows.append(1)", "rows.sort()", "rows.__setitem__(0, 5)", "rows.pop()", "m.update(b=2)", "m.pop('a')",
                                 "m.__setitem__('a', 5)", "m.__delitem__('a')"})
    EXPECT_EQ(code_of(expression, variables), "expression_failed") << expression;
  EXPECT_NE(sentence_of("rows.append(1)", variables).find("list(x)"), std::string::npos);
  EXPECT_EQ(value_of("sorted(rows) + [3]", variables).json(), "[1,2,3]");
  EXPECT_EQ(value_of("[list(rows), rows.copy(), copy.deepcopy(rows)]", variables).json(), "[[2,1],[2,1],[2,1]]");
  EXPECT_EQ(value_of("{**m, 'b': 2}", variables).json(), R"({"a":1,"code":"x","b":2})");
  EXPECT_EQ(value_of("m | {'b': 2}", variables).json(), R"({"a":1,"code":"x","b":2})");
  EXPECT_EQ(value_of("m.code + str(m.a)", variables), text("x1"));
  EXPECT_EQ(value_of("list(m.items())[0][0]", variables), text("a"));
  EXPECT_EQ(value_of("isinstance(rows, list) and isinstance(m, dict)", variables), Value::of(true));
  EXPECT_EQ(value_of("json.dumps([rows, m])", variables), text(R"([[2, 1], {"a": 1, "code": "x"}])"));
  EXPECT_EQ(value_of("(heapq.heappush(rows, 0), len(rows))[1]", variables), integer(3)) << "what goes behind the methods' backs";
  EXPECT_EQ(value_of("(heapq.heappush(rows, 0), rows)[1]", variables).json(), "[0,1,2]") << "… is read anew";
}
TEST(Python, TablesAreSequencesOfRowsAndNameTheirColumns) {
  const auto variables = trades();
  EXPECT_EQ(value_of("len(trades)", variables), integer(3));
  EXPECT_EQ(value_of("trades.columns", variables).json(), R"(["证券代码","QTY","AMT"])");
  EXPECT_EQ(value_of("sum(row['QTY'] for row in trades)", variables), integer(75));
  EXPECT_EQ(value_of("sum(r.QTY for r in trades.rows)", variables), integer(75));
  EXPECT_EQ(value_of("list(trades['QTY'])", variables).json(), "[100,-30,5]");
  EXPECT_EQ(value_of("[trades['QTY'].sum(), trades['AMT'].sum()]", variables).json(), R"([75,{"$decimal":"720.20"}])");
  EXPECT_EQ(value_of("sum(memoryview(trades['QTY']))", variables), integer(75));
  EXPECT_EQ(value_of("trades[-1]['证券代码']", variables), text("600000"));
  EXPECT_EQ(value_of("trades[1]", variables).json(), R"({"证券代码":"000001","QTY":-30,"AMT":{"$decimal":"-330.00"}})");
  EXPECT_EQ(value_of("dict(trades[0])", variables).json(), R"({"证券代码":"600000","QTY":100,"AMT":{"$decimal":"1050.20"}})");
  EXPECT_EQ(value_of("{**trades[0], 'QTY': 1}['QTY']", variables), integer(1));
  EXPECT_EQ(value_of("trades[0].get('none', 5)", variables), integer(5));
  EXPECT_EQ(value_of("'QTY' in trades[0] and 'x' not in trades[0]", variables), Value::of(true));
  EXPECT_EQ(
      value_of("[len(trades.where('证券代码', '600000')), len(trades.where('QTY', 5)), len(trades.where(AMT=None))]", variables).json(),
      "[2,1,1]");
  EXPECT_EQ(value_of("trades.where('证券代码', '600000', 'AMT', Decimal('1050.2'))['QTY'][0]", variables), integer(100));
  EXPECT_EQ(value_of("trades[1:]", variables).table().rows(), 2U);
  EXPECT_EQ(value_of("trades[0] == trades[0] and trades == trades[:]", variables), Value::of(true));
  EXPECT_NE(sentence_of("trades['数量']", variables).find("QTY"), std::string::npos);
  EXPECT_EQ(code_of("trades[3]", variables), "expression_failed");
  EXPECT_EQ(code_of("memoryview(trades['AMT'])", variables), "expression_failed");
}
TEST(Python, ARowKeptFromALoopStaysThatRow) {
  const auto variables = trades();
  EXPECT_EQ(value_of("[row for row in trades][0]['QTY']", variables), integer(100));
  // The same through slots: the object that stands for the loop's row moves on only when nobody kept it.
  flow::Document document;
  document.expressions = 2;
  document.variables = {"row", "kept"};
  Slots slots(document.variables);
  PythonProgram program(document);
  const auto table = variables.at("trades").shared_table();
  for (std::size_t i = 0; i < 3; ++i) {
    slots.derive_row(0, table, i);
    auto value = python().evaluate(program, {"row['QTY']", {}, 0}, slots);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->integer(), std::vector<std::int64_t>({100, -30, 5})[i]);
  }
}
TEST(Python, SecretsAreNeitherSeenNorJoined) {
  const Variables variables{{"s", Value::of(values::SecretRef{"counter_db", 3, "password"})}};
  EXPECT_EQ(value_of("repr(s)", variables), text("<secret counter_db.password>"));
  for (const char* expression : {"str(s)", "'x' + s", "f'{s}'", "'%s' % s", "''.join([s])", "'{}'.format(s)"})
    EXPECT_EQ(code_of(expression, variables), "expression_failed") << expression;
}
TEST(Python, AVariableThatIsNotSetYetIsUnknown) {
  flow::Document document;
  document.file = "f.yaml";
  document.expressions = 1;
  document.variables = {"later"};
  Slots slots(document.variables);
  PythonProgram program(document);
  const flow::Expression expression{"later + 1", {1, 1}, 0};
  auto before = python().evaluate(program, expression, slots);
  ASSERT_FALSE(before);
  EXPECT_NE(before.error().message.en.find("name 'later' is not defined"), std::string::npos) << before.error().message.en;
  slots.set(0, integer(4));
  auto after = python().evaluate(program, expression, slots);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->integer(), 5);
}
TEST(Python, AFailThatIsRaisedKeepsItsCodeAndKind) {
  auto business = evaluated("(_ for _ in ()).throw(Fail('sign_mismatch', '符号不一致', data={'row': 3}))");
  ASSERT_FALSE(business);
  EXPECT_EQ(business.error().code, "sign_mismatch");
  EXPECT_EQ(business.error().kind, flow::ErrorKind::business);
  EXPECT_EQ(business.error().message.zh, "符号不一致");
  EXPECT_EQ(business.error().data.json(), R"({"row":3})");
}

Outcome<Value> run_block(const std::string& code, const Variables& with = {}, const Variables& variables = {}) {
  flow::Document document;
  document.file = "flows/test.yaml";
  for (const auto& [name, value] : variables) document.variables.push_back(name);
  Slots slots(document.variables);
  std::uint32_t slot = 0;
  for (const auto& [name, value] : variables) slots.set(slot++, value);
  PythonProgram program(document);
  flow::PythonBlock block;
  block.code = code;
  block.code_at = {20, 5};
  return python().run(program, 0, block, with, slots, {});
}
TEST(Python, ABlockIsTheBodyOfAFunction) {
  auto sum = run_block("total = 0\nfor r in rows:\n    total += r\nreturn {'total': total, 'text': '''a\n  b'''}\n",
                       {{"rows", Value::of(List{integer(1), integer(2)})}}, {{"total", integer(50)}});
  ASSERT_TRUE(sum) << sum.error().message.en;
  EXPECT_EQ(sum->json(), R"({"total":3,"text":"a\n  b"})");
  auto reads = run_block("return rate * re.compile('x').groups + rate", {}, {{"rate", integer(7)}});
  ASSERT_TRUE(reads) << reads.error().message.en;
  EXPECT_EQ(reads->integer(), 7);
  auto nothing = run_block("# nothing to do");
  ASSERT_TRUE(nothing);
  EXPECT_EQ(*nothing, Value());
}
TEST(Python, ABlockLeavesNothingBehindForItsNextCall) {
  flow::Document document;
  Slots slots(document.variables);
  PythonProgram program(document);
  flow::PythonBlock block;
  block.code = "global counter\ntry:\n    counter += 1\nexcept NameError:\n    counter = 1\nreturn counter";
  for (int i = 0; i < 2; ++i) {
    auto result = python().run(program, 0, block, {}, slots, {});
    ASSERT_TRUE(result) << result.error().message.en;
    EXPECT_EQ(result->integer(), 1);
  }
}
TEST(Python, ABlocksErrorNamesTheLineOfTheFlow) {
  auto failed = run_block("x = 1\n\nraise ValueError('no')\n");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "python_failed");
  EXPECT_EQ(failed.error().message.en, "the Python code failed at flows/test.yaml:22: ValueError: no");
  EXPECT_EQ(failed.error().data.json(), R"({"type":"ValueError","place":"flows/test.yaml:22"})");
  auto wrong = run_block("x = 1\nif x\n  pass");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "expression_wrong");
  EXPECT_NE(wrong.error().message.en.find("flows/test.yaml:21"), std::string::npos) << wrong.error().message.en;
}

TEST(Python, EvaluatesATextForEveryRowOfATable) {
  const auto table = trades().at("trades").shared_table();
  const auto on = [] { return Outcome<void>(); };
  auto column = python().evaluate_rows("QTY * 2 + len(row['证券代码'])", table, values::ColumnType::integer, nullptr, on);
  ASSERT_TRUE(column) << column.error().message.en;
  EXPECT_EQ((*column)->numbers()[0], 206);
  EXPECT_EQ((*column)->numbers()[2], 16);
  auto fails = python().evaluate_rows("AMT + 1", table, values::ColumnType::any, nullptr, on);
  ASSERT_FALSE(fails);
  EXPECT_NE(fails.error().message.en.find("row 3"), std::string::npos) << fails.error().message.en;
  auto wrong = python().evaluate_rows("str(QTY)", table, values::ColumnType::integer, nullptr, on);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "wrong_type");
}

// Interrupts the evaluation at work as soon as there is one, and again until it has ended.
class Interrupter {
 public:
  explicit Interrupter(Interrupt why)
      : thread_([this, why] {
          while (!over_) {
            python().interrupt(python().at_work().number, why);
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
  EXPECT_EQ(value_of("1 + 1"), integer(2)) << "the interpreter is whole afterwards";
}
TEST(Python, AnInterruptionThatComesTooLateHitsNobody) {
  EXPECT_EQ(value_of("1"), integer(1));
  python().interrupt(1, Interrupt::time_limit);  // the first evaluation of this process is long over
  EXPECT_EQ(value_of("sum(range(100000))"), integer(4999950000));
}
TEST(Python, OtherThreadsHandTheirExpressionsOver) {
  python();
  std::atomic<int> over{0};
  std::vector<std::thread> branches;
  std::vector<Value> results(4);
  for (std::size_t i = 0; i < results.size(); ++i)
    branches.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) results[i] = value_of("x * 2", {{"x", integer(static_cast<std::int64_t>(i))}});
      ++over;
      python().wake();
    });
  python().serve_until([&] { return over == 4; });
  for (auto& branch : branches) branch.join();
  EXPECT_EQ(results[3], integer(6));
}

}  // namespace
}  // namespace quanji::engine
