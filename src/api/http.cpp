#include "api/http.h"

#include <algorithm>
#include <mutex>

#include "api/gate.h"
#include "base/log.h"

namespace quanji::api {
namespace {

constexpr std::string_view content_policy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types default";
// Swagger UI writes markup by itself; it shows the published description and sends nothing.
constexpr std::string_view docs_policy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::optional<door::Verb> verb_of(std::string_view method) {
  if (method == "GET") return door::Verb::get;
  if (method == "POST") return door::Verb::post;
  if (method == "PATCH") return door::Verb::patch;
  if (method == "DELETE") return door::Verb::del;
  return std::nullopt;
}

void add_common_headers(net::Response& response) {
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Cache-Control", "no-store");
}

bool takes(std::string_view accept_encoding, std::string_view coding) {
  const auto at = accept_encoding.find(coding);
  if (at == std::string_view::npos) return false;
  const auto rest = accept_encoding.substr(at + coding.size(), 5);
  return !rest.starts_with(";q=0") || rest.starts_with(";q=0.");
}

// Pulls the next piece when the peer has taken the last. The stream's callbacks keep it alive; letting go of the stream ends that circle.
class Pump : public std::enable_shared_from_this<Pump> {
 public:
  Pump(std::shared_ptr<door::Pieces> pieces, std::shared_ptr<net::ResponseStream> stream)
      : pieces_(std::move(pieces)), stream_(std::move(stream)) {}
  void start() {
    const auto stream = held();
    stream->on_drain([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->pull();
    });
    stream->on_gone([self = shared_from_this()] { self->let_go(); });
    pull();
  }

 private:
  std::shared_ptr<net::ResponseStream> held() {
    const std::scoped_lock lock(mutex_);
    return stream_;
  }
  void let_go() {
    std::shared_ptr<net::ResponseStream> last;
    const std::scoped_lock lock(mutex_);
    last.swap(stream_);
  }
  void pull() {
    pieces_->next([self = shared_from_this()](base::Result<std::string> piece) {
      const auto stream = self->held();
      if (!stream) return;
      if (!piece) {
        base::log::failure(base::log::Level::warn, "stream_broken_off", piece.error());
        return self->let_go();  // dropped without finish(): the peer sees that it is not whole
      }
      if (piece->empty()) {
        stream->finish();
        return self->let_go();
      }
      if (stream->write(std::move(*piece)) == net::ResponseStream::Room::yes) self->pull();
    });
  }
  std::shared_ptr<door::Pieces> pieces_;
  std::mutex mutex_;
  std::shared_ptr<net::ResponseStream> stream_;  // guarded by mutex_
};

// An upload as the door knows it.
class UploadPieces final : public door::Pieces {
 public:
  explicit UploadPieces(std::shared_ptr<net::Upload> upload) : upload_(std::move(upload)) {}
  void next(std::function<void(base::Result<std::string>)> then) override { upload_->next(std::move(then)); }
  std::optional<std::uint64_t> length() const override { return upload_->announced(); }

 private:
  const std::shared_ptr<net::Upload> upload_;
};

}  // namespace

net::BodyPlan Http::plan(const net::Request& request) const {
  net::BodyPlan plan;
  if (request.method != "POST") return plan;
  for (const auto& [base, one] : doors_) {
    if (!request.path.starts_with(base)) continue;
    const auto match = one->table().find(door::Verb::post, request.path);
    // A signed body whose digest was not announced has to be held: only then is it known whose it is.
    const bool held = request.header("x-signature") && !request.header(body_digest_header);
    if (match.operation && match.operation->binding.intake == door::Intake::body && !held) plan.take = net::BodyPlan::Take::stream;
  }
  return plan;
}

void Http::add_assets(const std::vector<Asset>& assets) {
  for (const auto& one : assets) assets_[one.path] = one;
}

const Asset* Http::asset(std::string_view path) const {
  if (const auto found = assets_.find(path); found != assets_.end()) return &found->second;
  return nullptr;
}

net::Response Http::static_file(const Asset& file, const net::Request& request) const {
  net::Response response;
  response.content_type = file.content_type;
  response.headers.emplace_back("ETag", file.etag);
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Content-Security-Policy", file.path.starts_with("/docs/") ? docs_policy : content_policy);
  response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
  response.headers.emplace_back("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.header("if-none-match").value_or("") == file.etag) {
    response.status = 304;
    return response;
  }
  const auto accepted = request.header("accept-encoding").value_or("");
  if (!file.brotli.empty() && takes(accepted, "br")) {
    response.headers.emplace_back("Content-Encoding", "br");
    response.body = file.brotli;
  } else if (!file.gzip.empty() && takes(accepted, "gzip")) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.gzip;
  } else {
    response.body = file.plain;
  }
  return response;
}

