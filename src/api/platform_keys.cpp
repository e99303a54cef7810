#include "api/platform.h"

namespace quanji::api {

namespace {
using base::ConfigKey;
using base::ConfigType;
constexpr std::string_view profiles[] = {"standard", "demo"};
constexpr std::string_view suites[] = {"intl", "gm"};
constexpr std::string_view languages[] = {"zh-CN", "en"};
constexpr std::string_view places[] = {"directory", "postgres"};
constexpr std::string_view levels[] = {"debug", "info", "warn", "error"};

const ConfigKey keys[] = {
    {"data_dir", ConfigType::text, "", {"数据目录", "The data directory"}},
    {"profile",
     ConfigType::text,
     "standard",
     {"demo：生成演示账号，不要求复核", "demo: makes accounts to try it with and asks for no second person"},
     profiles},
    {"language", ConfigType::text, "zh-CN", {"未指明语言时所用的语言", "Language where the caller names none"}, languages},
    {"time_zone", ConfigType::text, "Asia/Shanghai", {"时区", "Time zone"}},
    {"suite",
     ConfigType::text,
     "intl",
     {"密码算法套件：intl 或 gm（SM2/SM3/SM4）", "Cryptographic suite: intl, or gm (SM2/SM3/SM4)"},
     suites},
    {"names",
     ConfigType::text,
     "localhost,127.0.0.1",
     {"服务器的名称与地址，逗号分隔，写入证书", "What the server is called, comma separated; stands in its certificate"}},
    {"listen.https", ConfigType::text, "0.0.0.0:7443", {"控制台与接口的 HTTPS 监听地址", "HTTPS for people, API and console"}},
    {"listen.robots", ConfigType::text, "0.0.0.0:7444", {"机器人监听地址（双向 TLS）", "Robots, mutual TLS"}},
    {"listen.plain", ConfigType::text, "", {"明文 HTTP，只允许回环地址；留空为关闭", "Plain HTTP, loopback only; empty: off"}},
    {"tls.cert", ConfigType::text, "", {"自备服务器证书链（PEM）文件", "Own server certificate chain, a PEM file"}},
    {"tls.key_file", ConfigType::text, "", {"自备服务器私钥（PEM）文件", "Own server key, a PEM file"}},
    {"database.url",
     ConfigType::text,
     "sqlite:",
     {"sqlite:（数据目录中的 quanji.db）或 postgres://主机/库", "sqlite: (quanji.db in the data directory) or postgres://host/database"}},
    {"files.place",
     ConfigType::text,
     "directory",
     {"文件内容存放处：directory（数据目录）或 postgres（数据库，多节点共用）",
      "Where contents of files are kept: directory (below the data directory), or postgres (in the database, for nodes that share it)"},
     places},
    {"database.password_file", ConfigType::text, "", {"PostgreSQL 口令文件", "File with PostgreSQL's password"}},
    {"log.level", ConfigType::text, "info", {"日志级别", "Log level"}, levels},
    {"log.file", ConfigType::text, "", {"日志文件；留空写标准错误", "Log file; empty: standard error"}},
    {"limits.body_mb", ConfigType::integer, "10", {"请求体上限（MB）", "Largest body, MB"}},
    {"limits.upload_mb", ConfigType::integer, "200", {"上传上限（MB）", "Largest upload, MB"}},
    {"limits.header_kb", ConfigType::integer, "16", {"请求头上限（KB）", "Largest head, KB"}},
    {"limits.connections", ConfigType::integer, "20000", {"连接数上限", "Most connections"}},
    {"limits.request_s", ConfigType::integer, "30", {"请求到达时限（秒）", "Time a request may take to arrive, seconds"}},
    {"limits.threads", ConfigType::integer, "0", {"I/O 线程数；0 为按核数，最多 4", "I/O threads; 0: as many as cores, at most 4"}},
    {"audit.second_folder", ConfigType::text, "", {"审计检查点的第二存放目录", "A second folder for audit checkpoints"}},
};
}  // namespace

std::span<const ConfigKey> platform_keys() { return keys; }

}  // namespace quanji::api
