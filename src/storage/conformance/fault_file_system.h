// For tests: a SQLite file system (VFS) over the real one that counts writes, syncs and truncations and makes the n-th of them fail.
#pragma once
#include <cstdint>
#include <string>

namespace quanji::storage::conformance {

enum class DiskFault : std::uint8_t { no_space, io_error };
// Which calls count. any: all three.
enum class DiskCall : std::uint8_t { write, sync, truncate, any };
enum class Lasting : std::uint8_t { once, until_disarmed };

namespace disk {
// Registers it on first use. For StoreOptions::sqlite_vfs.
std::string name();
// The n-th counted call from now (n from 1) fails.
void arm(DiskFault fault, DiskCall call, std::int64_t n, Lasting lasting);
void disarm();
bool fired();          // since arm
std::int64_t syncs();  // all that ever succeeded in this process
}  // namespace disk

}  // namespace quanji::storage::conformance
