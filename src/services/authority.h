// What somebody may do: grants and roles made into sets of permissions by department, and the epoch that says when it must be made anew.
//
// Every change of grants, roles, departments and users raises the row `access` of table epochs in its own transaction. A process learns
// of it after its own commit, and of other nodes' changes by refresh_epoch, which is called each second.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/caller.h"
#include "domain/department_tree.h"
#include "services/rights.h"

namespace quanji::services {

using domain::DepartmentId;
using domain::UserId;

// Nothing may be done by who is disabled, expired or gone. Marked with the epoch of the view.
Result<std::shared_ptr<const domain::Authority>> load_authority(const View&, const UserId&);
// A client has its scopes (permission names or patterns, "task.*") in its department and all below.
Result<std::shared_ptr<const domain::Authority>> load_client_authority(const View&, const std::vector<std::string>& scopes,
                                                                       const DepartmentId&);
// What both may do: a client that acts for a person.
std::shared_ptr<const domain::Authority> acting_for(const domain::Authority& client, const domain::Authority& person);
// Whether the user holds the inspection account, of whom every read is audited.
Result<bool> every_read_audited(const View&, const UserId&);

// In the transaction of a change of rights: raises the row, and the process's number when it is durable.
Status raise_access_epoch(Change&);
// The newest epoch this process knows; an Authority with a smaller one is loaded again before it is used. Any thread.
std::uint64_t access_epoch();
// Reads the row and remembers it; also tells settings to read themselves again when they changed.
Status refresh_epoch(const View&);
// Tests: forgets what was learnt from another database.
void forget_epochs();

// Who acts, as the columns created_by and updated_by show it: an account, a client's name, "setup", "clock".
std::string actor(const View&);

}  // namespace quanji::services
