#include "api/platform.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "api/console_assets.h"
#include "api/ear.h"
#include "api/file_work.h"
#include "api/gate.h"
#include "api/housekeeping.h"
#include "api/http.h"
#include "api/metrics.h"
#include "api/platform_night.h"
#include "api/proof_work.h"
#include "api/resources/health.h"
#include "api/robot_channel.h"
#include "api/robot_gate.h"
#include "api/ticker.h"
#include "api/work.h"
#include "base/log.h"
#include "domain/permissions.h"
#include "door/openapi.h"
#include "services/audit_reserve.h"
#include "services/audit_seals.h"
#include "services/authority.h"
#include "services/files.h"
#include "services/folders.h"
#include "services/human_tasks.h"
#include "services/installation.h"
#include "services/lists.h"
#include "services/queues.h"
#include "services/set_up.h"
#include "services/settings.h"
#include "services/slow_pool.h"
#include "services/vault.h"

namespace quanji::api {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using storage::Change;
using storage::View;

constexpr std::string_view version = "0.1.0";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto part = text.substr(0, comma); !part.empty()) parts.emplace_back(part);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return parts;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(Code::invalid_field, Text("不能读取文件 " + path, "cannot read the file " + path));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Plain HTTP is for a proxy or a look on this machine only.
Status check_plain(const std::string& address) {
  if (address.empty() || address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("localhost") ||
      address.starts_with("unix:"))
    return {};
  return Error(Code::invalid_field, Text("listen.plain 只允许回环地址，例如 127.0.0.1:7080",
                                         "listen.plain takes loopback addresses only, such as 127.0.0.1:7080"));
}

std::shared_ptr<const domain::Caller> internal_caller(domain::CallerKind kind, std::string account) {
  auto caller = std::make_shared<domain::Caller>();
  caller->kind = kind;
  caller->account = std::move(account);
  return caller;
}

