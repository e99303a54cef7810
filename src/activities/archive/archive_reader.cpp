#include "activities/archive/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>

#include "activities/failures.h"
#include "flow/package_archive_names.h"

namespace quanji::activities::archive {

using engine::Failure;
using engine::Outcome;

struct NameLocale::State {
  ::locale_t made = nullptr, before = nullptr;
};
NameLocale::NameLocale(Names names) : state_(std::make_unique<State>()) {
  state_->made = ::newlocale(LC_ALL_MASK, names == Names::utf8 ? "C.UTF-8" : "C", nullptr);
  if (state_->made != nullptr) state_->before = ::uselocale(state_->made);
}
NameLocale::~NameLocale() {
  if (state_->made == nullptr) return;
  ::uselocale(state_->before);
  ::freelocale(state_->made);
}

void Reader::Close::operator()(struct ::archive* reading) const { ::archive_read_free(reading); }

namespace {

struct ::archive* new_reading() {
  auto* reading = ::archive_read_new();
  if (reading == nullptr) throw std::bad_alloc();
  ::archive_read_support_format_zip_seekable(reading);
  return reading;
}

Outcome<std::string> decoded(std::string_view bytes, std::optional<base::Charset> names, const std::string& shown) {
  auto charset = names.value_or(base::is_utf8(bytes) ? base::Charset::utf8 : base::Charset::gb18030);
  auto text = base::to_utf8(charset, bytes);
  if (text) return std::move(*text);
  const auto quoted = flow::printable_name(bytes);
  return failure(
      "bad_encoding",
      {fmt::format("压缩包 {} 里的文件名 {} 不是 {}；换一个 encoding（utf-8、gbk、gb18030、auto）", shown, quoted, base::to_text(charset)),
       fmt::format("the name {1} in the archive {0} is not {2}; say another encoding (utf-8, gbk, gb18030, auto)", shown, quoted,
                   base::to_text(charset))});
}

Failure unsafe(std::string_view shown, std::string_view path, const std::string& zh, const std::string& en) {
  const auto quoted = flow::printable_name(path);
  return failure(
      "unsafe_archive",
      {fmt::format("压缩包 {} 的条目 {} 不安全：{}；整包拒绝，什么也没有写。请让对方重新打包", shown, quoted, zh),
       fmt::format("{1} in the archive {0} is not safe: {2}; it is refused whole and nothing was written. Ask for it to be packed "
                   "again",
                   shown, quoted, en)});
}

}  // namespace

Outcome<Reader> Reader::of(std::string_view bytes, std::string shown, std::optional<base::Charset> names, const base::Secret* password) {
  Reader reader(std::move(shown), names);
  const NameLocale locale(NameLocale::Names::utf8);
  reader.reading_.reset(new_reading());
  QUANJI_DO(reader.begin(password));
  if (::archive_read_open_memory(reader.reading_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return reader.broken();
  return reader;
}
Outcome<Reader> Reader::of(base::Descriptor file, std::string shown, std::optional<base::Charset> names, const base::Secret* password) {
  Reader reader(std::move(shown), names);
  const NameLocale locale(NameLocale::Names::utf8);
  reader.file_ = std::move(file);
  reader.reading_.reset(new_reading());
  QUANJI_DO(reader.begin(password));
  if (::archive_read_open_fd(reader.reading_.get(), reader.file_.get(), std::size_t{1} << 18) != ARCHIVE_OK) return reader.broken();
  return reader;
}
Outcome<void> Reader::begin(const base::Secret* password) {
  if (password == nullptr) return {};
  // libarchive keeps passwords as C strings.
  std::string plain(password->reveal());
  const bool taken =
      !plain.empty() && plain.find('\0') == std::string::npos && ::archive_read_add_passphrase(reading_.get(), plain.c_str()) == ARCHIVE_OK;
  base::wipe(plain);
  if (taken) return {};
  return failure("wrong_password",
                 {"压缩包的口令不能为空，也不能含零字节", "an archive's password cannot be empty and cannot hold a zero byte"});
}
Failure Reader::broken() const {
  const char* why = ::archive_error_string(reading_.get());
  const auto said = base::repair_utf8(base::utf8_beginning(why == nullptr ? "" : why, 200));
  if (said.find("assphrase") != std::string::npos || said.find("ncrypt") != std::string::npos)
    return failure("wrong_password",
                   {fmt::format("压缩包 {} 的 {} 打不开：需要口令，或口令不对", shown_, member_),
                    fmt::format("{1} in the archive {0} does not open: it needs a password, or another one", shown_, member_)});
  const std::string at_zh = member_.empty() ? "" : " 的 " + member_, at_en = member_.empty() ? "" : " at " + member_;
  return failure("unreadable",
                 {fmt::format("压缩包 {}{} 读不出来（{}）；不是 zip，或已损坏、没有传完，请重新取得", shown_, at_zh, said),
                  fmt::format("the archive {}{} cannot be read ({}); it is no zip, or damaged or cut; get it again", shown_, at_en, said)});
}

Outcome<std::optional<Member>> Reader::next() {
  const NameLocale locale(NameLocale::Names::utf8);
  member_.clear();
  ::archive_entry* entry = nullptr;
  const int code = ::archive_read_next_header(reading_.get(), &entry);
  if (code == ARCHIVE_EOF) return std::optional<Member>();
  // A warning is about a name the locale could not take; the bytes are there all the same.
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
  if (++members_ > Limits{}.members)
    return failure("too_large", {fmt::format("压缩包 {} 的条目超过 {} 个", shown_, Limits{}.members),
                                 fmt::format("the archive {} has more than {} members", shown_, Limits{}.members)});
  const char* raw = ::archive_entry_pathname(entry);
  if (raw == nullptr) return broken();
  Member member;
  QUANJI_TRY(member.path, decoded(raw, names_, shown_));
  // Some programs of Windows write backslashes.
  std::replace(member.path.begin(), member.path.end(), '\\', '/');
  const bool slash = member.path.ends_with('/');
  if (slash) member.path.pop_back();
  const auto type = ::archive_entry_filetype(entry);
  member.kind = type == AE_IFLNK || ::archive_entry_symlink(entry) != nullptr || ::archive_entry_hardlink(entry) != nullptr
                    ? Member::Kind::link
                : slash || type == AE_IFDIR     ? Member::Kind::folder
                : type == AE_IFREG || type == 0 ? Member::Kind::file
                                                : Member::Kind::other;
  member.size = ::archive_entry_size_is_set(entry) != 0 ? std::max<std::int64_t>(::archive_entry_size(entry), 0) : 0;
  if (::archive_entry_mtime_is_set(entry) != 0) member.modified = ::archive_entry_mtime(entry);
  member_ = flow::printable_name(member.path);
  return std::optional(std::move(member));
}

Outcome<std::size_t> Reader::read(std::span<char> room) {
  const auto got = ::archive_read_data(reading_.get(), room.data(), room.size());
  if (got < 0) return broken();  // a warning too: that is how a wrong checksum is told
  return static_cast<std::size_t>(got);
}

std::optional<base::Sentence> wrong_name(std::string_view path) {
  const auto wrong = flow::check_text_of_path(path, 32);
  // The last rule asked is about packages alone.
  if (!wrong || *wrong == flow::ArchiveReason::wrong_place) return std::nullopt;
  return flow::archive_rules()[static_cast<std::size_t>(*wrong)].rule;
}

Outcome<std::vector<Member>> safe_members(Reader& reader, std::int64_t packed, std::string_view shown, const Limits& limits) {
  std::vector<Member> members;
  flow::PathSet paths;
  std::int64_t bytes = 0;
  for (;;) {
    QUANJI_TRY(auto one, reader.next());
    if (!one) break;
    if (one->kind == Member::Kind::link || one->kind == Member::Kind::other)
      return unsafe(shown, one->path, "是链接或设备", "it is a link or a device");
    auto wrong = wrong_name(one->path);
    // A folder may be named, and named again by what lies in it.
    if (!wrong && one->kind == Member::Kind::file)
      if (const auto twice = paths.add(one->path)) wrong = flow::archive_rules()[static_cast<std::size_t>(*twice)].rule;
    if (wrong) return unsafe(shown, one->path, std::string(wrong->zh), std::string(wrong->en));
    if (one->size > limits.bytes - bytes)
      return failure("too_large",
                     {fmt::format("压缩包 {} 解开后超过 {} MiB，整包拒绝", shown, limits.bytes >> 20),
                      fmt::format("the archive {} has more than {} MiB when unpacked; it is refused whole", shown, limits.bytes >> 20)});
    bytes += one->size;
    members.push_back(std::move(*one));
  }
  if (bytes > limits.ratio_from && bytes / limits.ratio > packed)
    return unsafe(shown, members.empty() ? "" : members.front().path, fmt::format("全包压缩比超过 {}，像是压缩炸弹", limits.ratio),
                  fmt::format("the whole is packed by more than {} times, as bombs are", limits.ratio));
  return members;
}

}  // namespace quanji::activities::archive
