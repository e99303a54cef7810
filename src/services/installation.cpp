#include "services/installation.h"

#include <sys/stat.h>

#include <filesystem>

#include "storage/queries.h"

namespace quanji::services {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
namespace sql = storage::sql;

constexpr std::chrono::hours authority_life{24 * 3650};
constexpr std::chrono::hours server_life{24 * 397};
constexpr std::chrono::hours renew_before{24 * 30};
constexpr base::SecretPlace authority_place{"installation", "1", "authority_key", 1};
constexpr base::SecretPlace server_place{"installation", "1", "server_key", 1};

struct ServerCertificate {
  std::string pem;
  base::Secret key;
  base::Time until;
};
Result<ServerCertificate> make_server(const base::Authority& authority, const std::vector<std::string>& names, base::Time now,
                                      base::Random& random) {
  const auto key = base::PrivateKey::generate(base::KeyKind::ecdsa_p256, random);
  const base::Validity life{now.plus(-std::chrono::hours(1)), now.plus(server_life)};
  ServerCertificate made;
  QUANJI_TRY(made.pem, base::issue_server_certificate(authority, key.public_key(), {names.front(), "Quanji"}, names, life, random));
  made.key = key.to_pem();
  made.until = life.until;
  return made;
}

struct Found {
  bool there = false;
  std::string keyring, authority_certificate, authority_key, server_certificate, server_key;
  base::Time server_until;
};
Result<Found> find(storage::Store& store) {
  Found found;
  QUANJI_DO(store.view([&](const storage::View& view) -> Status {
    QUANJI_TRY(const auto row, view.row(sql::installation_read));
    if (!row) return {};
    found.there = true;
    found.keyring = row->text("keyring");
    found.authority_certificate = row->text("authority_certificate");
    found.authority_key = row->text("authority_key");
    found.server_certificate = row->text("server_certificate");
    found.server_key = row->text("server_key");
    found.server_until = row->time("server_until");
    return {};
  }));
  return found;
}

}  // namespace

Result<Installation> open_installation(storage::Store& store, const std::string& data_dir, base::Suite suite,
                                       const std::vector<std::string>& names, base::Clock& clock, base::Random& random) {
  const auto folder = data_dir + "/keys";
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return Error(Code::store_unavailable, base::Text("不能建立目录 " + folder, "cannot make the folder " + folder), ec.message());
  ::chmod(folder.c_str(), 0700);
  const auto root_file = folder + "/root.key";
  const bool has_root = std::filesystem::exists(root_file, ec);
  QUANJI_TRY(auto found, find(store));
  if (found.there && !has_root)
    return Error(Code::store_unavailable,
                 base::Text("数据库已有密钥环，但缺少根密钥文件 " + root_file + "；请恢复该文件后再启动",
                            "the database has a keyring but its root key file " + root_file + " is missing: restore it, then start again"));

  QUANJI_TRY(auto root, has_root ? base::load_root_key_file(root_file) : base::create_root_key_file(root_file, random));
  Installation made;
  if (found.there) {
    QUANJI_TRY(auto keyring, base::Keyring::load(std::move(root), found.keyring, random));
    made.keyring = std::make_shared<const base::Keyring>(std::move(keyring));
    made.authority.certificate_pem = found.authority_certificate;
    QUANJI_TRY(made.authority.key_pem, made.keyring->open(authority_place, found.authority_key));
    if (found.server_until.since(clock.now()) < renew_before) {
      QUANJI_TRY(auto server, make_server(made.authority, names, clock.now(), random));
      QUANJI_TRY(const auto sealed, made.keyring->seal(server_place, server.key));
      QUANJI_DO(store.change([&](storage::Change& change) -> Status {
        QUANJI_TRY(const auto rows,
                   change.run(sql::installation_renew_server,
                              {{"server_certificate", server.pem}, {"server_key", sealed}, {"server_until", server.until}}));
        return rows == 1 ? Status{} : Status{Error(Code::bug, "installation row vanished")};
      }));
      found.server_certificate = server.pem;
      made.server_key = std::move(server.key);
    } else {
      QUANJI_TRY(made.server_key, made.keyring->open(server_place, found.server_key));
    }
  } else {
    QUANJI_TRY(auto keyring, base::Keyring::create(std::move(root), suite, random));
    made.keyring = std::make_shared<const base::Keyring>(std::move(keyring));
    const auto now = clock.now();
    QUANJI_TRY(made.authority, base::make_authority({"Quanji local authority", "Quanji"},
                                                    {now.plus(-std::chrono::hours(1)), now.plus(authority_life)}, random));
    QUANJI_TRY(auto server, make_server(made.authority, names, now, random));
    QUANJI_TRY(const auto authority_sealed, made.keyring->seal(authority_place, made.authority.key_pem));
    QUANJI_TRY(const auto server_sealed, made.keyring->seal(server_place, server.key));
    const auto document = made.keyring->document();
    QUANJI_DO(store.change([&](storage::Change& change) -> Status {
      QUANJI_TRY(const auto rows, change.run(sql::installation_insert, {{"keyring", document},
                                                                        {"authority_certificate", made.authority.certificate_pem},
                                                                        {"authority_key", authority_sealed},
                                                                        {"server_certificate", server.pem},
                                                                        {"server_key", server_sealed},
                                                                        {"server_until", server.until},
                                                                        {"created_at", change.now()}}));
      return rows == 1 ? Status{} : Status{Error(Code::bug, "installation was not stored")};
    }));
    found.server_certificate = server.pem;
    made.server_key = std::move(server.key);
  }
  QUANJI_TRY(const auto facts, base::read_certificate(made.authority.certificate_pem));
  made.authority_spki = facts.spki_digest;
  made.server_chain = found.server_certificate + made.authority.certificate_pem;
  return made;
}

}  // namespace quanji::services
