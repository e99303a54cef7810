#include "base/keyring.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace quanji::base {
namespace {

constexpr std::string_view envelope_mark = "qj1";

// A key as the document holds it, and plain.
struct Held {
  Suite suite{};
  std::string wrapped;
  Secret plain;
};
struct Envelope {
  Cipher cipher{};
  std::string_view kek;
  Bytes wrapped_key;  // nonce and ciphertext under the key-encryption key
  Sealed content;
  std::string_view content_text;  // "<nonce>.<ciphertext>" as it stands
};

Error not_an_envelope(std::string detail) {
  return Error(Code::bad_signature, Text("密文格式不正确或不完整。", "The envelope is damaged or not whole."), std::move(detail));
}
Error damaged_document(std::string detail) {
  return Error(Code::bug, Text("密钥环文档损坏或不属于此根密钥。", "The keyring document is damaged or belongs to another root key."),
               std::move(detail));
}
Error no_such_key(std::string_view id) {
  return Error(Code::not_found, Text("密钥环中没有这把密钥。", "The keyring does not hold this key."), std::string(id.substr(0, 64)));
}

bool is_key_id(std::string_view id, std::string_view prefix) {
  if (!id.starts_with(prefix) || id.size() > prefix.size() + 9 || id.size() == prefix.size()) return false;
  id.remove_prefix(prefix.size());
  return id.front() != '0' && id.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<Envelope> parse(std::string_view text) {
  std::string_view parts[6];
  std::size_t at = 0;
  for (std::size_t n = 0; n < 6; ++n) {
    const auto end = n < 5 ? text.find('.', at) : text.size();
    if (end == std::string_view::npos) return not_an_envelope("fewer than six parts");
    parts[n] = text.substr(at, end - at);
    at = end + 1;
  }
  if (parts[0] != envelope_mark) return not_an_envelope("another format");
  if (!is_key_id(parts[2], "kek-")) return not_an_envelope("the id of the key");
  Envelope envelope;
  QUANJI_TRY(envelope.cipher, cipher_from_text(parts[1]));
  envelope.kek = parts[2];
  envelope.content.cipher = envelope.cipher;
  envelope.content_text = text.substr(static_cast<std::size_t>(parts[4].data() - text.data()));
  const auto decode = [](std::string_view part, Bytes& into) -> Status {
    auto bytes = from_base64url(part);
    if (!bytes.ok()) return not_an_envelope("not base64url");
    into = std::move(*bytes);
    return {};
  };
  QUANJI_DO(decode(parts[3], envelope.wrapped_key));
  QUANJI_DO(decode(parts[4], envelope.content.nonce));
  QUANJI_DO(decode(parts[5], envelope.content.ciphertext));
  if (envelope.wrapped_key.size() != 12 + key_size(envelope.cipher) + 16) return not_an_envelope("the size of the data key");
  if (envelope.content.nonce.size() != 12 || envelope.content.ciphertext.size() < 16) return not_an_envelope("too short");
  return envelope;
}

// Each part with its length before it, so that no two places give the same bytes.
void add_part(Bytes& out, std::string_view part) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(part.size()) >> shift));
  out.insert(out.end(), part.begin(), part.end());
}
Bytes bound_to(const SecretPlace& place, Cipher cipher) {
  Bytes out;
  add_part(out, envelope_mark);
  add_part(out, to_text(cipher));
  add_part(out, place.table);
  add_part(out, place.row);
  add_part(out, place.column);
  add_part(out, std::to_string(place.version));
  return out;
}
// Not bound to the place: rewrap() must work without knowing it.
Bytes bound_to_kek(std::string_view kek, Cipher cipher) {
  Bytes out;
  add_part(out, "qj1 data key");
  add_part(out, kek);
  add_part(out, to_text(cipher));
  return out;
}

Result<std::string> wrap_data_key(const Secret& data_key, std::string_view kek_id, const Held& kek, Cipher cipher, Random& random) {
  QUANJI_TRY(const auto sealed, seal(cipher_of(kek.suite), kek.plain, data_key.reveal_bytes(), bound_to_kek(kek_id, cipher), random));
  Bytes joined = sealed.nonce;
  joined.insert(joined.end(), sealed.ciphertext.begin(), sealed.ciphertext.end());
  return base64url(joined);
}
Result<Secret> unwrap_data_key(const Envelope& envelope, const Held& kek) {
  const auto split = envelope.wrapped_key.begin() + 12;
  const Sealed sealed{cipher_of(kek.suite), Bytes(envelope.wrapped_key.begin(), split), Bytes(split, envelope.wrapped_key.end())};
  return open(sealed, kek.plain, bound_to_kek(envelope.kek, envelope.cipher));
}

}  // namespace

