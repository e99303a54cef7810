#include "storage/blobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "storage/blob_disk.h"
#include "storage/queries.h"

namespace quanji::storage {
namespace {

using base::Code;
using base::Text;
using detail::disk_failed;
using detail::make_folder;
using detail::read_at;
using detail::remove_left_over;
using detail::staging_prefix;
using detail::write_whole;

constexpr std::int64_t chunk_bytes = 1 << 20;
constexpr std::size_t copy_bytes = 256 * 1024;

bool is_digest_name(std::string_view name) { return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == name.npos; }

class FileReader final : public BlobReader {
 public:
  FileReader(base::Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  void read(std::int64_t offset, std::size_t most, std::function<void(Result<std::string>)> then) override {
    then(read_at(file_.get(), offset, most, path_));
  }

 private:
  const base::Descriptor file_;
  const std::string path_;
};

class ChunkReader final : public BlobReader {
 public:
  ChunkReader(Store& store, const BlobFacts& facts, std::shared_ptr<const domain::Caller> caller)
      : store_(store), facts_(facts), caller_(std::move(caller)) {}
  void read(std::int64_t offset, std::size_t most, std::function<void(Result<std::string>)> then) override {
    if (offset >= facts_.size) return then(std::string());
    ViewJob job;
    job.caller = caller_;
    auto piece = std::make_shared<std::string>();
    job.body = [piece, offset, most, digest = facts_.sha256](const View& view) -> Status {
      QUANJI_TRY(const auto row, view.row(sql::blob_chunk, {{"digest", Bytes(digest)}, {"number", offset / chunk_bytes}}));
      const auto from = static_cast<std::size_t>(offset % chunk_bytes);
      if (!row || row->bytes("bytes").size() <= from) return detail::blob_gone();
      *piece = base::text_of(row->bytes("bytes")).substr(from, most);
      return {};
    };
    job.done = [piece, then = std::move(then)](Status done) {
      if (!done) return then(std::move(done).error());
      then(std::move(*piece));
    };
    store_.submit(std::move(job));
  }

