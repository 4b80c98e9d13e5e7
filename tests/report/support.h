// What the tests of this floor share: a folder that goes away, and a Python to read our files with.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "gtn/core/file.h"

namespace gtn {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gtn_report_XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no scratch folder at " + name);
    path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct PythonResult {
  int status;
  std::string output;
};

// Runs a script, given as text, with one argument. Debian's interpreter, because Debian's numpy is beside it.
inline PythonResult run_python(const ScratchFolder& folder, const std::string& script,
                               const std::filesystem::path& argument) {
  const std::filesystem::path file = folder / "script.py";
  write_file_atomic(file, script);
  FILE* pipe = ::popen(("/usr/bin/python3 " + file.string() + " " + argument.string() + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("no shell");
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

// The message of the exception of type E that `action` throws; a failed expectation where it throws none.
template <typename E, typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace gtn
