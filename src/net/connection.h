// One accepted connection: reads requests one after another, hands them up, writes the answers. Lives on one io thread.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "net/exchange.h"
#include "net/io_thread.h"
#include "net/link.h"
#include "net/request_reader.h"
#include "net/server_core.h"

namespace quanji::net {

class StreamedAnswer;
class PulledUpload;

class Connection final : public Tenant, public Watcher, public Exchange, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, IoThread& io, std::unique_ptr<Link> link, std::shared_ptr<const TlsServer::Live> tls,
             std::shared_ptr<Peer> peer, Seat seat);
  ~Connection() override;
  void start();
  // Says why in one answer and closes, without reading a request.
  void start_refused(Refusal reason, int status);

  void expired() override;
  void drain() override;
  void cut() override;
  void recheck_certificate() override;
  void readable() override;
  void writable() override;

  void answer(std::uint64_t serial, Response response) override;
  void abandon(std::uint64_t serial) override;
  std::shared_ptr<ResponseStream> stream(std::uint64_t serial, Response head, std::optional<std::uint64_t> length) override;
  std::shared_ptr<EventStream> events(std::uint64_t serial, Response head) override;
  void websocket(std::uint64_t serial, WebSocketEvents events, WebSocketLimits limits, std::string protocol) override;
  void go_home(std::function<void()> work) override;

  // For StreamedAnswer and PulledUpload; on the io thread.
  IoThread& io() { return io_; }
  ServerCore& core() { return *core_; }
  void push(std::uint64_t serial, const std::string& piece);
  void finish_stream(std::uint64_t serial);
  void cut_stream(std::uint64_t serial);
  void pull();

 private:
  enum class At { handshake, idle, head, body, upload, serving, writing, streaming, lingering, closed };

  void step_handshake();
  void fill();  // reads from the socket what the state allows
  void consume(std::string_view bytes);
  bool wants_request_bytes() const { return at_ == At::idle || at_ == At::head || at_ == At::body; }
  void on_head();
  void serve();
  void take_upload(std::string_view bytes);
  void end_upload(base::Error why);
  void refuse(Refusal reason, int status, std::string why);
  void reply(Response&& response);  // writes head and body into out_, chooses whether the connection is kept
  void send_answer(Response&& response);
  void append_head(const Response& response, std::optional<std::uint64_t> length, bool chunked);
  void begin_stream(const Response& head, std::optional<std::uint64_t> length);
  enum class Flushed { all, blocked, gone };
  Flushed flush();
  bool refill_from_file();
  void written();
  void finish_exchange();
  void peer_ended();
  void go_idle();
  void linger();
  void close();
  void tell_gone();

  const std::shared_ptr<ServerCore> core_;
  IoThread& io_;
  std::unique_ptr<Link> link_;
  Watch watch_;
  const std::shared_ptr<const TlsServer::Live> tls_;
  std::shared_ptr<Peer> peer_;
  Seat seat_;

  At at_ = At::idle;
  bool serving_now_ = false;  // inside the call of options.serve
  bool consuming_ = false;
  bool keep_ = true;
  bool head_only_ = false;  // HEAD
  bool old_ = false;        // HTTP/1.0
  bool chunking_ = false;
  bool upload_open_ = false;  // its body has not been read to the end
  bool said_continue_ = false;
  bool is_events_ = false;
  bool stalled_ = false;  // the deadline watches the peer's reading
  std::uint64_t serial_ = 0;
  std::unique_ptr<RequestReader> reader_;  // only while a request is being read
  std::string in_;                         // bytes read before their turn
  std::string out_;
  std::size_t sent_ = 0;
  std::string tail_;  // a large body, sent after out_
  std::shared_ptr<FileBody> file_;
  std::uint64_t file_at_ = 0;
  std::size_t paced_ = 0;          // bytes moved since the deadline was set
  std::optional<Response> ready_;  // an answer given inside serve()
  std::optional<std::uint64_t> stream_left_;
  std::weak_ptr<StreamedAnswer> streamed_;
  std::shared_ptr<PulledUpload> upload_;
  std::string websocket_key_;  // of a well-formed opening
  std::size_t lingered_ = 0;
};

}  // namespace quanji::net
