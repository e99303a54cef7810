#include "api/resources/robots.h"

#include "api/bind.h"
#include "services/robots.h"

namespace quanji::api {

using namespace services;

void robots(Table& t) {
  t.add({.id = "robot.list", .verb = Verb::get, .path = "/robots", .summary = {"查询机器人", "List robots"}, .permission = "robot.read"},
        list(robot_list_shape(), &list_robots));
  t.add({.id = "robot.read", .verb = Verb::get, .path = "/robots/{id}", .summary = {"查看机器人", "Read a robot"}, .point = true},
        read(&read_robot));
  t.add({.id = "robot.create",
         .verb = Verb::post,
         .path = "/robots/enrolment-codes",
         .summary = {"生成机器人注册码", "Make an enrolment code for a robot"},
         .audit = "robot.enrolment_code_created",
         .second_person = SecondPerson::never,
         .creates = true,
         .failures = {Code::name_taken},
         .example = R"({"name":"settlement-01"})"},
        change(&create_enrolment));
  t.add({.id = "robot.enable",
         .verb = Verb::post,
         .path = "/robots/{id}/enable",
         .summary = {"启用机器人", "Enable a robot"},
         .audit = "robot.enabled",
         .failures = {Code::wrong_state},
         .example = "{}"},
        change(&enable_robot));
  t.add({.id = "robot.disable",
         .verb = Verb::post,
         .path = "/robots/{id}/disable",
         .summary = {"停用机器人", "Disable a robot"},
         .audit = "robot.disabled",
         .failures = {Code::wrong_state},
         .example = "{}"},
        change(&disable_robot));
  t.add({.id = "robot.revoke",
         .verb = Verb::post,
         .path = "/robots/{id}/revoke",
         .summary = {"吊销机器人", "Revoke a robot for good"},
         .audit = "robot.revoked",
         .failures = {Code::wrong_state},
         .example = "{}"},
        change(&revoke_robot));
  t.add({.id = "robot.try",
         .verb = Verb::post,
         .path = "/robots/{id}/trial-runs",
         .summary = {"在机器人上试运行一个表达式", "Run one expression on a robot, to see that it works"},
         .audit = "robot.tried",
         .creates = true,
         .failures = {Code::wrong_state},
         .example = R"({"expression":"6 * 7"})"},
        change(&create_trial));
  t.add({.id = "robot.read_trial",
         .verb = Verb::get,
         .path = "/robots/{id}/trial-runs/{task}",
         .summary = {"查看试运行及上报", "Read a trial run and what the robot reported"},
         .permission = "robot.read"},
        read(&read_trial));
}

void robot_gateway(Table& t) {
  t.add(
      {.id = "robot.enrol",
       .verb = Verb::post,
       .path = "/enrol",
       .summary = {"机器人注册", "A robot joins with its one-time code"},
       .permission = "-",
       .audit = "robot.enrolled",
       .rate = Rate::robot,
       .entry = Entry::open,
       .failures = {Code::wrong_credentials, Code::name_taken},
       .example =
           R"({"code":"qje_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","name":"settlement-01","request":"-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n","version":"0.1.0","os":"Debian GNU/Linux 12","arch":"x86_64","slots":1})"},
      change(&enrol_robot));
  t.add({.id = "robot.beat",
         .verb = Verb::post,
         .path = "/beat",
         .summary = {"机器人心跳", "A robot's beat"},
         .permission = "-",
         .audit_kind = AuditKind::none,
         .rate = Rate::robot,
         .example =
             R"({"number":1,"state":"idle","slots":1,"freeSlots":1,"held":[],"waitingReports":0,"at":"2026-11-20T15:30:00.000+08:00"})"},
        memory(&take_beat));
  t.add(
      {.id = "task.report",
       .verb = Verb::post,
       .path = "/report",
       .summary = {"上报执行结果", "A robot reports on an attempt"},
       .permission = "-",
       .audit = "task.reported",
       .audit_kind = AuditKind::history,
       .rate = Rate::robot,
       .example =
           R"({"task":"tsk_01ARYZ6S41TSV4RRFFQ69G5FAV","attempt":"att_01ARYZ6S41TSV4RRFFQ69G5FAV","token":1,"seq":1,"kind":"started","at":"2026-11-20T15:30:00.000+08:00","outputs":null,"unsettled":[]})"},
      batch<wire::TaskReport, ReportAnswer>(take_reports));
}

}  // namespace quanji::api
