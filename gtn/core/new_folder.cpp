#include "gtn/core/new_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {
namespace fs = std::filesystem;

NewFolder::NewFolder(fs::path path) : path_(path.lexically_normal()) {
  if (!path_.has_filename()) path_ = path_.parent_path();
  std::error_code ignored;
  if (fs::exists(path_, ignored) && !(fs::is_directory(path_) && fs::is_empty(path_, ignored)))
    throw usage_error(path_.string(), "is there already; give --out the name of a new folder");
  part_ = path_.string() + ".part" + std::to_string(::getpid());
  make_folder(part_);
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  fs::remove_all(part_, ignored);
}

void NewFolder::write(const fs::path& name, std::string_view bytes) const {
  const fs::path file = part_ / name;
  make_folder(file.parent_path());
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream)
    throw failure((path_ / name).string(), std::string("could not be written (") + std::strerror(errno) +
                                               "); free some space or choose another folder");
}

void NewFolder::finish() {
  const auto deny = [&] {
    throw failure(path_.string(), std::string("could not be made (") + std::strerror(errno) + ")");
  };
  const int folder = ::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::syncfs(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!synced) deny();
  std::error_code error;
  fs::rename(part_, path_, error);  // also over an empty folder
  if (error) {
    errno = error.value();
    deny();
  }
}

}  // namespace gtn
