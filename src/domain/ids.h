// The ids of everything the platform knows, one type each; prefixes are published and never change.
#pragma once
#include "base/ids.h"

namespace quanji::domain {

using DepartmentId = base::Id<"dep">;
using UserId = base::Id<"usr">;
using RoleId = base::Id<"rol">;
using GrantId = base::Id<"grt">;
using ApiClientId = base::Id<"key">;
using SessionId = base::Id<"ses">;
using ApprovalId = base::Id<"apr">;
using AuditId = base::Id<"aud">;
using CallId = base::Id<"call">;
using NodeId = base::Id<"nod">;
using RobotId = base::Id<"rob">;
using TaskId = base::Id<"tsk">;
using AttemptId = base::Id<"att">;
using EnrolmentId = base::Id<"enr">;
using EventId = base::Id<"evt">;
using QueueId = base::Id<"que">;
using QueueItemId = base::Id<"qit">;
using HumanTaskId = base::Id<"hum">;

// The one department without a parent; made by the first migration, so that global things have a place.
inline constexpr DepartmentId root_department{base::Ulid{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};

}  // namespace quanji::domain
