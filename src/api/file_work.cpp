#include "api/file_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/gate.h"
#include "api/work.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "net/http_text.h"
#include "net/multipart.h"

namespace quanji::api {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using services::Download;
using services::Received;

constexpr std::size_t field_bytes = 16 * 1024;  // of one field of a form
constexpr std::size_t slice_bytes = 64 * 1024;  // well below what a connection keeps for a slow reader
constexpr std::int64_t copy_bytes = 1 << 20;

bool is_form(const door::Call& call) {
  constexpr std::string_view form = "multipart/form-data";
  const auto type = call.ask.header("content-type").substr(0, form.size());
  return std::equal(type.begin(), type.end(), form.begin(), form.end(), [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

// The bytes of a Download from `first` to `last`, one slice after the other.
class BlobPieces final : public door::Pieces, public std::enable_shared_from_this<BlobPieces> {
 public:
  BlobPieces(storage::Blobs& blobs, Download download, std::int64_t first, std::int64_t last)
      : blobs_(blobs), download_(std::move(download)), at_(first), last_(last), length_(static_cast<std::uint64_t>(last - first)) {}
  // Opens what comes first, so that a blob that is gone is an answer like any other's.
  Status begin() {
    seek();
    return open();
  }
  std::optional<std::uint64_t> length() const override { return length_; }
  void next(std::function<void(Result<std::string>)> then) override {
    seek();
    if (at_ >= last_ || part_ >= download_.pieces.size()) return then(std::string());
    const auto& piece = download_.pieces[part_];
    const auto from = at_ - part_begins_;
    const auto most = static_cast<std::size_t>(std::min<std::int64_t>({slice_bytes, piece.size() - from, last_ - at_}));
    if (!piece.blob) {
      at_ += static_cast<std::int64_t>(most);
      return then(piece.bytes.substr(static_cast<std::size_t>(from), most));
    }
    if (auto opened = open(); !opened) return then(std::move(opened).error());
    reader_->read(from, most, [self = shared_from_this(), then = std::move(then)](Result<std::string> read) {
      if (read && read->empty()) read = Error(Code::store_unavailable, "a blob is shorter than its row says");
      if (read) self->at_ += static_cast<std::int64_t>(read->size());
      then(std::move(read));
    });
  }

 private:
  void seek() {
    while (part_ < download_.pieces.size() && at_ >= part_begins_ + download_.pieces[part_].size()) {
      part_begins_ += download_.pieces[part_].size();
      ++part_;
      reader_.reset();
    }
  }
  Status open() {
    if (reader_ || part_ >= download_.pieces.size() || !download_.pieces[part_].blob) return {};
    QUANJI_TRY(reader_, blobs_.reader(*download_.pieces[part_].blob));
    return {};
  }
  storage::Blobs& blobs_;
  const Download download_;
  // One call at a time: whoever took the last slice asks for the next.
  std::size_t part_ = 0;
  std::int64_t part_begins_ = 0;
  std::shared_ptr<storage::BlobReader> reader_;
  std::int64_t at_;
  const std::int64_t last_;
  const std::uint64_t length_;
};

}  // namespace

struct FileWork::Way : std::enable_shared_from_this<FileWork::Way> {
  door::CallPtr call;
  std::function<void()> done;
  const IntakeBy* by = nullptr;
  // What follows is touched by one thread at a time: each piece is asked for when the one before it was taken.
  std::unique_ptr<storage::Staging> staging;
  std::optional<net::MultipartReader> form;
  std::optional<base::Hasher> raw;  // of the body as it came, for a signature
  base::Hash raw_hash = base::Hash::sha256;
  Received content;
  bool whole_given = false;  // a body that was held came in one piece
  bool in_file = false, file_seen = false;
  std::string field, value;  // of a form, under way
  base::Problems problems;

  void fail(Error why) {
    staging.reset();
    call->result = std::move(why);
    done();
  }
  Status begin_part(const net::Part& part);
  Status end_part();
  Status add(std::string_view bytes);
};

Status FileWork::Way::begin_part(const net::Part& part) {
  if (file_seen)
    return Error(Code::invalid_field).with_field("file", Text("文件应是表单的最后一段，且只有一个", "the one file comes last in the form"));
  in_file = part.name == "file" || !part.file_name.empty();
  field = part.name;
  value.clear();
  if (!in_file) return {};
  file_seen = true;
  content.file_name = part.file_name;
  content.content_type = part.content_type.substr(0, part.content_type.find(';'));
  return {};
}
Status FileWork::Way::add(std::string_view bytes) {
  if (!form || in_file) return staging->add(bytes);
  if (value.size() + bytes.size() > field_bytes) return Error(Code::too_large, Text("表单字段过长", "a field of the form is too long"));
  value += bytes;
  return {};
}
Status FileWork::Way::end_part() {
  if (in_file) return {};
  const auto& fields = call->operation->binding.in->fields();
  const int i = fields.find_json(field);
  const auto shown = base::utf8_beginning(field, 64);
  if (i < 0 || !base::is_utf8(field) || (fields.all()[static_cast<std::size_t>(i)].limits.flags & (base::in_path | base::read_only))) {
    problems.add(Code::unknown_field, shown, {"没有这个字段", "there is no such field"});
  } else if ((call->given >> i) & 1U) {
    problems.add(Code::invalid_field, shown, {"重复给出", "given twice"});
  } else if (!base::is_utf8(value)) {
    problems.add(Code::invalid_field, shown, {"应为 UTF-8", "must be UTF-8"});
  } else {
    call->given |= std::uint64_t{1} << i;
    base::decode_text(fields.all()[static_cast<std::size_t>(i)], call->in.object(), value, problems);
  }
  return {};
}

void FileWork::run(door::CallPtr call, std::function<void()> done) {
  const auto& binding = call->operation->binding;
  if (binding.intake == door::Intake::none) return go_on(call, std::move(done));
  auto way = std::make_shared<Way>();
  way->call = std::move(call);
  way->done = std::move(done);
  way->by = static_cast<const IntakeBy*>(binding.intake_by);
  if (binding.intake == door::Intake::gathered) return gather(way);
  const auto most = services::largest_file();
  const auto& ask = way->call->ask;
  if (ask.upload && ask.upload->length().value_or(0) > static_cast<std::uint64_t>(most) + slice_bytes)
    return way->fail(
        Error(Code::too_large, Text(fmt::format("文件超过上限 {} MB", most >> 20), fmt::format("larger than {} MB", most >> 20))));
  if (is_form(*way->call)) {
    auto form = net::MultipartReader::make(
        ask.header("content-type"),
        {[w = way.get()](const net::Part& part) { return w->begin_part(part); },
         [w = way.get()](std::string_view bytes) { return w->add(bytes); }, [w = way.get()] { return w->end_part(); }},
        {.parts = 64, .part_bytes = static_cast<std::uint64_t>(most)});
    if (!form) return way->fail(std::move(form).error());
    way->form.emplace(std::move(*form));
  } else {
    const auto type = ask.header("content-type");
    way->content.content_type = type.substr(0, type.find(';'));
  }
  if (const auto signature = ask.header("x-signature"); ask.upload && !signature.empty()) {
    way->raw_hash = signature.starts_with("QJ1-HMAC-SM3") ? base::Hash::sm3 : base::Hash::sha256;
    way->raw.emplace(way->raw_hash);
  }
  slowly(
      way,
      [this, way, most]() -> Status {
        QUANJI_TRY(way->staging, blobs_.stage(most));
        return {};
      },
      [this, way] { pull(way); });
}

void FileWork::slowly(const std::shared_ptr<Way>& way, std::function<Status()> work, std::function<void()> then) {
  const bool taken = pool_.submit([way, work = std::move(work), then = std::move(then)] {
    if (auto worked = work(); !worked) return way->fail(std::move(worked).error());
    then();
  });
  if (!taken) way->fail(Error(Code::too_many_calls).with_retry_after(1));
}

void FileWork::pull(const std::shared_ptr<Way>& way) {
  if (const auto& upload = way->call->ask.upload)
    return upload->next([this, way](Result<std::string> piece) { take(way, std::move(piece)); });
  take(way, std::exchange(way->whole_given, true) ? std::string() : std::move(way->call->ask.body));
}

void FileWork::take(const std::shared_ptr<Way>& way, Result<std::string> piece) {
  if (!piece) return way->fail(std::move(piece).error());
  // A body that was held may be empty: then this is its one piece and its end.
  const bool end = piece->empty();
  auto bytes = std::make_shared<std::string>(std::move(*piece));
  slowly(
      way,
      [this, way, bytes, end]() -> Status {
        if (!end) {
          if (way->raw) way->raw->add(*bytes);
          return way->form ? way->form->feed(*bytes) : way->add(*bytes);
        }
        auto& call = *way->call;
        if (way->form) {
          QUANJI_DO(way->form->finish());
          if (!way->file_seen) way->problems.add(Code::invalid_field, "file", {"表单中没有文件", "the form has no file"});
        }
        if (way->raw && base::hex(way->raw->finish()) != call.ask.header(body_digest_header))
          return Error(Code::bad_signature, Text("收到的内容与 X-Body-Digest 不符", "another body came than X-Body-Digest announced"));
        const auto& fields = call.operation->binding.in->fields();
        door::fill_absent(fields, call.in.object(), call.given, way->problems);
        QUANJI_DO(std::move(way->problems).as_status());
        QUANJI_DO(way->staging->finish());
        way->content.blob = way->staging->facts();
        if (way->by->inspect) QUANJI_DO(way->by->inspect(*way->staging, way->content));
        QUANJI_TRY(way->content.blob, blobs_.put(*way->staging));
        return {};
      },
      [this, way, end] { end ? give(way) : pull(way); });
}

void FileWork::gather(const std::shared_ptr<Way>& way) {
  auto pieces = std::make_shared<std::vector<storage::BlobFacts>>();
  storage::ViewJob job;
  job.caller = caller_of(*way->call);
  job.body = [way, pieces](const storage::View& view) -> Status {
    QUANJI_TRY(*pieces, way->by->pieces(view, way->call->in.get()));
    return {};
  };
  job.done = [this, way, pieces](Status found) {
    // What was completed is there no more: a retry under the same key finds its first answer in the change.
    if (!found && found.error().code() == Code::not_found && !way->call->idempotency_key.empty())
      return go_on(way->call, std::move(way->done));
    if (!found) return way->fail(std::move(found).error());
    slowly(
        way,
        [this, way, pieces]() -> Status {
          QUANJI_TRY(way->staging, blobs_.stage(services::largest_file()));
          for (const auto& piece : *pieces) {
            // A part is at most 64 MiB: one at a time is held.
            QUANJI_TRY(const auto bytes, blobs_.read_all(piece, 64 * copy_bytes));
            QUANJI_DO(way->staging->add(bytes));
            way->content.pieces.push_back(piece.sha256);
          }
          QUANJI_DO(way->staging->finish());
          way->content.blob = way->staging->facts();
          if (way->by->inspect) QUANJI_DO(way->by->inspect(*way->staging, way->content));
          QUANJI_TRY(way->content.blob, blobs_.put(*way->staging));
          return {};
        },
        [this, way] { give(way); });
  };
  store_.submit(std::move(job));
}

void FileWork::give(const std::shared_ptr<Way>& way) {
  way->staging.reset();
  auto& call = *way->call;
  if (way->by->pieces == nullptr) call.body_key = base::hex(way->content.blob.sha256) + "\n" + way->content.file_name;
  way->by->give(call.in.get(), way->content);
  go_on(way->call, std::move(way->done));
}

void FileWork::go_on(const door::CallPtr& call, std::function<void()> done) {
  if (call->operation->binding.out != door::type_ops<Download>) return next_.run(call, std::move(done));
  next_.run(call, [this, call, done = std::move(done)] {
    if (call->result && call->status_override != 202) answer(*call);
    done();
  });
}

void FileWork::answer(door::Call& call) {
  auto download = std::move(*static_cast<Download*>(call.out.get()));
  const auto size = download.size();
  auto& headers = call.extra_headers;
  headers.emplace_back("ETag", download.etag);
  headers.emplace_back("Accept-Ranges", "bytes");
  if (call.operation->verb == door::Verb::get && call.ask.header("if-none-match") == download.etag) {
    call.status_override = 304;
    return;
  }
  std::int64_t first = 0, last = size;
  const auto if_range = call.ask.header("if-range");
  const auto range = if_range.empty() || if_range == download.etag
                         ? net::choose_range(call.ask.header("range"), static_cast<std::uint64_t>(size))
                         : net::RangeChoice{};
  if (range.answer == net::RangeAnswer::unsatisfiable) {
    call.status_override = 416;
    headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
    call.result = Error(Code::invalid_field)
                      .with_field("Range", Text(fmt::format("文件只有 {} 字节", size), fmt::format("there are {} bytes", size)));
    return;
  }
  if (range.answer == net::RangeAnswer::part) {
    first = static_cast<std::int64_t>(range.range.first);
    last = static_cast<std::int64_t>(range.range.last) + 1;
    call.status_override = 206;
    headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", first, last - 1, size));
  }
  headers.emplace_back("Content-Disposition", net::content_disposition(download.file_name));
  if (!download.sha256.empty()) headers.emplace_back("X-Digest-Sha256", download.sha256);
  if (!download.sm3.empty()) headers.emplace_back("X-Digest-Sm3", download.sm3);
  call.content_type = download.content_type;
  auto pieces = std::make_shared<BlobPieces>(blobs_, std::move(download), first, last);
  if (auto begun = pieces->begin(); !begun) {
    call.result = std::move(begun);
    headers.clear();
    call.status_override = 0;
    return;
  }
  call.pieces = std::move(pieces);
}

}  // namespace quanji::api
