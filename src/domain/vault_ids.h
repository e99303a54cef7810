// Ids of what the vault keeps; apart from ids.h, so that a room without the vault is not built anew with it.
#pragma once
#include "base/ids.h"

namespace quanji::domain {
using CredentialId = base::Id<"cre">;
using CredentialVersionId = base::Id<"crv">;
using AssetId = base::Id<"ast">;
}  // namespace quanji::domain
