// The folder of one run: everything that is needed to go on with it, judge it and repeat it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gtn/runs/file_lock.h"

namespace gtn {

class RunDirectory {
 public:
  // Makes the folder, locks it and writes `files` (name to bytes), which the run needs from the start, and config.toml,
  // by which it is a run: one that was killed before may be created again. Throws a usage error where the folder holds
  // a run already or other files, and a failure where it cannot be written.
  static RunDirectory create(const std::filesystem::path& path, std::string_view resolved_toml,
                             const std::map<std::string, std::string>& files = {});

  // Throws what create() throws of a folder that is taken, to be called before the work that comes before create().
  // What a killed create() may have left is let through.
  static void check_free(const std::filesystem::path& path);

  // Locks a run to go on with it. Throws a usage error where `path` is no run, and a failure where another process
  // writes to it.
  static RunDirectory open(const std::filesystem::path& path);

  // A run to read from only, also while another process writes to it. Throws a usage error where `path` is no run.
  static RunDirectory view(const std::filesystem::path& path);

  // Whether `path` is a folder that holds a run.
  static bool is_run(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path events() const { return path_ / "tensorboard"; }  // a folder
  std::filesystem::path checkpoint() const { return path_ / "checkpoint.safetensors"; }
  std::filesystem::path experts() const { return path_ / "experts.safetensors"; }
  std::filesystem::path teacher() const { return path_ / "teacher.safetensors"; }
  std::filesystem::path sittings() const { return path_ / "sittings.json"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }

  // The resolved configuration, as written by create.
  std::string config_text() const;

  // Says that the run is complete; the last write of all. Throws a failure where the disk denies it, and
  // std::logic_error for a view.
  void mark_done();
  bool done() const;
  // There is more to do after all. Throws as mark_done().
  void mark_open();

 private:
  RunDirectory(std::filesystem::path path, std::optional<FileLock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  std::optional<FileLock> lock_;  // none in a view
};

}  // namespace gtn