net::Response plain_page(int status, std::string type, std::string body) {
  net::Response response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

struct Platform::Body {
  std::shared_ptr<base::Clock> clock;
  std::shared_ptr<base::Random> random;
  base::Ulid node;
  base::Time started;
  std::shared_ptr<const domain::Caller> clock_caller;

  std::unique_ptr<services::AuditReserve> reserve;  // outlives the store, which gives it up when the disk is full
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<storage::Blobs> blobs;
  services::Installation installation;
  std::shared_ptr<services::Presence> presence = std::make_shared<services::Presence>();
  std::unique_ptr<services::AuditSealer> sealer;
  std::unique_ptr<services::SlowPool> slow;
  std::unique_ptr<CallEar> ear;
  std::unique_ptr<PlatformWork> work;
  std::unique_ptr<ProofWork> proof_work;
  std::unique_ptr<FileWork> file_work;
  std::unique_ptr<PlatformGate> gate;
  std::unique_ptr<RobotGate> robot_gate;
  std::unique_ptr<PlatformWork> robot_work;
  std::unique_ptr<door::Door> door, outer_door, robot_door;
  std::unique_ptr<RobotChannels> channels;
  std::unique_ptr<Http> http, robot_http;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<NightWatch> night;
  std::unique_ptr<Ticker> ticker;

  std::atomic<bool> draining{false};
  std::atomic<std::int64_t> skew{0};
  base::Secret set_up_link;
  std::vector<DemoAccount> demo;
  std::uint16_t https = 0, robots = 0, plain = 0;

  Status open_store(const base::Config& config, const std::string& data_dir, std::function<void(const std::string&)> must_stop);
  Status prepare_services(const base::Config& config, const std::string& data_dir);
  void make_doors();
  void make_pages();
  Status listen(const base::Config& config);
  Status first_start(const base::Config& config);
  void make_loops();
  PlatformState state();
};

Status Platform::Body::open_store(const base::Config& config, const std::string& data_dir,
                                  std::function<void(const std::string&)> must_stop) {
  storage::StoreOptions options;
  const auto& url = config.text("database.url");
  options.url = url == "sqlite:" ? "sqlite:" + data_dir + "/quanji.db" : url;
  options.password_file = config.text("database.password_file");
  options.clock = clock;
  options.random = random;
  options.on_fatal = std::move(must_stop);
  reserve = services::AuditReserve::open({.folder = data_dir}, services::real_disk());
  options.on_full = [this] { reserve->disk_full(); };
  QUANJI_TRY(store, storage::Store::open(std::move(options)));
  storage::BlobOptions contents;
  contents.data_dir = data_dir;
  contents.place = config.text("files.place") == "postgres" ? storage::BlobPlace::postgres : storage::BlobPlace::directory;
  contents.clock = clock;
  contents.random = random;
  contents.caller = clock_caller;
  QUANJI_TRY(blobs, storage::Blobs::open(*store, std::move(contents)));
  services::set_largest_upload(config.integer("limits.upload_mb") << 20);
  return {};
}

Status Platform::Body::prepare_services(const base::Config& config, const std::string& data_dir) {
  const auto suite = config.text("suite") == "gm" ? base::Suite::gm : base::Suite::intl;
  std::vector<std::string> permissions;
  for (const auto name : platform_table().permissions()) permissions.emplace_back(name);
  domain::publish_permissions(std::move(permissions));
  services::join_sign_in();
  services::join_queues();
  services::join_human_tasks();
  services::join_files();

  QUANJI_TRY(installation, services::open_installation(*store, data_dir, suite, split(config.text("names")), *clock, *random));
  QUANJI_TRY(auto audit_keys, services::AuditKeys::from(installation.keyring));
  services::use_audit_keys(std::move(audit_keys));
  const auto cursor_key = std::make_shared<base::MacKey>(installation.keyring->mac_key("cursor").prepare());
  services::use_cursor_mac([cursor_key](std::string_view text) {
    auto mac = cursor_key->clone();
    const auto tag = mac.sign(text);
    return std::string(base::text_of(tag).substr(0, 16));
  });
  services::AuditSealer::Settings seals;
  seals.node = node;
  seals.folders = {data_dir + "/audit/checkpoints"};
  if (const auto& second = config.text("audit.second_folder"); !second.empty()) seals.folders.push_back(second);
  seals.caller = clock_caller;
  sealer = std::make_unique<services::AuditSealer>(*store, std::move(seals));
  QUANJI_DO(store->change([](Change& change) { return services::raise_places(change); }, clock_caller));
  QUANJI_DO(store->view([](const View& view) { return services::refresh_epoch(view); }, clock_caller));

  services::RobotPorts ports;
  ports.presence = presence;
  auto authority = std::make_shared<base::Authority>();
  authority->certificate_pem = installation.authority.certificate_pem;
  authority->key_pem = installation.authority.key_pem.clone();
  ports.authority = std::move(authority);
  ports.authority_spki = installation.authority_spki;
  ports.random = random;
  ports.clock = clock.get();
  ports.work_waits = [this](const domain::RobotId& robot) { channels->offer_waiting(robot); };
  ports.cut_off = [this](const domain::RobotId& robot) { channels->cut_off(robot); };
  services::set_robot_ports(std::move(ports));
  services::VaultPorts vault;
  vault.box = std::make_shared<services::KeyringBox>(installation.keyring);
  vault.body_mac = std::make_shared<const base::MacKey>(installation.keyring->mac_key("request_body").prepare());
  services::set_vault_ports(std::move(vault));
  return store->view([](const View& view) { return services::learn_robots(view); }, clock_caller);
}

void Platform::Body::make_doors() {
  CallEar::Settings ears;
  ears.run = node;
  ears.caller = clock_caller;
  ear = std::make_unique<CallEar>(*clock, std::move(ears));
  slow = std::make_unique<services::SlowPool>();
  work = std::make_unique<PlatformWork>(*store, platform_table(), *reserve);
  robot_work = std::make_unique<PlatformWork>(*store, gateway_table(), *reserve);
  const auto desk = std::make_shared<const services::ProofDesk>(std::make_shared<services::KeyringBox>(installation.keyring), clock, random,
                                                                installation.keyring->suite());
  proof_work = std::make_unique<ProofWork>(*work, *store, *slow, desk);
  gate = std::make_unique<PlatformGate>(*store, *clock, desk->box, std::vector<const door::Table*>{&platform_table(), &outer_table()});
  robot_gate = std::make_unique<RobotGate>(*presence);
  file_work = std::make_unique<FileWork>(*proof_work, *store, *blobs, *slow);
  door = std::make_unique<door::Door>(platform_table(), *gate, *file_work, *ear, *clock, *random);
  outer_door = std::make_unique<door::Door>(outer_table(), *gate, *proof_work, *ear, *clock, *random);
  robot_door = std::make_unique<door::Door>(gateway_table(), *robot_gate, *robot_work, *ear, *clock, *random);
  channels = std::make_unique<RobotChannels>(*robot_door, *presence, *store, clock_caller, *clock, *random);

  services::ApprovalPorts ports;
  ports.carry_out = [this](Change& change, const services::Approval& approval, std::string& result) {
    return work->carry_out(change, approval, result);
  };
  services::set_approval_ports(std::move(ports));
}

PlatformState Platform::Body::state() {
  PlatformState s;
  s.version = version;
  s.now = clock->now();
  s.started = started;
  s.store = store->health();
  s.reserve = reserve->state();
  s.sealer = sealer->state();
  s.calls = ear->snapshot();
  s.connections = server ? static_cast<std::int64_t>(server->counters().open) : 0;
  s.clock_skew_micros = skew.load();
  s.draining = draining.load();
  return s;
}

void Platform::Body::make_pages() {
  http = std::make_unique<Http>(std::string(version));
  http->add_door(platform_table().base(), *door);
  http->add_assets(console_assets());
  http->add_page("/health", [this](const net::Request&) {
    auto answer = health_answer(state());
    return plain_page(answer.status, "application/json", std::move(answer.body));
  });
  http->add_page("/ready", [this](const net::Request&) {
    auto answer = ready_answer(state());
    return plain_page(answer.status, "application/json", std::move(answer.body));
  });
  http->add_page("/metrics",
                 [this](const net::Request&) { return plain_page(200, std::string(metrics_content_type), metrics_text(state())); });
  http->add_page("/api", [](const net::Request&) {
    auto answer = versions_answer();
    return plain_page(answer.status, "application/json", std::move(answer.body));
  });
  // Made when it is first asked for: it would be most of the start, and of the memory of a platform nobody reads the docs of.
  http->add_page("/docs/openapi.json", [](const net::Request&) {
    static const auto description = door::openapi(platform_table(), {"券机平台接口", "Quanji platform API", std::string(version),
                                                                     "See docs/ for the rules of signing, lists and errors."});
    return plain_page(200, "application/json", description);
  });
  http->add_door("/setup", *outer_door);

  robot_http = std::make_unique<Http>(std::string(version));
  robot_http->add_door(gateway_table().base(), *robot_door);
}

Status Platform::Body::listen(const base::Config& config) {
  QUANJI_DO(check_plain(config.text("listen.plain")));
  net::TlsServerSettings tls;
  if (config.text("tls.cert").empty()) {
    tls.chain_pem = installation.server_chain;
    tls.key = installation.server_key.clone();
  } else {
    QUANJI_TRY(tls.chain_pem, read_file(config.text("tls.cert")));
    QUANJI_TRY(auto key, read_file(config.text("tls.key_file")));
    tls.key = base::Secret::take(key);
  }
  net::TlsServerSettings mutual;
  mutual.chain_pem = installation.server_chain;
  mutual.key = installation.server_key.clone();
  mutual.client_certificates = net::ClientCertificates::optional;
  mutual.client_ca_pem = installation.authority.certificate_pem;
  mutual.check = [presence = presence](const net::PeerCertificate& certificate) -> Status {
    if (presence->by_certificate(certificate.fingerprint)) return {};
    return Error(Code::not_signed_in, "a certificate that is not, or no longer, enrolled");
  };
  QUANJI_TRY(auto people_tls, net::TlsServer::make(std::move(tls)));
  QUANJI_TRY(auto robots_tls, net::TlsServer::make(std::move(mutual)));

  net::ServerOptions options;
  options.clock = clock;
  const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  const auto asked = config.integer("limits.threads");
  options.threads = static_cast<std::size_t>(asked > 0 ? asked : std::min<std::int64_t>(cores, 4));
  options.limits.body_bytes = static_cast<std::uint64_t>(config.integer("limits.body_mb")) << 20;
  options.limits.upload_bytes = static_cast<std::uint64_t>(config.integer("limits.upload_mb") + 1) << 20;  // and what a form adds
  options.limits.header_bytes = static_cast<std::size_t>(config.integer("limits.header_kb")) << 10;
  options.limits.connections = static_cast<std::size_t>(config.integer("limits.connections"));
  options.limits.connections_per_address = options.limits.connections;
  options.limits.arrival = std::chrono::seconds(config.integer("limits.request_s"));
  options.listeners = {{"https", config.text("listen.https"), people_tls}, {"robots", config.text("listen.robots"), robots_tls}};
  if (!config.text("listen.plain").empty()) options.listeners.push_back({"plain", config.text("listen.plain"), nullptr});
  options.serve = [this](net::RequestPtr request, net::Responder responder) {
    if (request->peer->listener != "robots") return http->serve(std::move(request), std::move(responder));
    if (request->path == wire::channel_path) return channels->open(*request, std::move(responder));
    robot_http->serve(std::move(request), std::move(responder));
  };
  options.plan_body = [this](const net::Request& request) {
    return request.peer->listener == "robots" ? net::BodyPlan{} : http->plan(request);
  };
  options.refuse = [this](net::Refusal why, int status, const net::Request* request) { return http->refuse(why, status, request); };
  options.notice = [](const net::Notice& notice) {
    base::log::debug(
        "connection_refused",
        {{"why", net::to_word(notice.reason)}, {"peer", notice.peer}, {"listener", notice.listener}, {"detail", notice.detail}});
  };
  QUANJI_TRY(server, net::Server::start(std::move(options)));
  https = server->port("https");
  robots = server->port("robots");
  plain = server->port("plain");
  return {};
}

Status Platform::Body::first_start(const base::Config& config) {
  if (config.text("profile") == "demo") {
    const services::ProofDesk desk(std::make_shared<services::KeyringBox>(installation.keyring), clock, random,
                                   installation.keyring->suite());
    QUANJI_TRY(auto accounts, services::set_up_demo(*store, desk));
    for (auto& account : accounts) demo.push_back({account.account, account.title, std::move(account.password)});
    if (!demo.empty())
      QUANJI_DO(store->change([](Change& change) { return services::settings::put(change, "approvals.required", "false"); },
                              internal_caller(domain::CallerKind::setup, "setup")));
    return {};
  }
  std::optional<base::Secret> code;
  QUANJI_DO(store->change(
      [&](Change& change) -> Status {
        QUANJI_TRY(code, services::begin_set_up(change));
        return {};
      },
      internal_caller(domain::CallerKind::setup, "setup")));
  if (code) {
    // In the fragment: browsers never send it, proxies never log it.
    auto link = "https://" + split(config.text("names")).front() + ":" + std::to_string(https) + "/setup#" + std::string(code->reveal());
    set_up_link = base::Secret::take(link);
  }
  return {};
}

void Platform::Body::make_loops() {
  ticker = std::make_unique<Ticker>(*clock);
  ticker->add("calls", std::chrono::seconds(1), [this] { ear->tick(*store); });
  ticker->add("seals", std::chrono::seconds(1), [this] {
    sealer->tick();
    reserve->tick();
  });
  ticker->add("checkpoints", std::chrono::seconds(5), [this] {
    slow->submit([this] {
      if (auto delivered = sealer->deliver(); !delivered)
        base::log::failure(base::log::Level::error, "checkpoint_not_written", delivered.error());
    });
  });
  ticker->add("access", std::chrono::seconds(1), [this] {
    storage::ViewJob job;
    job.caller = clock_caller;
    job.body = [](const View& view) { return services::refresh_epoch(view); };
    job.done = [](Status) {};
    store->submit(std::move(job));
    gate->tick();
  });
  ticker->add("certificates", std::chrono::seconds(5), [this] { server->recheck_certificates(); });
  night = std::make_unique<NightWatch>(*store, *clock);
  ticker->add("night", std::chrono::seconds(30), [this] { night->tick(); });
  ticker->add("chores", std::chrono::seconds(1), [this] { do_chores(*store, clock_caller, chores_of_a_second()); });
  ticker->add("sweep", std::chrono::seconds(30), [this] { do_chores(*store, clock_caller, chores_of_half_a_minute()); });
  ticker->add("blobs", std::chrono::seconds(30), [this] {
    slow->submit([this] {
      if (const auto swept = blobs->sweep(); !swept) base::log::failure(base::log::Level::warn, "blobs_not_swept", swept.error());
    });
  });
  ticker->start();
}

Platform::Platform() : body_(std::make_unique<Body>()) {}
Platform::~Platform() { stop(std::chrono::seconds(5)); }

Result<std::unique_ptr<Platform>> Platform::start(const base::Config& config, const PlatformPorts& ports) {
  const auto& data_dir = config.text("data_dir");
  if (data_dir.empty())
    return Error(Code::invalid_field,
                 Text("请用 --data-dir 或配置项 data_dir 指明数据目录", "name the data directory by --data-dir or the key data_dir"));
  std::error_code ec;
  std::filesystem::create_directories(data_dir, ec);
  if (ec)
    return Error(Code::invalid_field, Text("不能建立数据目录 " + data_dir, "cannot make the data directory " + data_dir), ec.message());
  ::chmod(data_dir.c_str(), 0700);

  std::unique_ptr<Platform> platform(new Platform);
  auto& b = *platform->body_;
  b.clock = ports.clock ? ports.clock : std::make_shared<base::SystemClock>();
  b.random = ports.random ? ports.random : std::make_shared<base::SystemRandom>();
  base::log::Settings log;
  QUANJI_TRY(log.level, base::log::level_from_text(config.text("log.level")));
  log.file = config.text("log.file");
  QUANJI_DO(base::log::start(std::move(log), *b.clock));
  b.started = b.clock->now();
  base::UlidSource ids(*b.clock, *b.random);
  b.node = ids.next();
  b.clock_caller = internal_caller(domain::CallerKind::clock, "clock");

  QUANJI_DO(b.open_store(config, data_dir, ports.must_stop));
  QUANJI_DO(b.prepare_services(config, data_dir));
  b.make_doors();
  b.make_pages();
  QUANJI_DO(b.listen(config));
  QUANJI_DO(b.first_start(config));
  b.make_loops();
  base::log::info("platform_started",
                  {{"https", b.https}, {"robots", b.robots}, {"database", b.store->health().mode}, {"version", version}});
  return platform;
}

void Platform::stop(std::chrono::seconds most) {
  if (!body_ || body_->draining.exchange(true)) return;
  auto& b = *body_;
  if (b.channels) b.channels->close_all();
  if (b.server) b.server->drain(most);
  if (b.ticker) b.ticker->stop();
  if (b.gate)
    if (auto flushed = b.gate->flush(); !flushed) base::log::failure(base::log::Level::warn, "sign_ins_not_written", flushed.error());
  if (b.ear && b.store)
    if (auto flushed = b.ear->flush(*b.store); !flushed) base::log::failure(base::log::Level::warn, "calls_not_written", flushed.error());
  b.slow.reset();
  if (b.store) b.store->close();
  base::log::info("platform_stopped");
  base::log::stop();
}

std::uint16_t Platform::https_port() const { return body_->https; }
std::uint16_t Platform::robots_port() const { return body_->robots; }
std::uint16_t Platform::plain_port() const { return body_->plain; }
const base::Secret& Platform::set_up_link() const { return body_->set_up_link; }
const std::vector<Platform::DemoAccount>& Platform::demo_accounts() const { return body_->demo; }
std::string Platform::authority_certificate() const { return body_->installation.authority.certificate_pem; }

}  // namespace quanji::api