struct Keyring::State {
  std::unique_ptr<RootKey> root;
  Random* random = nullptr;
  mutable std::shared_mutex mutex;
  // Guarded by mutex.
  std::map<std::string, Held, std::less<>> keks;
  std::map<std::string, Held, std::less<>> masters;
  std::string current_kek, current_master;
  std::int64_t keks_made = 0, masters_made = 0;

  Status add(std::map<std::string, Held, std::less<>>& to, const std::string& id, Suite suite, std::size_t size) {
    Held held{suite, {}, Secret::random(*random, size)};
    QUANJI_TRY(held.wrapped, root->wrap(held.plain, id, suite, *random));
    to.emplace(id, std::move(held));
    return {};
  }
  Result<std::string> add_kek(Suite suite) {
    auto id = fmt::format("kek-{}", keks_made + 1);
    QUANJI_DO(add(keks, id, suite, key_size(cipher_of(suite))));
    ++keks_made;
    current_kek = id;
    return id;
  }
  Result<std::string> add_master(Suite suite) {
    auto id = fmt::format("mac-{}", masters_made + 1);
    QUANJI_DO(add(masters, id, suite, 32));
    ++masters_made;
    current_master = id;
    return id;
  }
  Suite suite() const { return keks.find(current_kek)->second.suite; }
  PurposeKey derive(std::string_view purpose, const std::string& id, const Held& master) const {
    const auto mac = mac_of(master.suite);
    return {id, mac, hkdf(mac, master.plain, bytes_of("quanji mac key"), purpose, 32)};
  }
};

Keyring::Keyring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Keyring::Keyring(Keyring&&) noexcept = default;
Keyring& Keyring::operator=(Keyring&&) noexcept = default;
Keyring::~Keyring() = default;

Result<Keyring> Keyring::create(std::unique_ptr<RootKey> root, Suite suite, Random& random) {
  auto state = std::make_unique<State>();
  state->root = std::move(root);
  state->random = &random;
  QUANJI_DO(state->add_kek(suite));
  QUANJI_DO(state->add_master(suite));
  return Keyring(std::move(state));
}

Result<Keyring> Keyring::load(std::unique_ptr<RootKey> root, std::string_view document, Random& random) {
  auto state = std::make_unique<State>();
  state->root = std::move(root);
  state->random = &random;
  try {
    const auto parsed = boost::json::parse({document.data(), document.size()});
    const auto& top = parsed.as_object();
    const auto text = [](const boost::json::object& from, const char* name) {
      const auto& value = from.at(name).as_string();
      return std::string_view(value.data(), value.size());
    };
    if (top.at("v").as_int64() != 1) return damaged_document("another version of the format");
    if (text(top, "root") != state->root->id())
      return Error(
          Code::store_unavailable,
          Text(fmt::format("密钥环由根密钥 {} 保护，而当前根密钥是 {}：请换回原来的根密钥文件。", text(top, "root"), state->root->id()),
               fmt::format("The keyring is protected by root key {}, but the root key here is {}: put the right root key file back.",
                           text(top, "root"), state->root->id())));
    const auto take = [&](const char* name, std::string_view prefix, std::map<std::string, Held, std::less<>>& into) -> Status {
      for (const auto& item : top.at(name).as_array()) {
        const auto& object = item.as_object();
        const std::string id(text(object, "id"));
        if (!is_key_id(id, prefix)) return damaged_document("the id of a key");
        QUANJI_TRY(const auto suite, suite_from_text(text(object, "suite")));
        Held held{suite, std::string(text(object, "wrapped")), {}};
        QUANJI_TRY(held.plain, state->root->unwrap(held.wrapped, id));
        const auto right_size = prefix == "kek-" ? key_size(cipher_of(suite)) : 32;
        if (held.plain.size() != right_size || !into.emplace(id, std::move(held)).second)
          return damaged_document("a key of another size, or twice");
      }
      return {};
    };
    QUANJI_DO(take("keks", "kek-", state->keks));
    QUANJI_DO(take("macs", "mac-", state->masters));
    state->current_kek = text(top, "kek");
    state->current_master = text(top, "mac");
    state->keks_made = top.at("keksMade").as_int64();
    state->masters_made = top.at("macsMade").as_int64();
  } catch (const std::exception& e) {
    return damaged_document(e.what());
  }
  if (!state->keks.contains(state->current_kek) || !state->masters.contains(state->current_master))
    return damaged_document("no current key");
  return Keyring(std::move(state));
}