net::Response Http::failure(int status, const base::Error& error, const net::Request* request) const {
  const auto header = [request](std::string_view name) { return request ? request->header(name).value_or("") : std::string_view{}; };
  const auto id = doors_.empty() ? std::string() : doors_.front().second->request_id(header("x-request-id"));
  net::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = door::failure_body(error, id, door::prefers_english(header("accept-language")));
  response.headers.emplace_back("X-Request-Id", id);
  response.headers.emplace_back("X-Api-Version", version_);
  add_common_headers(response);
  return response;
}

net::Response Http::refuse(net::Refusal why, int status, const net::Request* request) const {
  using base::Code;
  const auto code = status == 413 || status == 431 ? Code::too_large
                    : status == 429                ? Code::too_many_calls
                    : status == 503                ? Code::store_unavailable
                    : status == 500                ? Code::bug
                                                   : Code::unreadable_body;
  const auto word = std::string(net::to_word(why));
  base::Text text(base::row_of(code).sentence);
  if (status == 503) text = {"平台繁忙或正在停止，请稍后再试。", "The platform is full or stopping: try later."};
  text.zh += "（" + word + "）";
  text.en += " (" + word + ")";
  auto response = failure(status, base::Error(code, text), request);
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

void Http::through(door::Door& door, net::RequestPtr request, net::Responder responder) {
  const auto verb = verb_of(request->method);
  if (!verb) {
    net::Response response = refuse(net::Refusal::method_unknown, 405, request.get());
    response.headers.emplace_back("Allow", "GET, POST, PATCH, DELETE");
    return responder.send(std::move(response));
  }
  door::Ask ask;
  ask.verb = *verb;
  ask.path = request->path;
  ask.query = request->query;
  ask.body = std::move(request->body);
  if (request->upload) ask.upload = std::make_shared<UploadPieces>(std::move(request->upload));
  ask.address = request->peer->address;
  ask.origin = request->peer->listener;
  if (request->peer->certificate) ask.peer_certificate = request->peer->certificate->fingerprint;
  const std::shared_ptr<const net::Request> kept(std::move(request));
  ask.header = [kept](std::string_view name) { return kept->header(name).value_or(std::string_view{}); };
  const auto answer_to = std::make_shared<net::Responder>(std::move(responder));
  ask.home = [answer_to](std::function<void()> work) { answer_to->go_home(std::move(work)); };
  door.run(std::move(ask), [this, answer_to](door::Answer answer) {
    net::Response response;
    response.status = answer.status;
    if (answer.status != 304) response.content_type = answer.content_type;
    response.headers.reserve(answer.headers.size() + 3);
    for (auto& [name, value] : answer.headers) response.headers.emplace_back(name, std::move(value));
    response.headers.emplace_back("X-Api-Version", version_);
    add_common_headers(response);
    if (answer.pieces) {
      const auto length = answer.pieces->length();
      std::make_shared<Pump>(std::move(answer.pieces), answer_to->stream(std::move(response), length))->start();
      return;
    }
    response.body = std::move(answer.body);
    answer_to->send(std::move(response));
  });
}

void Http::serve(net::RequestPtr request, net::Responder responder) {
  const auto path = request->path;
  const bool reading = request->method == "GET" || request->method == "HEAD";
  // The set-up page and the call it makes have one path.
  if (path == "/setup" && reading)
    if (const auto* file = asset("/index.html")) return responder.send(static_file(*file, *request));
  for (const auto& [base, one] : doors_) {
    if (path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/'))
      return through(*one, std::move(request), std::move(responder));
  }
  if (const auto page = pages_.find(path); page != pages_.end()) return responder.send(page->second(*request));
  if (path == "/api" || path.starts_with("/api/"))
    return responder.send(failure(404, base::Error(base::Code::no_such_operation), request.get()));
  if (!reading) {
    net::Response response = refuse(net::Refusal::method_unknown, 405, request.get());
    response.headers.emplace_back("Allow", "GET, HEAD");
    return responder.send(std::move(response));
  }
  if (const auto* file = asset(path)) return responder.send(static_file(*file, *request));
  // Pages of the console are paths without a dot in their last part; they are all the one document.
  const auto last = path.substr(path.rfind('/') + 1);
  if (last.find('.') == std::string_view::npos) {
    if (const auto* file = asset(path.starts_with("/docs") ? "/docs/index.html" : "/index.html"))
      return responder.send(static_file(*file, *request));
  }
  responder.send(failure(404, base::Error(base::Code::not_found), request.get()));
}

}  // namespace quanji::api
