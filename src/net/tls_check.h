// The owner's word on a verified certificate.
#pragma once
#include "net/message.h"

namespace quanji::net {
// ok when the peer showed none, or nobody asked to check.
base::Status check_certificate(const TlsServer::Live& tls, const Peer& peer);
}  // namespace quanji::net
