#include "api/proof_work.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "api/platform.h"

namespace quanji::api {
namespace {

// Whoever adds an operation that takes a secret in has to say here who takes care of it before the operation's own change: proof_work.cpp
// (checked there, or sealed there), or the operation itself because the secret is spent at once.
TEST(ProofWork, EverySecretThatComesInIsTakenCareOfBeforeItsChange) {
  std::set<std::string> found;
  for (const auto& operation : platform_table().all()) {
    if (!operation->binding.in) continue;
    for (const auto& field : operation->binding.in->fields().all())
      if (field.ops->kind == base::Kind::secret) found.insert(std::string(operation->id));
  }
  const std::set<std::string> checked{"auth.login",      "auth.password",      "auth.totp_disable",
                                      "auth.totp_enrol", "auth.totp_recovery", "session.unlock"};
  const std::set<std::string> sealed{"asset.create", "asset.set_value", "credential.create", "credential.rotate"};
  const std::set<std::string> spent{"auth.introspect", "auth.refresh", "auth.revoke", "file.use_ticket"};
  std::set<std::string> known = checked;
  known.insert(sealed.begin(), sealed.end());
  known.insert(spent.begin(), spent.end());
  EXPECT_EQ(found, known);
}

}  // namespace
}  // namespace quanji::api
