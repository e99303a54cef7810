// The server alone: GET / answers 92 bytes of JSON. Prints its ports and its memory; ends when standard input ends.
// With "idle N plain|tls" it opens N connections to itself from a child process and prints what each of them costs.
// net_server [threads]            serve until stdin ends
// net_server [threads] idle N plain|tls
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "net/server.h"

using namespace quanji;

namespace {

long resident_kib() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long size = 0, resident = 0;
  if (!file || std::fscanf(file, "%ld %ld", &size, &resident) != 2) std::abort();
  std::fclose(file);
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

std::string pem(void (*write)(BIO*, void*), void* what) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio, what);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

std::shared_ptr<net::TlsServer> make_tls() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -60);
  X509_gmtime_adj(X509_getm_notAfter(made), 86400);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("bench"), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(made));
  X509_set_pubkey(made, key);
  X509_sign(made, key, EVP_sha256());
  net::TlsServerSettings settings;
  settings.chain_pem = pem([](BIO* bio, void* what) { PEM_write_bio_X509(bio, static_cast<X509*>(what)); }, made);
  auto key_pem =
      pem([](BIO* bio, void* what) { PEM_write_bio_PrivateKey(bio, static_cast<EVP_PKEY*>(what), nullptr, nullptr, 0, nullptr, nullptr); },
          key);
  settings.key = base::Secret::take(key_pem);
  X509_free(made);
  EVP_PKEY_free(key);
  return *net::TlsServer::make(std::move(settings));
}

// In the child: opens the connections, sends one request on each, says so, and holds them until its standard input ends.
[[noreturn]] void hold_connections(std::uint16_t port, int count, bool tls, int say, int wait) {
  SSL_CTX* context = tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  std::vector<SSL*> kept;
  char buffer[4096];
  for (int i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::abort();
    if (tls) {
      SSL* ssl = SSL_new(context);
      SSL_set_fd(ssl, fd);
      if (SSL_connect(ssl) != 1) std::abort();
      SSL_write(ssl, request.data(), static_cast<int>(request.size()));
      if (SSL_read(ssl, buffer, sizeof buffer) <= 0) std::abort();
      kept.push_back(ssl);
    } else {
      if (::send(fd, request.data(), request.size(), 0) < 0 || ::recv(fd, buffer, sizeof buffer, 0) <= 0) std::abort();
    }
  }
  if (::write(say, "x", 1) != 1) std::abort();
  while (::read(wait, buffer, 1) > 0) {
  }
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  net::ServerOptions options;
  options.threads = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 2;
  options.limits.connections_per_address = options.limits.connections;
  options.limits.handshakes_per_second = 100'000;
  options.limits.idle = std::chrono::seconds(600);
  options.listeners.push_back({"plain", "127.0.0.1:0", nullptr});
  options.listeners.push_back({"tls", "127.0.0.1:0", make_tls()});
  options.serve = [](net::RequestPtr, net::Responder responder) {
    net::Response answer;
    answer.content_type = "application/json";
    answer.body = R"({"code":0,"message":"ok","data":{"id":123,"name":"flow-A","status":"RUNNING","robots":3}})";
    responder.send(std::move(answer));
  };
  auto server = net::Server::start(std::move(options));
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.error().message().en.c_str());
    return 1;
  }
  if (argc > 4 && std::strcmp(argv[2], "idle") == 0) {
    const int count = std::atoi(argv[3]);
    const bool tls = std::strcmp(argv[4], "tls") == 0;
    int ready[2], end[2];
    if (::pipe(ready) != 0 || ::pipe(end) != 0) return 1;
    const long before = resident_kib();
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(end[1]);
      hold_connections((*server)->port(tls ? "tls" : "plain"), count, tls, ready[1], end[0]);
    }
    ::close(ready[1]);
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) return 1;
    const long after = resident_kib();
    std::printf("{\"connections\":%d,\"channel\":\"%s\",\"rss_mib\":%.1f,\"kib_each\":%.2f,\"open\":%llu}\n", count, argv[4],
                static_cast<double>(after) / 1024, static_cast<double>(after - before) / count,
                static_cast<unsigned long long>((*server)->counters().open));
    ::close(end[1]);
    ::waitpid(child, nullptr, 0);
    return 0;
  }
  std::printf("{\"plain\":%u,\"tls\":%u,\"rss_mib\":%.1f}\n", (*server)->port("plain"), (*server)->port("tls"),
              static_cast<double>(resident_kib()) / 1024);
  std::fflush(stdout);
  char byte = 0;
  while (::read(0, &byte, 1) > 0) {
  }
  return 0;
}
