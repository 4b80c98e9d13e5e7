#include "gtn/runs/run_directory.h"

#include <algorithm>
#include <stdexcept>

#include "gtn/core/config_reader.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLock = "lock";
constexpr std::string_view kDone = "DONE";
constexpr std::string_view kConfig = "config.toml";

using Files = std::map<std::string, std::string>;

// What a create that was killed may leave behind: the folder is as good as empty. It began with the lock; without one,
// files of those names are a person's own.
bool is_leftover(const fs::path& entry, const Files& files) {
  std::string name = entry.filename().string();
  name.resize(std::min(name.size(), name.find(".tmp")));  // of a file that was being written
  std::error_code error;
  const bool begun = fs::exists(entry.parent_path() / kLock, error);
  return name == kLock || name == kConfig || (begun && files.contains(name));
}

void refuse_foreign(const fs::path& path, const Files& files) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    throw usage_error(path.string(), "is a file, a run needs a folder; choose another --out");
  if (RunDirectory::is_run(path))
    throw usage_error(path.string(), fs::exists(path / kDone, error)
                                         ? "holds a run that is finished; choose another --out"
                                         : "holds a run already; go on with it by --resume " + path.string() +
                                               ", or choose another --out");
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error))
    if (!is_leftover(entry.path(), files))
      throw usage_error(path.string(), "is not empty and holds no run; choose another --out, so that nothing is mixed");
}

void require_run(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw usage_error(path.string(), "does not exist; give the folder of a run");
  if (!RunDirectory::is_run(path))
    throw usage_error(path.string(), "is no run (it holds no config.toml); give the folder that --out named");
}

}  // namespace

RunDirectory RunDirectory::create(const fs::path& path, std::string_view resolved_toml, const Files& files) {
  refuse_foreign(path, files);
  make_folder(path);
  FileLock lock(path / kLock);
  refuse_foreign(path, files);  // again, as another process may have been faster
  RunDirectory run(path, std::move(lock));
  for (const auto& [name, bytes] : files) write_file_atomic(path / name, bytes);
  write_file_atomic(run.config(), resolved_toml);
  return run;
}

void RunDirectory::check_free(const fs::path& path) {
  std::error_code error;
  if (is_run(path) || !fs::exists(path / kLock, error)) refuse_foreign(path, {});
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

void RunDirectory::mark_open() {
  if (!lock_) throw std::logic_error("a run that is only viewed cannot be opened again");
  std::error_code error;
  fs::remove(path_ / kDone, error);
  if (error) throw failure((path_ / kDone).string(), "cannot be removed: " + error.message());
}

bool RunDirectory::done() const {
  std::error_code error;
  return fs::exists(path_ / kDone, error);
}

}  // namespace gtn
