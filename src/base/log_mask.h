// The spellings in which a live secret may turn up in text; for log only.
#pragma once
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace quanji::base::log {

// Raw, JSON-escaped, base64 and base64url (at each of the three alignments inside something longer), hex, percent-encoded, UTF-16.
std::vector<Secret> spellings_of(const Secret& secret);

}  // namespace quanji::base::log
