// Who acts, from where, and what they may do: carried by every View and Change.
#pragma once
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/ids.h"

namespace quanji::domain {

// A permission is its place in the sorted list of the published names (permissions.h); at most 512.
using PermissionSet = std::bitset<512>;

struct UlidHash {
  std::size_t operator()(const base::Ulid& u) const {
    std::size_t h = 0;
    for (std::size_t i = 8; i < 16; ++i) h = (h << 8) | u.bytes[i];  // the random half
    return h * 0x9E3779B97F4A7C15ULL ^ u.bytes[7];
  }
};

// Effective permissions by department, inheritance already resolved. Constant after construction; shared by the caller's requests.
struct Authority {
  std::uint64_t access_epoch = 0;
  PermissionSet anywhere;    // union over all departments
  PermissionSet everywhere;  // held in every department there is: said by who knows all of them, never guessed from by_department
  std::unordered_map<base::Ulid, PermissionSet, UlidHash> by_department;  // only where there is anything; empty: nothing anywhere
  bool may_anywhere(std::size_t permission) const { return anywhere.test(permission); }
  bool may_everywhere(std::size_t permission) const { return everywhere.test(permission); }
  bool may(std::size_t permission, const DepartmentId& department) const {
    const auto found = by_department.find(department.ulid);
    return found != by_department.end() && found->second.test(permission);
  }
};

enum class CallerKind : std::uint8_t { nobody, user, client, robot, clock, setup };
enum class Channel : std::uint8_t { session, bearer, signature, certificate, internal };

// One request's caller. Constant once the door has made it.
struct Caller {
  CallerKind kind = CallerKind::nobody;
  Channel channel = Channel::internal;
  UserId user;               // kind user; for a client with X-On-Behalf-Of: the person it calls for
  ApiClientId client;        // kind client
  RobotId robot;             // kind robot
  SessionId session;         // kind user by cookie or token
  std::string account;       // what audit shows: account, client name, robot name, "clock"
  std::string on_behalf_of;  // account of `user` when a client acts for a person
  DepartmentId department;   // home department
  std::shared_ptr<const Authority> authority;
  std::size_t permission = SIZE_MAX;       // the permission of the operation under way; SIZE_MAX: none is needed
  std::size_t read_permission = SIZE_MAX;  // `group.read` of the same group: who lacks it must not learn that a thing exists
  std::string address;                     // where the request came from
  std::string request_id;
  std::string operation;                 // id of the operation under way
  std::optional<std::int64_t> if_match;  // revision the caller expects; stale is changed_meanwhile
  bool english = false;                  // language of sentences
  bool second_person = false;            // the change was approved by another person and is being carried out now
  bool every_read_audited = false;       // the inspection account, or who acts for it: each read leaves a row
};

// What a service tells the audit row of the change under way; before and after are canonical JSON or empty.
struct AuditNote {
  std::string target;  // id text of the thing changed
  std::string name;    // its name, for people
  base::Ulid department{};
  std::string before, after;
  std::string reason;
};

}  // namespace quanji::domain
