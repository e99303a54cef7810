#include "storage/conformance/fault_file_system.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>

namespace quanji::storage::conformance::disk {
namespace {

std::atomic<bool> armed{false}, has_fired{false};
std::atomic<int> fault_kind{0}, call_kind{0}, lasting_kind{0};
std::atomic<std::int64_t> left{0}, synced{0};

bool strikes(DiskCall call) {
  if (!armed) return false;
  const auto wanted = static_cast<DiskCall>(call_kind.load());
  if (wanted != DiskCall::any && wanted != call) return false;
  const auto n = --left;
  if (n > 0 || (n < 0 && static_cast<Lasting>(lasting_kind.load()) == Lasting::once)) return false;
  has_fired = true;
  return true;
}
bool no_space() { return static_cast<DiskFault>(fault_kind.load()) == DiskFault::no_space; }

struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
sqlite3_file* real(sqlite3_file* f) { return reinterpret_cast<File*>(f)->real(); }
const sqlite3_io_methods* methods(sqlite3_file* f) { return real(f)->pMethods; }
sqlite3_vfs* under() { return sqlite3_vfs_find(nullptr); }

int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (!strikes(DiskCall::write)) return methods(f)->xWrite(real(f), from, size, at);
  // A disk that fails may have taken half of it.
  methods(f)->xWrite(real(f), from, size / 2, at);
  return no_space() ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}
int sync(sqlite3_file* f, int flags) {
  if (strikes(DiskCall::sync)) return SQLITE_IOERR_FSYNC;
  const int code = methods(f)->xSync(real(f), flags);
  if (code == SQLITE_OK) ++synced;
  return code;
}
int truncate(sqlite3_file* f, sqlite3_int64 size) {
  if (strikes(DiskCall::truncate)) return no_space() ? SQLITE_FULL : SQLITE_IOERR_TRUNCATE;
  return methods(f)->xTruncate(real(f), size);
}

const sqlite3_io_methods io = {
    2,
    [](sqlite3_file* f) { return methods(f) ? methods(f)->xClose(real(f)) : SQLITE_OK; },
    [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) { return methods(f)->xRead(real(f), to, size, at); },
    write,
    truncate,
    sync,
    [](sqlite3_file* f, sqlite3_int64* size) { return methods(f)->xFileSize(real(f), size); },
    [](sqlite3_file* f, int level) { return methods(f)->xLock(real(f), level); },
    [](sqlite3_file* f, int level) { return methods(f)->xUnlock(real(f), level); },
    [](sqlite3_file* f, int* held) { return methods(f)->xCheckReservedLock(real(f), held); },
    [](sqlite3_file* f, int op, void* arg) { return methods(f)->xFileControl(real(f), op, arg); },
    [](sqlite3_file* f) { return methods(f)->xSectorSize(real(f)); },
    [](sqlite3_file* f) { return methods(f)->xDeviceCharacteristics(real(f)); },
    [](sqlite3_file* f, int page, int size, int extend, void volatile** to) {
      return methods(f)->xShmMap(real(f), page, size, extend, to);
    },
    [](sqlite3_file* f, int offset, int n, int flags) { return methods(f)->xShmLock(real(f), offset, n, flags); },
    [](sqlite3_file* f) { methods(f)->xShmBarrier(real(f)); },
    [](sqlite3_file* f, int remove) { return methods(f)->xShmUnmap(real(f), remove); },
    nullptr,
    nullptr,
};

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* f, int flags, int* out) {
  auto* file = reinterpret_cast<File*>(f);
  std::memset(file->real(), 0, static_cast<std::size_t>(under()->szOsFile));
  const int code = under()->xOpen(under(), name, file->real(), flags, out);
  file->base.pMethods = code == SQLITE_OK ? &io : nullptr;
  return code;
}

}  // namespace

std::string name() {
  static sqlite3_vfs* const made = [] {
    static sqlite3_vfs vfs;
    vfs = *under();
    vfs.iVersion = 2;
    vfs.pNext = nullptr;
    vfs.zName = "quanji-faults";
    vfs.szOsFile = static_cast<int>(sizeof(File)) + under()->szOsFile;
    vfs.xOpen = open;
    vfs.pAppData = nullptr;
    // The real one finds its functions through its own data.
    vfs.xDelete = [](sqlite3_vfs*, const char* n, int sync_folder) { return under()->xDelete(under(), n, sync_folder); };
    vfs.xAccess = [](sqlite3_vfs*, const char* n, int flags, int* out) { return under()->xAccess(under(), n, flags, out); };
    vfs.xFullPathname = [](sqlite3_vfs*, const char* n, int size, char* out) { return under()->xFullPathname(under(), n, size, out); };
    sqlite3_vfs_register(&vfs, 0);
    return &vfs;
  }();
  return made->zName;
}
void arm(DiskFault fault, DiskCall call, std::int64_t n, Lasting lasting) {
  armed = false;
  fault_kind = static_cast<int>(fault);
  call_kind = static_cast<int>(call);
  lasting_kind = static_cast<int>(lasting);
  left = n;
  has_fired = false;
  armed = true;
}
void disarm() { armed = false; }
bool fired() { return has_fired; }
std::int64_t syncs() { return synced; }

}  // namespace quanji::storage::conformance::disk
