// Calls as they come through the door. The first byte chooses the verb; then a line each for path, query, Accept-Language, X-Request-Id
// and Idempotency-Key; the rest is the body.
#include "door/door.h"

#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "must.h"

namespace quanji::door {
namespace {

using base::Code;
using base::Status;

struct Thing {
  base::Id<"tng"> id;
  std::string name;
  std::optional<std::string> note;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Thing, QF(id, "标识", "Id", .flags = base::in_path), QF(name, "名称", "Name", .pattern = &base::name_pattern),
              QF(note, "备注", "Note"), QF(revision, "修订", "Revision", .flags = base::read_only))
struct Ref {
  base::Id<"tng"> id;
  std::optional<bool> deep;
  std::optional<base::Time> at;
  std::vector<std::string> words;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Ref, QF(id, "标识", "Id", .flags = base::in_path), QF(deep, "深入", "Deep"), QF(at, "时刻", "At"),
              QF(words, "词", "Words", .fallback = "[]"))
struct ByName {
  std::string name;
  std::int64_t number = 0;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(ByName, QF(name, "名称", "Name", .max = 20, .flags = base::in_path), QF(number, "数", "Number", .min = 1, .fallback = "3"))

const base::ListShape& shape() {
  static const base::ListShape made{
      {{"name", &base::value_ops<std::string>, {"名称", "Name"}}, {"size", &base::value_ops<std::int64_t>, {"大小", "Size"}}},
      {"createdAt", "name"},
      true,
      true};
  return made;
}

Status nothing_done(AnyFunction, void*, const void*, void*) { return {}; }
Binding binding(const TypeOps* in, const TypeOps* out = type_ops<Thing>) { return {OpKind::change, in, out, nullptr, &nothing_done}; }

const Table& table() {
  static Table t("/api/v1");
  static const bool made = [] {
    t.add({.id = "thing.create", .verb = Verb::post, .path = "/things", .creates = true}, binding(type_ops<Thing>));
    auto list = binding(type_ops<base::ListQuery>, type_ops<base::Page<Thing>>);
    list.list = &shape();
    t.add({.id = "thing.list", .verb = Verb::get, .path = "/things"}, list);
    t.add({.id = "thing.parts", .verb = Verb::get, .path = "/things/{id}/parts"}, list);
    t.add({.id = "thing.read", .verb = Verb::get, .path = "/things/{id}"}, binding(type_ops<Ref>));
    t.add({.id = "thing.named", .verb = Verb::get, .path = "/named/{name}"}, binding(type_ops<ByName>));
    t.add({.id = "thing.change", .verb = Verb::patch, .path = "/things/{id}"}, binding(type_ops<base::Patch<Thing>>));
    t.add({.id = "thing.delete", .verb = Verb::del, .path = "/things/{id}"}, binding(type_ops<Ref>));
    return true;
  }();
  (void)made;
  return t;
}

struct Everybody : Gate {
  void authenticate(CallPtr, std::function<void(Status)> done) override { done({}); }
  Status permit(Call&) override { return {}; }
};
// Answers what it was given.
struct Echo : Work {
  void run(CallPtr call, std::function<void()> done) override {
    const auto& id = call->operation->id;
    if (id == "thing.create")
      *static_cast<Thing*>(call->out.get()) = *static_cast<const Thing*>(call->in.get());
    else if (id == "thing.named")
      static_cast<Thing*>(call->out.get())->name = static_cast<const ByName*>(call->in.get())->name;
    else if (id == "thing.change")
      *static_cast<Thing*>(call->out.get()) = static_cast<const base::Patch<Thing>*>(call->in.get())->value;
    encode_answer(*call);
    done();
  }
};
struct Deaf : Ear {
  void answered(const Call&, int, std::chrono::microseconds) override {}
};

void run(Door& door, Verb verb, const std::array<std::string_view, 5>& lines, std::string_view body) {
  Ask ask;
  ask.verb = verb;
  ask.path = lines[0];
  ask.query = lines[1];
  ask.body = body;
  ask.header = [&](std::string_view name) {
    return name == "accept-language"   ? lines[2]
           : name == "x-request-id"    ? lines[3]
           : name == "idempotency-key" ? lines[4]
                                       : std::string_view();
  };
  int answers = 0;
  door.run(std::move(ask), [&](const Answer& answer) {
    ++answers;
    must(answer.status >= 200 && answer.status < 500);
    must(answer.status == 304 || (base::is_utf8(answer.body) && base::parse_json(answer.body).ok()));
    for (const auto& [name, value] : answer.headers) must(value.find_first_of("\r\n") == std::string::npos);
  });
  must(answers == 1);
}

}  // namespace
}  // namespace quanji::door

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji;
  static door::Everybody gate;
  static door::Echo work;
  static door::Deaf ear;
  static base::ManualClock clock;
  static base::SeededRandom random(1);
  static door::Door door(door::table(), gate, work, ear, clock, random);
  if (size == 0) return 0;
  auto rest = base::text_of({data + 1, size - 1});
  std::array<std::string_view, 5> lines;
  for (auto& line : lines) {
    const auto end = rest.find('\n');
    line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  door::run(door, static_cast<door::Verb>(data[0] % 4), lines, rest);
  return 0;
}
