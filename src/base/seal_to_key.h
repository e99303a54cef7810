// A secret sealed to somebody's public key: only the holder of the private key reads it, and only for the purpose it was sealed for.
//
// intl, P-256 (ECIES): a fresh key pair, ECDH with the receiver's, HKDF-SHA256 over the shared x (salt: fresh point ‖ receiver's point,
// info: "quanji seal-to-key 1"), AES-256-GCM with the purpose as associated data. Raw: fresh point 04‖x‖y, nonce, ciphertext with its tag.
// gm, SM2 (GB/T 32918 part 4): SM3 of the purpose in front of the plaintext, encrypted as one. Raw: 04‖C1‖C3‖C2.
// As text: "qjk1.ecies-p256.<base64url>" and "qjk1.sm2.<base64url>".
// Reads foreign bytes: fuzz/seal_to_key.cpp
#pragma once
#include <string>
#include <string_view>

#include "base/crypto.h"

namespace quanji::base {

KeyKind sealing_kind_of(Suite suite);  // ecdsa_p256, sm2

// "ecdsa-p256.<base64url of the point 04‖x‖y>" or "sm2.<…>", as a receiver names its key; invalid_field for anything else.
std::string sealing_key_text(const PublicKey& key);
Result<PublicKey> sealing_key_from_text(std::string_view text);

// `purpose` is not secret and need not be kept with the text: both sides know it ("att_…/7/portal/password"). At most 64 KiB - 32 of
// plaintext. A key of another kind is Code::bug.
Result<std::string> seal_to_key(const PublicKey& key, const Secret& plain, std::string_view purpose, Random& random);
// Code::bad_signature when it was changed, cut, made for another key or another purpose; nothing of the plaintext is given then.
Result<Secret> open_sealed_to_key(const PrivateKey& key, std::string_view text, std::string_view purpose, Random& random);

}  // namespace quanji::base
