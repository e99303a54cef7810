#include "base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <thread>

namespace quanji::base {
namespace {

// A file without a name.
Descriptor file_of(std::string_view content) {
  Descriptor file(::memfd_create("files_test", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return file;
}
struct Pipe {
  Descriptor out, in;
};
Pipe make_pipe() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

TEST(ReadWhole, AFileIsReadFromItsStartWhereverItStands) {
  const std::string content(200'000, 'x');
  const auto file = file_of(content);
  ASSERT_EQ(::lseek(file.get(), 7, SEEK_SET), 7);
  EXPECT_EQ(*read_whole(file.get(), content.size()), content);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 7) << "it stands where it stood";
}

TEST(ReadWhole, APipeIsReadUntilItsEndHoweverItComes) {
  auto [out, in] = make_pipe();
  // More than a pipe holds, in pieces: the writer waits for the reader several times.
  std::string content;
  for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i) + "\n";
  std::thread writer([&content, in = std::move(in)] {
    for (std::size_t at = 0; at < content.size(); at += 10'007) {
      const auto piece = std::string_view(content).substr(at, 10'007);
      EXPECT_EQ(::write(in.get(), piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
    }
  });
  const auto read = read_whole(out.get(), content.size());
  writer.join();
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, content);
}

TEST(ReadWhole, APipeThatNobodyWroteToIsEmpty) {
  auto [out, in] = make_pipe();
  in = Descriptor();
  EXPECT_EQ(*read_whole(out.get(), 10), "");
}

TEST(ReadWhole, MoreThanTheLimitIsRefusedOfFilesAndPipes) {
  const auto file = file_of("12345");
  EXPECT_EQ(read_whole(file.get(), 4).error().code(), Code::too_large);
  EXPECT_EQ(*read_whole(file.get(), 5), "12345");
  auto [out, in] = make_pipe();
  ASSERT_EQ(::write(in.get(), "12345", 5), 5);
  in = Descriptor();
  EXPECT_EQ(read_whole(out.get(), 4).error().code(), Code::too_large);
}

TEST(ReadWhole, WhatCannotBeReadIsSaid) {
  const Descriptor folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto read = read_whole(folder.get(), 10);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), Code::store_unavailable);
}

}  // namespace
}  // namespace quanji::base
