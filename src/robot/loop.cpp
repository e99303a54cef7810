#include "robot/loop.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/files.h"
#include "base/log.h"
#include "robot/channel.h"
#include "robot/robot.h"
#include "robot/runner_child.h"

namespace quanji::robot {

using base::Code;
using base::Error;
using base::Result;
using base::Status;

namespace {

constexpr int tick_milliseconds = 100;

Result<base::Descriptor> lock_folder(const std::string& data_dir) {
  const auto path = data_dir + "/lock";
  base::Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) return Error(Code::store_unavailable, base::system_detail("open", path));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Error(Code::wrong_state, base::Text("另一个机器人进程正在使用 " + data_dir, "another robot works in " + data_dir));
  return lock;
}

}  // namespace

Status run_robot(const Settings& settings, base::Clock& clock, base::Random& random, int stop) {
  std::error_code failed;
  std::filesystem::create_directories(settings.data_dir, failed);
  if (failed) return Error(Code::store_unavailable, base::system_detail("make", settings.data_dir));
  QUANJI_TRY(const auto lock, lock_folder(settings.data_dir));
  QUANJI_TRY(auto url, platform_url(settings, wire::channel_path));
  auto own = load_identity(settings.data_dir);
  if (!own) {
    if (own.error().code() != Code::not_found) return std::move(own).error();
    return Error(Code::not_found, base::Text("机器人还没有注册；请在平台取得注册码后运行 quanji-robot enrol",
                                             "the robot is not enrolled: get a code from the platform and run quanji-robot enrol"));
  }
  QUANJI_TRY(auto runners, RunnerChildren::make(settings.sandbox, settings.data_dir + "/scratch", random));
  const auto& sandbox = runners->trial().sandbox;
  std::string missing;
  for (const auto& word : sandbox.missing) missing += (missing.empty() ? "" : ",") + word;
  base::log::write(sandbox.level == wire::SandboxLevel::full ? base::log::Level::info : base::log::Level::warn, "sandbox",
                   {{"level", base::word(sandbox.level)}, {"missing", missing}, {"python", runners->trial().python}});

  base::Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  Channel channel(std::move(url), own->tls, clock, random, [fd = wake.get()] {
    const std::uint64_t one = 1;
    (void)!::write(fd, &one, sizeof one);
  });
  RobotFacets facets{own->who, settings.slots, this_machine(), sandbox};
  QUANJI_TRY(auto robot, Robot::open(settings.data_dir, std::move(facets),
                                     {clock, random, *runners, [&](std::string frame) { channel.send(std::move(frame)); }}));
  for (;;) {
    channel.tick();
    std::vector<pollfd> fds{{stop, POLLIN, 0}, {wake.get(), POLLIN, 0}};
    for (const int fd : robot->descriptors()) fds.push_back({fd, POLLIN, 0});
    if (::poll(fds.data(), fds.size(), tick_milliseconds) < 0 && errno != EINTR)
      return Error(Code::bug, base::system_detail("poll", "descriptors"));
    if (fds[0].revents != 0) break;
    std::uint64_t count = 0;
    (void)!::read(wake.get(), &count, sizeof count);
    for (auto& event : channel.take()) {
      if (event.what == Channel::Event::What::opened)
        robot->channel_opened();
      else if (event.what == Channel::Event::What::closed)
        robot->channel_closed();
      else
        robot->frame_received(event.text);
    }
    QUANJI_DO(robot->tick());
  }
  base::log::info("robot_stops");
  return {};
}

}  // namespace quanji::robot
