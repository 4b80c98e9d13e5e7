#include "gtn/core/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "tests/core/expect_error.h"
#include "tests/core/full_disk.h"

namespace gtn {
namespace {
namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  void SetUp() override { make_folder(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  int64_t entries() const { return std::distance(fs::directory_iterator(folder_), fs::directory_iterator()); }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("gtn_file_test" + std::to_string(::getpid()));
};

TEST_F(File, a_write_replaces_the_whole_and_leaves_nothing_beside) {
  write_file_atomic(folder_ / "a", "a longer first text");
  write_file_atomic(folder_ / "a", std::string_view("b\0c", 3));
  EXPECT_EQ(read_file(folder_ / "a"), std::string("b\0c", 3));
  EXPECT_EQ(entries(), 1);
}

TEST_F(File, a_full_disk_keeps_the_old_bytes) {
  write_file_atomic(folder_ / "a", "old");
  const std::string large(1 << 16, 'x');
  {
    const FullDisk full(4096);
    expect_error([&] { write_file_atomic(folder_ / "a", large); }, ErrorKind::failure,
                 {(folder_ / "a").string(), "could not be written", "free some space", "Nothing was overwritten"});
  }
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(entries(), 1) << "a temporary file remains";
  write_file_atomic(folder_ / "a", large);
  EXPECT_EQ(read_file(folder_ / "a"), large);
}

TEST_F(File, all_bytes_are_written_or_the_reason_is_known) {
  const fs::path path = folder_ / "a";
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_GE(descriptor, 0);
  const std::string large(10'000, 'x');
  EXPECT_TRUE(write_all(descriptor, large));
  EXPECT_TRUE(write_all(descriptor, ""));
  {
    const FullDisk full(15'000);
    EXPECT_FALSE(write_all(descriptor, large));
    EXPECT_EQ(errno, EFBIG);
  }
  ::close(descriptor);
  EXPECT_EQ(fs::file_size(path), 15'000u) << "what there was room for";
}

TEST_F(File, an_absent_or_unwritable_folder_is_named) {
  expect_error([&] { write_file_atomic(folder_ / "none" / "a", "x"); }, ErrorKind::failure,
               {"none/a", "No such file or directory", "choose another folder"});
  if (::geteuid() == 0) return;  // root may write everywhere
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  expect_error([&] { write_file_atomic(folder_ / "a", "x"); }, ErrorKind::failure, {"Permission denied"});
  fs::permissions(folder_, fs::perms::owner_all);
}

TEST_F(File, a_folder_is_no_file) {
  make_folder(folder_ / "sub");
  expect_error([&] { write_file_atomic(folder_ / "sub", "x"); }, ErrorKind::failure, {"sub", "could not be written"});
  expect_error([&] { read_file(folder_ / "sub"); }, ErrorKind::failure, {"sub", "is a folder, a file is needed"});
  EXPECT_EQ(entries(), 1) << "a temporary file remains";
}

TEST_F(File, reading_is_bounded_and_an_absent_file_is_named) {
  write_file_atomic(folder_ / "a", "12345");
  EXPECT_EQ(read_file(folder_ / "a", 5), "12345");
  expect_error([&] { read_file(folder_ / "a", 4); }, ErrorKind::failure, {"has 5 bytes, more than the 4"});
  expect_error([&] { read_file(folder_ / "b"); }, ErrorKind::failure, {"cannot be opened", "check the path"});
}

TEST_F(File, a_folder_is_made_with_its_parents_unless_a_file_is_in_the_way) {
  make_folder(folder_ / "x" / "y");
  make_folder(folder_ / "x" / "y");
  EXPECT_TRUE(fs::is_directory(folder_ / "x" / "y"));
  write_file_atomic(folder_ / "a", "x");
  expect_error([&] { make_folder(folder_ / "a"); }, ErrorKind::failure, {"could not be created"});
  expect_error([&] { make_folder(folder_ / "a" / "b"); }, ErrorKind::failure, {"could not be created"});
}

}  // namespace
}  // namespace gtn