std::string Keyring::document() const {
  const std::shared_lock lock(state_->mutex);
  const auto list = [](const auto& keys) {
    boost::json::array items;
    for (const auto& [id, held] : keys) {
      const auto suite = to_text(held.suite);
      items.push_back({{"id", id}, {"suite", boost::json::string_view(suite.data(), suite.size())}, {"wrapped", held.wrapped}});
    }
    return items;
  };
  return boost::json::serialize(boost::json::object{{"v", 1},
                                                    {"root", state_->root->id()},
                                                    {"kek", state_->current_kek},
                                                    {"mac", state_->current_master},
                                                    {"keksMade", state_->keks_made},
                                                    {"macsMade", state_->masters_made},
                                                    {"keks", list(state_->keks)},
                                                    {"macs", list(state_->masters)}});
}
Suite Keyring::suite() const {
  const std::shared_lock lock(state_->mutex);
  return state_->suite();
}

Result<std::string> Keyring::seal(const SecretPlace& place, const Secret& plain) const {
  const std::shared_lock lock(state_->mutex);
  const auto& [id, kek] = *state_->keks.find(state_->current_kek);
  const auto cipher = cipher_of(kek.suite);
  const auto data_key = Secret::random(*state_->random, key_size(cipher));
  QUANJI_TRY(const auto wrapped, wrap_data_key(data_key, id, kek, cipher, *state_->random));
  QUANJI_TRY(const auto sealed, base::seal(cipher, data_key, plain.reveal_bytes(), bound_to(place, cipher), *state_->random));
  return fmt::format("{}.{}.{}.{}.{}.{}", envelope_mark, to_text(cipher), id, wrapped, base64url(sealed.nonce),
                     base64url(sealed.ciphertext));
}

Result<Secret> Keyring::open(const SecretPlace& place, std::string_view text) const {
  QUANJI_TRY(const auto envelope, parse(text));
  const std::shared_lock lock(state_->mutex);
  const auto kek = state_->keks.find(envelope.kek);
  if (kek == state_->keks.end()) return no_such_key(envelope.kek);
  QUANJI_TRY(const auto data_key, unwrap_data_key(envelope, kek->second));
  return base::open(envelope.content, data_key, bound_to(place, envelope.cipher));
}

Result<std::string> Keyring::new_kek(Suite suite) {
  const std::unique_lock lock(state_->mutex);
  return state_->add_kek(suite);
}
std::string Keyring::current_kek() const {
  const std::shared_lock lock(state_->mutex);
  return state_->current_kek;
}
std::vector<std::string> Keyring::keks() const {
  const std::shared_lock lock(state_->mutex);
  std::vector<std::string> ids;
  for (const auto& [id, held] : state_->keks) ids.push_back(id);
  return ids;
}
Result<std::string> Keyring::rewrap(std::string_view text) const {
  QUANJI_TRY(const auto envelope, parse(text));
  const std::shared_lock lock(state_->mutex);
  if (envelope.kek == state_->current_kek) return std::string(text);
  const auto old_kek = state_->keks.find(envelope.kek);
  if (old_kek == state_->keks.end()) return no_such_key(envelope.kek);
  QUANJI_TRY(const auto data_key, unwrap_data_key(envelope, old_kek->second));
  const auto& [id, kek] = *state_->keks.find(state_->current_kek);
  QUANJI_TRY(const auto wrapped, wrap_data_key(data_key, id, kek, envelope.cipher, *state_->random));
  return fmt::format("{}.{}.{}.{}.{}", envelope_mark, to_text(envelope.cipher), id, wrapped, envelope.content_text);
}
Status Keyring::drop_kek(std::string_view id) {
  const std::unique_lock lock(state_->mutex);
  if (id == state_->current_kek)
    return Error(Code::still_referenced,
                 Text("当前使用的密钥不能删除，请先轮换。", "The current key cannot be dropped: make a new one first."));
  const auto found = state_->keks.find(id);
  if (found == state_->keks.end()) return no_such_key(id);
  state_->keks.erase(found);
  return {};
}

PurposeKey Keyring::mac_key(std::string_view purpose) const {
  const std::shared_lock lock(state_->mutex);
  const auto& [id, master] = *state_->masters.find(state_->current_master);
  return state_->derive(purpose, id, master);
}
Result<PurposeKey> Keyring::mac_key(std::string_view purpose, std::string_view id) const {
  const std::shared_lock lock(state_->mutex);
  const auto master = state_->masters.find(id);
  if (master == state_->masters.end()) return no_such_key(id);
  return state_->derive(purpose, master->first, master->second);
}
Result<std::string> Keyring::new_mac_master() {
  const std::unique_lock lock(state_->mutex);
  return state_->add_master(state_->suite());
}

Result<std::string> kek_of(std::string_view envelope) {
  QUANJI_TRY(const auto parsed, parse(envelope));
  return std::string(parsed.kek);
}

}  // namespace quanji::base
