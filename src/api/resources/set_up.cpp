#include "api/resources/set_up.h"

#include "api/bind.h"
#include "services/sessions.h"
#include "services/set_up.h"

namespace quanji::api {

using namespace services;

void set_up(Table& t) {
  t.add({.id = "setup.state",
         .verb = Verb::get,
         .path = "/setup/state",
         .summary = {"是否还需初始化", "Whether set-up is still to be done"},
         .permission = "-",
         .entry = Entry::open},
        read(&set_up_state));
  t.add({.id = "setup.run",
         .verb = Verb::post,
         .path = "/setup",
         .summary = {"建立三个管理员", "Make the three administrators"},
         .permission = "-",
         .audit = "setup.done",
         .entry = Entry::open,
         .failures = {Code::wrong_credentials, Code::wrong_state},
         .example = R"({"code":"qjs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","persons":[)"
                    R"({"role":"system","account":"sys","name":"张三","password":"Correct-Horse-Battery-7"},)"
                    R"({"role":"security","account":"sec","name":"李四","password":"Staple-Garden-Window-8"},)"
                    R"({"role":"audit","account":"aud","name":"王五","oneTimeLink":true}]})"},
        change(&services::set_up));
}

}  // namespace quanji::api
