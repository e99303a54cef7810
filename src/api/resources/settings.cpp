#include "api/resources/settings.h"

#include "api/bind.h"
#include "services/settings.h"

namespace quanji::api {

void settings(Table& t) {
  t.add({.id = "setting.list",
         .verb = Verb::get,
         .path = "/settings",
         .summary = {"查看全部设置", "List every setting"},
         .permission = "setting.read"},
        read(&services::list_settings));
  t.add({.id = "setting.read", .verb = Verb::get, .path = "/settings/{name}", .summary = {"查看设置", "Read a setting"}, .point = true},
        read(&services::read_setting));
  t.add({.id = "setting.change",
         .verb = Verb::patch,
         .path = "/settings/{name}",
         .summary = {"修改设置", "Change a setting"},
         .audit = "setting.changed",
         .second_person = SecondPerson::when_set,
         .failures = {Code::changed_meanwhile},
         .example = R"({"value":10,"reason":"等保要求"})"},
        change(&services::change_setting));
}

}  // namespace quanji::api
