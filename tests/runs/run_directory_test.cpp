#include "gtn/runs/run_directory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>

#include "gtn/core/file.h"
#include "tests/core/expect_error.h"

namespace gtn {
namespace {
namespace fs = std::filesystem;

class Run : public testing::Test {
 protected:
  void SetUp() override { make_folder(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("gtn_run_test" + std::to_string(::getpid()));
  const fs::path path_ = folder_ / "sub" / "run";
};

TEST_F(Run, is_created_with_its_config_and_opened_again) {
  {
    const RunDirectory run = RunDirectory::create(path_, "steps = 3\n");
    EXPECT_EQ(run.config_text(), "steps = 3\n");
    EXPECT_EQ(run.metrics(), path_ / "metrics.jsonl");
    EXPECT_EQ(run.events(), path_ / "tensorboard");
    EXPECT_EQ(run.checkpoint(), path_ / "checkpoint.safetensors");
    EXPECT_EQ(run.teacher(), path_ / "teacher.safetensors");
    EXPECT_EQ(run.log(), path_ / "log.txt");
  }
  EXPECT_EQ(RunDirectory::open(path_).config_text(), "steps = 3\n");
  EXPECT_EQ(RunDirectory::view(path_).path(), path_);
}

TEST_F(Run, is_never_overwritten) {
  { RunDirectory::create(path_, "first"); }
  expect_error([&] { RunDirectory::create(path_, "second"); }, ErrorKind::usage,
               {path_.string() + ": holds a run already", "--resume " + path_.string(), "choose another --out"});
  EXPECT_EQ(RunDirectory::view(path_).config_text(), "first");
}

TEST_F(Run, is_not_mixed_with_other_files) {
  write_file_atomic(folder_ / "thesis.txt", "dear");
  expect_error([&] { RunDirectory::create(folder_, ""); }, ErrorKind::usage,
               {folder_.string(), "is not empty and holds no run", "choose another --out"});
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1) << "something was added";
  expect_error([&] { RunDirectory::create(folder_ / "thesis.txt", ""); }, ErrorKind::usage, {"is a file", "--out"});
  expect_error([&] { RunDirectory::create("/proc/gtn", ""); }, ErrorKind::failure,
               {"/proc/gtn", "could not be created"});
}

TEST_F(Run, may_take_the_place_of_one_that_was_killed_while_it_was_created) {
  make_folder(path_);
  write_file_atomic(path_ / "lock", "12\n");
  write_file_atomic(path_ / "config.toml.tmp12", "ste");
  EXPECT_EQ(RunDirectory::create(path_, "steps = 3\n").config_text(), "steps = 3\n");
}

TEST_F(Run, holds_what_it_needs_before_it_is_one) {
  const std::map<std::string, std::string> files{{"teacher.safetensors", "knows"}, {"space.toml", "wide"}};
  make_folder(path_);
  write_file_atomic(path_ / "space.toml", "mine");
  expect_error([&] { RunDirectory::create(path_, "", files); }, ErrorKind::usage, {"is not empty"});
  write_file_atomic(path_ / "lock", "12\n");  // of one that was killed after its first file
  write_file_atomic(path_ / "teacher.safetensors.tmp12", "kno");
  EXPECT_FALSE(RunDirectory::is_run(path_));
  expect_error([&] { RunDirectory::create(path_, ""); }, ErrorKind::usage, {"is not empty"});
  EXPECT_TRUE(RunDirectory::is_run(RunDirectory::create(path_, "", files).path()));
  EXPECT_EQ(read_file(path_ / "space.toml"), "wide");
  EXPECT_EQ(read_file(path_ / "teacher.safetensors"), "knows");
}

TEST_F(Run, a_folder_that_is_taken_is_refused_before_the_work) {
  EXPECT_NO_THROW(RunDirectory::check_free(path_));
  make_folder(path_);
  EXPECT_NO_THROW(RunDirectory::check_free(path_)) << "an empty one";
  write_file_atomic(path_ / "space.toml", "mine");
  expect_error([&] { RunDirectory::check_free(path_); }, ErrorKind::usage, {"is not empty"});
  expect_error([&] { RunDirectory::check_free(path_ / "space.toml"); }, ErrorKind::usage, {"is a file"});
  write_file_atomic(path_ / "lock", "12\n");
  EXPECT_NO_THROW(RunDirectory::check_free(path_)) << "create() knows what a killed one may have left";
  write_file_atomic(path_ / "config.toml", "");
  expect_error([&] { RunDirectory::check_free(path_); }, ErrorKind::usage, {"holds a run already"});
}

TEST_F(Run, is_told_from_other_folders) {
  expect_error([&] { RunDirectory::open(path_); }, ErrorKind::usage, {path_.string(), "does not exist"});
  expect_error([&] { RunDirectory::open(folder_); }, ErrorKind::usage, {folder_.string(), "is no run", "config.toml"});
  expect_error([&] { RunDirectory::view(folder_); }, ErrorKind::usage, {"is no run"});
  EXPECT_FALSE(RunDirectory::is_run(folder_));
  { RunDirectory::create(path_, ""); }
  EXPECT_TRUE(RunDirectory::is_run(path_));
}

TEST_F(Run, is_done_when_it_says_so) {
  RunDirectory run = RunDirectory::create(path_, "");
  EXPECT_FALSE(run.done());
  run.mark_done();
  EXPECT_TRUE(run.done());
  EXPECT_TRUE(RunDirectory::view(path_).done());
  EXPECT_THROW(RunDirectory::view(path_).mark_done(), std::logic_error);
  run.mark_open();
  EXPECT_FALSE(run.done());
  run.mark_open();
  EXPECT_THROW(RunDirectory::view(path_).mark_open(), std::logic_error);
}

TEST_F(Run, has_one_writer_and_the_lock_moves_with_it) {
  const std::string me = "process " + std::to_string(::getpid());
  {
    RunDirectory first = RunDirectory::create(path_, "");
    const RunDirectory run = std::move(first);
    expect_error([&] { RunDirectory::open(path_); }, ErrorKind::failure,
                 {path_.string(), "is being written by " + me, "wait until it ends"});
    EXPECT_NO_THROW(RunDirectory::view(path_));
  }
  EXPECT_NO_THROW(RunDirectory::open(path_));
}

TEST_F(Run, is_free_again_when_its_writer_is_killed) {
  { RunDirectory::create(path_, ""); }
  std::array<int, 2> ready;
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FileLock lock(path_ / "lock");
    static_cast<void>(!::write(ready[1], "x", 1));
    for (;;) ::pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_error([&] { RunDirectory::open(path_); }, ErrorKind::failure, {"process " + std::to_string(child)});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(RunDirectory::open(path_));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace gtn
