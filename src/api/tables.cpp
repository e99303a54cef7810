#include "api/platform.h"
#include "api/resources/api_calls.h"
#include "api/resources/api_clients.h"
#include "api/resources/approvals.h"
#include "api/resources/assets.h"
#include "api/resources/audit.h"
#include "api/resources/auth.h"
#include "api/resources/credentials.h"
#include "api/resources/departments.h"
#include "api/resources/error_codes.h"
#include "api/resources/files.h"
#include "api/resources/folders.h"
#include "api/resources/human_tasks.h"
#include "api/resources/permissions.h"
#include "api/resources/queues.h"
#include "api/resources/robots.h"
#include "api/resources/roles.h"
#include "api/resources/sessions.h"
#include "api/resources/set_up.h"
#include "api/resources/settings.h"
#include "api/resources/users.h"
#include "door/operation.h"

namespace quanji::api {

const door::Table& platform_table() {
  static const auto table = [] {
    auto made = std::make_unique<door::Table>("/api/v1");
    auth(*made);
    sessions(*made);
    api_clients(*made);
    departments(*made);
    users(*made);
    roles(*made);
    permissions(*made);
    settings(*made);
    approvals(*made);
    audit(*made);
    api_calls(*made);
    error_codes(*made);
    robots(*made);
    queues(*made);
    human_tasks(*made);
    credentials(*made);
    assets(*made);
    folders(*made);
    files(*made);
    return made;
  }();
  return *table;
}

const door::Table& outer_table() {
  static const auto table = [] {
    auto made = std::make_unique<door::Table>("");
    set_up(*made);
    return made;
  }();
  return *table;
}

const door::Table& gateway_table() {
  static const auto table = [] {
    auto made = std::make_unique<door::Table>("/robot-gateway/v1");
    robot_gateway(*made);
    return made;
  }();
  return *table;
}

}  // namespace quanji::api
