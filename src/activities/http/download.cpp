// download: into a file that appears whole. What came before a connection broke stays beside the target, with who it is from, and the
// next try asks for the rest only.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "activities/http/http.h"
#include "base/content_digest.h"
#include "base/files.h"

namespace quanji::activities::http {

using base::Descriptor;
using base::Text;
using devices::HttpHead;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Failure;
using engine::Outcome;
using flow::ErrorKind;

QUANJI_FIELDS(Download::Input, QF(url, "地址，http 或 https", "An address, http or https", .min = 1, .max = 8'192),
              QF(to, "存到哪个文件", "The file to make"),
              QF(digest, "应有的摘要：sha256:…、sm3:…、sha512:…、md5:…", "The digest there must be: sha256:…, sm3:…, sha512:…, md5:…",
                 .max = 256),
              QF(query, "地址的查询参数；列表为重复的参数", "Parameters of the address; a list repeats one", .fallback = "{}"),
              QF(headers, "请求头；值可以是凭据的机密", "Headers; a value may be a secret of a credential", .fallback = "{}"),
              QF(sign_in, "登录用的凭据名：有 username 为 Basic，否则 Bearer",
                 "Name of the credential to sign in with: Basic when it has a username, else Bearer", .min = 1, .max = 128),
              QF(certificate, "客户端证书的凭据名（certificate、private_key）",
                 "Name of a credential that holds a client certificate (certificate, private_key)", .min = 1, .max = 128),
              QF(ca, "另外信任的 CA 证书（PEM 文件）", "A file of further authorities to believe (PEM)"),
              QF(if_exists, "目标已存在时", "What if the target is there", .fallback = "\"fail\""))
QUANJI_FIELDS(Download::Output, QF(file, "下载好的文件", "The file"))

namespace {

struct Announced {
  base::ContentHash hash = base::ContentHash::sha256;
  base::Bytes digest;
};
Outcome<std::optional<Announced>> announced(const std::optional<std::string>& text) {
  if (!text) return std::optional<Announced>();
  const auto colon = text->find(':');
  const auto hash = base::content_hash_of(text->substr(0, colon == std::string::npos ? 0 : colon));
  auto digest = base::from_hex(colon == std::string::npos ? std::string_view() : std::string_view(*text).substr(colon + 1));
  if (!hash || !digest || digest->size() != base::content_digest(*hash, {}).size())
    return wrong("digest 应如 sha256:（64 位十六进制）、sm3:、sha512: 或 md5:",
                 "`digest` is like sha256:(64 hexadecimal digits), sm3:, sha512: or md5:");
  return std::optional(Announced{*hash, std::move(*digest)});
}

Failure disk_failure(std::string_view path) {
  const int error = errno;
  const auto what = error == ENOSPC || error == EDQUOT                    ? "disk_full"
                    : error == EACCES || error == EPERM || error == EROFS ? "not_permitted"
                                                                          : "io_failed";
  if (error == ENOENT || error == ENOTDIR)
    return engine::business_failure("not_found", Text(fmt::format("{} 所在的文件夹不存在：先用 file.make_folder 建立", path),
                                                      fmt::format("the folder of {} does not exist: make it with file.make_folder", path)));
  return engine::system_failure(what, Text(fmt::format("写不了 {}：{}", path, std::strerror(error)),
                                           fmt::format("{} cannot be written: {}", path, std::strerror(error))));
}

// Reads a file block by block; false when it cannot be read.
template <class With>
Outcome<bool> read_file(ActivityContext& context, const std::string& path, With&& with) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return false;
  std::array<std::uint8_t, 65536> block;
  for (;;) {
    QUANJI_DO(context.go_on());
    const auto got = ::read(file.get(), block.data(), block.size());
    if (got < 0) return false;
    if (got == 0) return true;
    with(std::span<const std::uint8_t>(block.data(), static_cast<std::size_t>(got)));
  }
}
Outcome<base::Bytes> digest_of(ActivityContext& context, const std::string& path, base::ContentHash hash) {
  base::ContentHasher hasher(hash);
  QUANJI_TRY(const bool read, read_file(context, path, [&](auto block) { hasher.add(block); }));
  return read ? hasher.finish() : base::Bytes();
}
bool is_there(const std::string& path) {
  struct stat there {};
  return ::lstat(path.c_str(), &there) == 0;
}

// What has come so far: ".NAME.part", and in ".NAME.part.from" the address and the version (ETag or date) it is of.
class Partial {
 public:
  Partial(std::string target, std::string url) : target_(std::move(target)), url_(std::move(url)) {
    const auto slash = target_.rfind('/');
    path_ = fmt::format("{}/.{}.part", target_.substr(0, slash), target_.substr(slash + 1));
    from_ = path_ + ".from";
  }
  const std::string& path() const { return path_; }

  Outcome<void> open() {
    file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (file_.get() < 0) return disk_failure(target_);
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
      return engine::system_failure(
          "file_busy", Text(fmt::format("另一个步骤正在下载 {}", target_), fmt::format("another step is downloading {}", target_)));
    return {};
  }
  // How much of this address's file is there, and the version it is of; 0 when nothing can be used.
  std::uint64_t resumable() {
    version_.clear();
    const Descriptor from(::open(from_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat there {};
    if (from.get() < 0 || ::fstat(file_.get(), &there) != 0 || there.st_size <= 0) return 0;
    const auto text = base::read_whole(from.get(), 16'384);
    if (!text) return 0;
    const auto line = text->find('\n');
    if (line == std::string::npos || text->substr(0, line) != url_) return 0;
    version_ = text->substr(line + 1);
    return version_.empty() ? 0 : static_cast<std::uint64_t>(there.st_size);
  }
  const std::string& version() const { return version_; }
  Outcome<void> start_anew(const HttpHead& head) {
    version_.clear();
    if (const auto* tag = head.find("etag"); tag && !tag->starts_with("W/"))
      version_ = *tag;
    else if (const auto* date = head.find("last-modified"))
      version_ = *date;
    ::unlink(from_.c_str());
    if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) < 0) return disk_failure(target_);
    if (version_.empty()) return {};
    // Of an address that may hold what is not for others: readable by this user alone.
    const Descriptor from(::open(from_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    const auto text = url_ + "\n" + version_;
    if (from.get() < 0 || ::write(from.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) version_.clear();
    return {};
  }
  Outcome<void> go_on_at_end() {
    if (::lseek(file_.get(), 0, SEEK_END) < 0) return disk_failure(target_);
    return {};
  }
  Outcome<void> write(std::string_view piece) {
    while (!piece.empty()) {
      const auto done = ::write(file_.get(), piece.data(), piece.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return disk_failure(target_);
      piece.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }
  Outcome<void> sync() {
    if (::fsync(file_.get()) != 0) return disk_failure(target_);
    return {};
  }
  void forget() {
    ::unlink(path_.c_str());
    ::unlink(from_.c_str());
  }
  // Only what can be told apart from a newer version is worth keeping.
  void keep_if_useful() {
    if (resumable() == 0) forget();
  }
  Outcome<void> place(ActivityContext& context, IfTargetExists if_exists) {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), if_exists == IfTargetExists::replace ? 0 : RENAME_NOREPLACE) != 0) {
      if (errno != EEXIST) {
        auto failure = disk_failure(target_);
        forget();
        return failure;
      }
      QUANJI_TRY(const auto ours, digest_of(context, path_, base::ContentHash::sha256));
      QUANJI_TRY(const auto theirs, digest_of(context, target_, base::ContentHash::sha256));
      forget();
      if (ours != theirs)
        return engine::business_failure(
            "file_exists", Text(fmt::format("{} 已存在，内容不同：改 to，或写 if_exists: replace 或 skip", target_),
                                fmt::format("{} is there with other content: say another `to`, or if_exists: replace or skip", target_)));
      return {};
    }
    ::unlink(from_.c_str());
    QUANJI_DO(base::sync_folder(base::folder_of(target_)));
    return {};
  }

 private:
  std::string target_, url_, path_, from_, version_;
  Descriptor file_;
};

Statuses successes() { return *Statuses::of({values::Value::of(std::string("200-299"))}); }

// One request for the whole or the rest. True: everything is there. False: what was there is of no use any more, ask for the whole.
Outcome<bool> fetch(ActivityContext& context, devices::HttpRequest& request, Partial& partial) {
  const auto accept = successes();
  const auto before = partial.resumable();
  const auto headers = request.headers.size();
  if (before > 0) {
    request.headers.push_back({"Range", fmt::format("bytes={}-", before), {}});
    request.headers.push_back({"If-Range", partial.version(), {}});
  }
  bool begun = false;
  std::string refusal;
  const auto begin = [&](const HttpHead& head) -> Outcome<void> {
    begun = true;
    if (head.status != 206) return partial.start_anew(head);
    const auto* said = head.find("content-range");
    const auto range = devices::parse_content_range(said ? std::string_view(*said) : std::string_view());
    if (before > 0 && range && range->first == before) return partial.go_on_at_end();
    return engine::system_failure("connection_failed",
                                  Text(fmt::format("{}：对方回答了另一段内容，下载不能接上", devices::http_origin(head.url)),
                                       fmt::format("{}: it answered another part than was asked for", devices::http_origin(head.url))));
  };
  auto head = exchange(context, request, accept, [&](const HttpHead& so_far, std::string_view piece, std::optional<Failure>& why) {
    if (!accept.holds(so_far.status)) {
      refusal.append(piece.substr(0, 65'536 - std::min<std::size_t>(refusal.size(), 65'536)));
      return true;
    }
    auto done = begun ? Outcome<void>() : begin(so_far);
    if (done) done = partial.write(piece);
    if (!done) why = std::move(done).error();
    return done.ok();
  });
  request.headers.erase(request.headers.begin() + static_cast<std::ptrdiff_t>(headers), request.headers.end());
  if (!head) return std::move(head).error();
  if (head->status == 416 && before > 0) return false;
  if (!accept.holds(head->status)) return status_failure(*head, refusal, accept);
  if (!begun) QUANJI_DO(begin(*head));
  return true;
}

}  // namespace

ActivityInfo Download::info() {
  ActivityInfo info;
  info.id = "http.download";
  info.title = {"下载文件", "Download a file"};
  info.sentence = {"下载到文件，先写临时名，完整后才出现；可核摘要，断开后再试时续传。",
                   "Downloads into a file that appears once it is whole; checks a digest, and goes on where an earlier try broke off."};
  info.effect = flow::Effect::repeatable;
  info.capabilities = {"network"};
  info.names = {{"sign_in", flow::Names::credential}, {"certificate", flow::Names::credential}};
  info.errors = network_errors();
  info.errors.insert(info.errors.end(),
                     {{"digest_mismatch",
                       ErrorKind::system,
                       {"内容与 digest 不符，文件没有留下：重试，或向对方核对摘要",
                        "the content is not what `digest` says and was thrown away: try again, or ask for the right digest"}},
                      {"file_exists",
                       ErrorKind::business,
                       {"目标已有别的内容：改 to 或 if_exists", "the target is there with other content: say another `to` or if_exists"}},
                      {"file_busy",
                       ErrorKind::system,
                       {"另一个步骤正在下载同一个文件：等它结束", "another step is downloading the same file: wait for it"}},
                      {"disk_full", ErrorKind::system, {"磁盘满了：清理后重试", "the disk is full: make room and try again"}},
                      {"io_failed", ErrorKind::system, {"写文件时系统报错，见消息", "the system refused to write; the message says why"}}});
  info.examples = {{{"下载并核对摘要", "Downloaded, its digest checked"},
                    R"(- do: http.download
  with:
    url: =f"{server}/file/abc"
    to: abc.txt
    digest: sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0
  save: file
- do: process.run
  with:
    program: cat
    arguments: [abc.txt]
  save: {text: output}
- return: {text: =text}
)",
                    R"({"text":"abc"})"}};
  return info;
}
Outcome<Download::Output> Download::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto wanted, announced(input.digest));
  const auto target = context.path_of(input.to.path);
  const Output made{values::FileRef{target, {}}};
  if (is_there(target)) {
    struct stat there {};
    if (::stat(target.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
      return engine::business_failure("file_exists", Text(fmt::format("{} 不是文件", target), fmt::format("{} is no file", target)));
    if (input.if_exists == IfTargetExists::skip) return made;
    if (wanted) {
      QUANJI_TRY(const auto digest, digest_of(context, target, wanted->hash));
      if (digest == wanted->digest) return made;  // it is what would be downloaded
    }
  }
  QUANJI_TRY(auto request, request_of(context, {input.url, input.query, input.headers, input.sign_in, input.certificate, input.ca}));
  request.as_it_is = true;
  Partial partial(target, request.url);
  QUANJI_DO(partial.open());
  auto whole = fetch(context, request, partial);
  if (whole && !*whole) {
    partial.forget();
    QUANJI_DO(partial.open());
    whole = fetch(context, request, partial);
  }
  if (!whole) {
    partial.keep_if_useful();
    return std::move(whole).error();
  }
  QUANJI_DO(partial.sync());
  if (wanted) {
    QUANJI_TRY(const auto digest, digest_of(context, partial.path(), wanted->hash));
    if (digest != wanted->digest) {
      partial.forget();
      return engine::system_failure("digest_mismatch",
                                    Text(fmt::format("{} 的内容与 digest 不符：应为 {}，实为 {}", devices::http_origin(input.url),
                                                     base::hex(wanted->digest), base::hex(digest)),
                                         fmt::format("the content of {} is not what `digest` says: {} was wanted, {} came",
                                                     devices::http_origin(input.url), base::hex(wanted->digest), base::hex(digest))));
    }
  }
  QUANJI_DO(partial.place(context, input.if_exists));
  return made;
}

}  // namespace quanji::activities::http
