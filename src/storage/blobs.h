// Blobs: contents kept by their SHA-256, outside of any change. What comes in is staged, gets its digests, is put, and only then named by a
// change; what nobody names is swept after a day.
//
//   staging = blobs.stage(limit)      a file of its own below data_dir/tmp, gone with the object
//   staging->add(bytes) … finish()    on the disk, with its digests
//   blobs.put(*staging)               in its place with a row, durable when it returns
//   name_blob(change, sha256, …)      in the change that needs it
//
// Places: `directory`, data_dir/blobs/ab/<sha256> (also a mount that nodes share); `postgres`, chunks of 1 MiB in the database. A row says
// where its blob is, so that the place of new ones may be changed at any time.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/files.h"
#include "base/ids.h"
#include "storage/store.h"

namespace quanji::storage {

enum class BlobPlace : std::uint8_t { directory, postgres };

struct BlobFacts {
  base::Digest sha256{}, sm3{};
  std::int64_t size = 0;
  std::int64_t crc32 = 0;  // as zip archives carry it
  BlobPlace place = BlobPlace::directory;
};

// An upload under way. One thread at a time; every call may wait for the disk. Its file goes with it, unless it was put.
class Staging {
 public:
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  // too_large beyond the limit, store_unavailable when the disk is full or fails; what failed once fails always.
  Status add(std::string_view bytes);
  // The end of it: on the disk. Once.
  Result<BlobFacts> finish();
  const BlobFacts& facts() const { return facts_; }  // after finish()
  // To look into it before it is put: at most `most` bytes from `offset`.
  Result<std::string> read(std::int64_t offset, std::int64_t most) const;
  const std::string& path() const { return path_; }
  std::int64_t size() const { return size_; }

 private:
  friend class Blobs;
  Staging(std::string path, base::Descriptor file, std::int64_t limit, std::int64_t keep_free);
  Status failed(Error why);
  const std::string path_;
  base::Descriptor file_;
  const std::int64_t limit_, keep_free_;
  std::int64_t size_ = 0, next_look_ = 0;
  std::uint32_t crc_ = 0;
  base::Hasher sha256_, sm3_;
  BlobFacts facts_;
  bool finished_ = false, moved_ = false;
  std::optional<Error> failure_;
};

// A blob that can be read anywhere, by any number of readers one call at a time each. Any thread.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  // Calls `then` once, at once or on a thread of the store: between 1 and `most` bytes from `offset`, nothing at the end.
  virtual void read(std::int64_t offset, std::size_t most, std::function<void(Result<std::string>)> then) = 0;
};

struct BlobOptions {
  std::string data_dir;
  BlobPlace place = BlobPlace::directory;  // of new blobs
  std::chrono::hours unnamed{24};          // how long a blob may stand without a name
  std::int64_t keep_free = std::int64_t{64} << 20;
  std::shared_ptr<base::Clock> clock;                       // empty: the system's
  std::shared_ptr<base::Random> random;                     // of the staging files' names
  std::shared_ptr<const domain::Caller> caller;             // of its own changes
  std::function<void(std::string_view)> tests_stop_before;  // tests: told "rename", "row", "unlink" before each; may throw
};

// Any thread but the store's and io threads: every call may wait.
class Blobs {
 public:
  // Makes its folders and removes the staging files of a process that is gone.
  static Result<std::unique_ptr<Blobs>> open(Store& store, BlobOptions options);

  Result<std::unique_ptr<Staging>> stage(std::int64_t limit);
  // Only after finish(). The same content again is one blob. When it returns ok the blob is durable and stays for `unnamed` at least.
  Result<BlobFacts> put(Staging& staging);
  // stage, add, finish and put in one.
  Result<BlobFacts> keep(std::string_view bytes);

  // Reads what `facts` say (blob_facts); store_unavailable when it is not where its row says.
  Result<std::shared_ptr<BlobReader>> reader(const BlobFacts& facts);
  // All of it, at most `limit` bytes (too_large). Waits.
  Result<std::string> read_all(const BlobFacts& facts, std::int64_t limit);

  // Removes blobs without a name, and looks through one of the 256 folders for files without a row. How many blobs went.
  Result<std::int64_t> sweep(std::int64_t most = 100);

 private:
  Blobs(Store& store, BlobOptions options);
  std::string folder_of(const base::Digest& digest) const;
  std::string path_of(const base::Digest& digest) const;
  Result<base::Descriptor> lock(const base::Digest& digest) const;
  Status to_directory(Staging& staging);
  Status to_chunks(Staging& staging);
  Status write_row(const BlobFacts& facts, bool whole);
  Result<bool> there(const BlobFacts& facts) const;
  Result<bool> remove(const base::Digest& digest, BlobPlace place, base::Time before);
  Status sweep_strays(unsigned folder, base::Time before);
  void told(std::string_view step) const;

  Store& store_;
  const BlobOptions options_;
  base::Clock& clock_;
  base::UlidSource names_;
  std::atomic<unsigned> next_folder_{0};
};

// What stands at the digest; nothing when it is not there, or not whole yet.
Result<std::optional<BlobFacts>> blob_facts(const View& view, const base::Digest& sha256);
// From now on `by` (the id of a `what`: "file", "package_version") needs the blob. not_found when it is not there (any more): put it again.
Status name_blob(Change& change, const base::Digest& sha256, std::string_view what, const base::Ulid& by);
// Ok also when it was not named so. Without a name left the blob goes after a day.
Status unname_blob(Change& change, const base::Digest& sha256, std::string_view what, const base::Ulid& by);
// Digests as columns and callers have them: exactly 32 bytes; 64 hexadecimal digits.
base::Digest digest_of(Bytes column);
Result<base::Digest> digest_from_hex(std::string_view text);

}  // namespace quanji::storage
QUANJI_ENUM(quanji::storage::BlobPlace, "directory", "postgres");
