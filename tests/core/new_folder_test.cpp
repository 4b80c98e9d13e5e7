#include "gtn/core/new_folder.h"

#include "gtn/core/file.h"
#include "tests/core/expect_error.h"
#include "tests/core/full_disk.h"
#include "tests/core/temporary_folder.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

int64_t count_entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(NewFolder, is_there_when_it_is_whole) {
  const TemporaryFolder folder;
  NewFolder made(folder / "pets/");
  made.write("cat/1.png", "one");
  made.write("cat/2.png", std::string("t\0o", 3));
  EXPECT_FALSE(fs::exists(folder / "pets"));
  made.finish();
  EXPECT_EQ(read_file(folder / "pets/cat/1.png"), "one");
  EXPECT_EQ(read_file(folder / "pets/cat/2.png"), std::string("t\0o", 3));
  EXPECT_EQ(count_entries(folder.path()), 1);
}

TEST(NewFolder, leaves_nothing_where_it_was_not_finished_or_the_disk_is_full) {
  const TemporaryFolder folder;
  { NewFolder(folder / "a").write("x", "1"); }
  {
    NewFolder made(folder / "b");
    const FullDisk full(4096);
    expect_error([&] { made.write("large", std::string(1 << 16, 'x')); }, ErrorKind::failure,
                 {"b/large", "could not be written", "free some space"});
  }
  EXPECT_EQ(count_entries(folder.path()), 0);
}

TEST(NewFolder, takes_the_place_of_an_empty_folder_alone) {
  const TemporaryFolder folder;
  make_folder(folder / "empty");
  NewFolder made(folder / "empty");
  made.write("x", "1");
  made.finish();
  EXPECT_EQ(read_file(folder / "empty/x"), "1");
  expect_error([&] { NewFolder(folder / "empty"); }, ErrorKind::usage, {"empty", "is there already", "--out"});
  write_file_atomic(folder / "file", "old");
  expect_error([&] { NewFolder(folder / "file"); }, ErrorKind::usage, {"is there already"});
  EXPECT_EQ(read_file(folder / "file"), "old");
}

}  // namespace
}  // namespace gtn
