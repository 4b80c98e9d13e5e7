#include "gtn/runs/run_directory.h"

#include <stdexcept>

#include "gtn/core/config_reader.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLock = "lock";
constexpr std::string_view kDone = "DONE";

// What a create that was killed may leave behind: the folder is as good as empty.
bool is_leftover(const fs::path& entry) {
  const std::string name = entry.filename().string();
  return name == kLock || name.starts_with("config.toml.tmp");
}

void refuse_foreign(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    throw usage_error(path.string(), "is a file, a run needs a folder; choose another --out");
  if (RunDirectory::is_run(path))
    throw usage_error(path.string(),
                      "holds a run already; go on with it by --resume " + path.string() + ", or choose another --out");
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error))
    if (!is_leftover(entry.path()))
      throw usage_error(path.string(), "is not empty and holds no run; choose another --out, so that nothing is mixed");
}

void require_run(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw usage_error(path.string(), "does not exist; give the folder of a run");
  if (!RunDirectory::is_run(path))
    throw usage_error(path.string(), "is no run (it holds no config.toml); give the folder that --out named");
}

}  // namespace

RunDirectory RunDirectory::create(const fs::path& path, std::string_view resolved_toml) {
  refuse_foreign(path);
  make_folder(path);
  FileLock lock(path / kLock);
  refuse_foreign(path);  // again, as another process may have been faster
  RunDirectory run(path, std::move(lock));
  write_file_atomic(run.config(), resolved_toml);
  return run;
}

RunDirectory RunDirectory::open(const fs::path& path) {
  require_run(path);
  return {path, FileLock(path / kLock)};
}

RunDirectory RunDirectory::view(const fs::path& path) {
  require_run(path);
  return {path, std::nullopt};
}

bool RunDirectory::is_run(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path / "config.toml", error);
}

std::string RunDirectory::config_text() const { return read_config_file(config()); }

void RunDirectory::mark_done() {
  if (!lock_) throw std::logic_error("a run that is only viewed cannot be marked done");
  write_file_atomic(path_ / kDone, "");
}

bool RunDirectory::done() const {
  std::error_code error;
  return fs::exists(path_ / kDone, error);
}

}  // namespace gtn