 private:
  Store& store_;
  const BlobFacts facts_;
  const std::shared_ptr<const domain::Caller> caller_;
};

}  // namespace

base::Digest digest_of(Bytes column) {
  base::Digest digest{};
  if (column.size() != digest.size()) throw std::logic_error("a digest column that is not 32 bytes");
  std::copy(column.begin(), column.end(), digest.begin());
  return digest;
}
Result<base::Digest> digest_from_hex(std::string_view text) {
  const auto bytes = base::from_hex(text);
  if (!bytes || bytes->size() != 32) return Error(Code::invalid_field, Text("摘要应为 64 位十六进制", "a digest is 64 hexadecimal digits"));
  return digest_of(*bytes);
}

Blobs::Blobs(Store& store, BlobOptions options)
    : store_(store), options_(std::move(options)), clock_(*options_.clock), names_(*options_.clock, *options_.random) {}

Result<std::unique_ptr<Blobs>> Blobs::open(Store& store, BlobOptions options) {
  if (!options.clock) options.clock = std::make_shared<base::SystemClock>();
  if (!options.random) options.random = std::make_shared<base::SystemRandom>();
  for (const auto* folder : {"/tmp", "/blobs"}) QUANJI_DO(make_folder(options.data_dir + folder));
  for (unsigned i = 0; i < 256; ++i) QUANJI_DO(make_folder(fmt::format("{}/blobs/{:02x}", options.data_dir, i)));
  QUANJI_DO(base::sync_folder(options.data_dir + "/blobs"));
  QUANJI_DO(base::sync_folder(options.data_dir));
  QUANJI_DO(remove_left_over(options.data_dir + "/tmp"));
  return std::unique_ptr<Blobs>(new Blobs(store, std::move(options)));
}

void Blobs::told(std::string_view step) const {
  if (options_.tests_stop_before) options_.tests_stop_before(step);
}
std::string Blobs::folder_of(const base::Digest& digest) const { return fmt::format("{}/blobs/{:02x}", options_.data_dir, digest[0]); }
std::string Blobs::path_of(const base::Digest& digest) const { return folder_of(digest) + "/" + base::hex(digest); }

Result<std::unique_ptr<Staging>> Blobs::stage(std::int64_t limit) {
  auto path = fmt::format("{}/tmp/{}{}", options_.data_dir, staging_prefix, base::to_text(names_.next()));
  base::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return disk_failed("make", path);
  ::flock(file.get(), LOCK_EX | LOCK_NB);
  return std::unique_ptr<Staging>(new Staging(std::move(path), std::move(file), limit, options_.keep_free));
}

// Held while a file and its row come or go together, by whatever thread or process: who puts a content does not meet who removes it.
Result<base::Descriptor> Blobs::lock(const base::Digest& digest) const {
  const auto path = folder_of(digest) + "/lock";
  base::Descriptor held(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (held.get() < 0) return disk_failed("open", path);
  while (::flock(held.get(), LOCK_EX) != 0)
    if (errno != EINTR) return disk_failed("lock", path);
  return held;
}

Result<bool> Blobs::there(const BlobFacts& facts) const {
  if (facts.place == BlobPlace::postgres) return true;  // its chunks go only together with its row
  struct stat found {};
  return ::lstat(path_of(facts.sha256).c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_size == facts.size;
}

Status Blobs::write_row(const BlobFacts& facts, bool whole) {
  return store_.change(
      [&](Change& change) -> Status {
        QUANJI_DO(change.run(sql::blob_put, {{"digest", Bytes(facts.sha256)},
                                             {"sm3", Bytes(facts.sm3)},
                                             {"size", facts.size},
                                             {"crc32", facts.crc32},
                                             {"place", facts.place},
                                             {"whole", whole},
                                             {"now", change.now()}}));
        return {};
      },
      options_.caller);
}

Status Blobs::to_directory(Staging& staging) {
  const auto to = path_of(staging.facts_.sha256);
  told("rename");
  if (::rename(staging.path_.c_str(), to.c_str()) != 0) {
    if (errno != EXDEV) return disk_failed("move to its place", to);
    // The blobs are a mount of their own: a copy beside the place, then the same step.
    const auto beside = folder_of(staging.facts_.sha256) + "/" + std::string(staging_prefix) + base::to_text(names_.next());
    base::Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return disk_failed("make", beside);
    const auto copied = [&]() -> Status {
      for (std::int64_t at = 0; at < staging.size_;) {
        QUANJI_TRY(const auto piece, read_at(staging.file_.get(), at, copy_bytes, staging.path_));
        if (piece.empty()) return detail::blob_gone();
        QUANJI_DO(write_whole(file.get(), piece, beside));
        at += static_cast<std::int64_t>(piece.size());
      }
      if (::fdatasync(file.get()) != 0) return disk_failed("sync", beside);
      if (::rename(beside.c_str(), to.c_str()) != 0) return disk_failed("move to its place", to);
      return {};
    }();
    if (!copied) ::unlink(beside.c_str());
    QUANJI_DO(copied.ok() ? Status{} : Status{copied.error().clone()});
  } else {
    staging.moved_ = true;
  }
  return base::sync_folder(folder_of(staging.facts_.sha256));
}

Status Blobs::to_chunks(Staging& staging) {
  auto facts = staging.facts_;
  facts.place = BlobPlace::postgres;
  QUANJI_DO(write_row(facts, false));
  for (std::int64_t number = 0; number * chunk_bytes < facts.size; ++number) {
    std::string chunk;
    while (static_cast<std::int64_t>(chunk.size()) < std::min(chunk_bytes, facts.size - number * chunk_bytes)) {
      const auto at = number * chunk_bytes + static_cast<std::int64_t>(chunk.size());
      QUANJI_TRY(const auto piece,
                 read_at(staging.file_.get(), at, static_cast<std::size_t>((number + 1) * chunk_bytes - at), staging.path_));
      if (piece.empty()) return detail::blob_gone();
      chunk += piece;
    }
    told("chunk");
    QUANJI_DO(store_.change(
        [&](Change& change) -> Status {
          QUANJI_DO(
              change.run(sql::blob_chunk_put, {{"digest", Bytes(facts.sha256)}, {"number", number}, {"bytes", base::bytes_of(chunk)}}));
          return {};
        },
        options_.caller));
  }
  return {};
}

Result<BlobFacts> Blobs::put(Staging& staging) {
  if (!staging.finished_) return Error(Code::bug, "a staging file is put before it is finished");
  auto facts = staging.facts_;
  QUANJI_TRY(const auto held, lock(facts.sha256));
  std::optional<BlobFacts> known;
  bool touched = false;
  QUANJI_DO(store_.change(
      [&](Change& change) -> Status {
        QUANJI_TRY(known, blob_facts(change, facts.sha256));
        touched = false;
        if (!known) return {};
        QUANJI_TRY(const auto rows, change.run(sql::blob_touch, {{"digest", Bytes(facts.sha256)}, {"now", change.now()}}));
        touched = rows == 1;
        return {};
      },
      options_.caller));
  if (known && touched) {
    QUANJI_TRY(const bool found, there(*known));
    if (found) return *known;
  }
  facts.place = options_.place;
  QUANJI_DO(facts.place == BlobPlace::directory ? to_directory(staging) : to_chunks(staging));
  told("row");
  QUANJI_DO(write_row(facts, true));
  return facts;
}

Result<BlobFacts> Blobs::keep(std::string_view bytes) {
  QUANJI_TRY(const auto staging, stage(static_cast<std::int64_t>(bytes.size())));
  QUANJI_DO(staging->add(bytes));
  QUANJI_DO(staging->finish());
  return put(*staging);
}

Result<std::shared_ptr<BlobReader>> Blobs::reader(const BlobFacts& facts) {
  if (facts.place == BlobPlace::postgres) return std::shared_ptr<BlobReader>(std::make_shared<ChunkReader>(store_, facts, options_.caller));
  auto path = path_of(facts.sha256);
  base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat found {};
  if (file.get() < 0 || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_size != facts.size)
    return detail::blob_gone();
  return std::shared_ptr<BlobReader>(std::make_shared<FileReader>(std::move(file), std::move(path)));
}

Result<std::string> Blobs::read_all(const BlobFacts& facts, std::int64_t limit) {
  if (facts.size > limit)
    return Error(Code::too_large, Text(fmt::format("文件超过上限 {} 字节", limit), fmt::format("the file is larger than {} bytes", limit)));
  std::string out;
  if (facts.place == BlobPlace::directory) {
    QUANJI_TRY(const auto from, reader(facts));
    out.reserve(static_cast<std::size_t>(facts.size));
    while (static_cast<std::int64_t>(out.size()) < facts.size) {
      std::optional<Result<std::string>> piece;
      from->read(static_cast<std::int64_t>(out.size()), copy_bytes, [&](Result<std::string> read) { piece.emplace(std::move(read)); });
      if (!*piece) return std::move(*piece).error();
      if ((*piece)->empty()) return detail::blob_gone();
      out += **piece;
    }
    return out;
  }
  QUANJI_DO(store_.view(
      [&](const View& view) -> Status {
        out.clear();
        for (std::int64_t number = 0; number * chunk_bytes < facts.size; ++number) {
          QUANJI_TRY(const auto row, view.row(sql::blob_chunk, {{"digest", Bytes(facts.sha256)}, {"number", number}}));
          if (!row) return detail::blob_gone();
          out += base::text_of(row->bytes("bytes"));
        }
        return {};
      },
      options_.caller));
  if (static_cast<std::int64_t>(out.size()) != facts.size) return detail::blob_gone();
  return out;
}

// The row goes first: a file without a row is a stray that the next sweep finds, a row without its file would be a broken promise.
Result<bool> Blobs::remove(const base::Digest& digest, BlobPlace place, base::Time before) {
  QUANJI_TRY(const auto held, lock(digest));
  bool went = false;
  QUANJI_DO(store_.change(
      [&](Change& change) -> Status {
        QUANJI_TRY(const auto rows, change.run(sql::blob_delete, {{"digest", Bytes(digest)}, {"before", before}}));
        went = rows == 1;
        if (went && place == BlobPlace::postgres) QUANJI_DO(change.run(sql::blob_chunks_delete, {{"digest", Bytes(digest)}}));
        return {};
      },
      options_.caller));
  if (!went || place == BlobPlace::postgres) return went;
  told("unlink");
  const auto path = path_of(digest);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_failed("remove", path);
  return true;
}

Result<std::int64_t> Blobs::sweep(std::int64_t most) {
  const auto before = clock_.now().plus(-options_.unnamed);
  std::vector<std::pair<base::Digest, BlobPlace>> old;
  QUANJI_DO(store_.view(
      [&](const View& view) -> Status {
        old.clear();
        QUANJI_TRY(const auto rows, view.rows(sql::blobs_unnamed, {{"before", before}, {"limit", most}}));
        for (const auto row : rows)
          old.emplace_back(digest_of(row.bytes("digest")),
                           row.text("place") == base::word(BlobPlace::postgres) ? BlobPlace::postgres : BlobPlace::directory);
        return {};
      },
      options_.caller));
  std::int64_t gone_now = 0;
  for (const auto& [digest, place] : old) {
    QUANJI_TRY(const bool went, remove(digest, place, before));
    gone_now += went ? 1 : 0;
  }
  QUANJI_DO(sweep_strays(next_folder_++ % 256, before));
  return gone_now;
}

// Files that a process left between a rename and its row, or between a row and its unlink.
Status Blobs::sweep_strays(unsigned number, base::Time before) {
  const auto folder = fmt::format("{}/blobs/{:02x}", options_.data_dir, number);
  DIR* const open = ::opendir(folder.c_str());
  if (!open) return disk_failed("open", folder);
  std::vector<std::string> aged;
  while (const auto* entry = ::readdir(open)) {
    const std::string_view name = entry->d_name;
    if (!is_digest_name(name) && !name.starts_with(staging_prefix)) continue;
    struct stat found {};
    if (::fstatat(::dirfd(open), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
        std::int64_t{found.st_mtime} * 1'000'000 < before.micros)
      aged.emplace_back(name);
  }
  ::closedir(open);
  for (const auto& name : aged) {
    const auto path = folder + "/" + name;
    if (!is_digest_name(name)) {
      ::unlink(path.c_str());
      continue;
    }
    QUANJI_TRY(const auto digest, digest_from_hex(name));
    QUANJI_TRY(const auto held, lock(digest));
    bool registered = true;
    QUANJI_DO(store_.view(
        [&](const View& view) -> Status {
          QUANJI_TRY(const auto row, view.row(sql::blob_by_digest, {{"digest", Bytes(digest)}}));
          registered = row && row->text("place") == base::word(BlobPlace::directory);
          return {};
        },
        options_.caller));
    if (!registered && ::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_failed("remove", path);
  }
  return {};
}

Result<std::optional<BlobFacts>> blob_facts(const View& view, const base::Digest& sha256) {
  QUANJI_TRY(const auto row, view.row(sql::blob_by_digest, {{"digest", Bytes(sha256)}}));
  if (!row || !row->truth("whole")) return std::optional<BlobFacts>{};
  BlobFacts facts;
  facts.sha256 = sha256;
  facts.sm3 = digest_of(row->bytes("sm3"));
  facts.size = row->integer("size");
  facts.crc32 = row->integer("crc32");
  facts.place = row->text("place") == base::word(BlobPlace::postgres) ? BlobPlace::postgres : BlobPlace::directory;
  return std::optional<BlobFacts>(facts);
}

Status name_blob(Change& change, const base::Digest& sha256, std::string_view what, const base::Ulid& by) {
  QUANJI_TRY(const auto facts, blob_facts(change, sha256));
  if (!facts) return Error(Code::not_found, Text("没有这一内容，请重新上传", "there is no such content: upload it again"));
  QUANJI_DO(change.run(sql::blob_name, {{"digest", Bytes(sha256)}, {"what", what}, {"id", by}}));
  QUANJI_DO(change.run(sql::blob_is_named, {{"digest", Bytes(sha256)}}));
  return {};
}
Status unname_blob(Change& change, const base::Digest& sha256, std::string_view what, const base::Ulid& by) {
  QUANJI_DO(change.run(sql::blob_unname, {{"digest", Bytes(sha256)}, {"what", what}, {"id", by}}));
  QUANJI_DO(change.run(sql::blob_unnamed, {{"digest", Bytes(sha256)}, {"now", change.now()}}));
  return {};
}

}  // namespace quanji::storage
