// What the tests of this floor share: a Python to read our files with.
#pragma once

#include "gtn/core/file.h"
#include "tests/core/expect_error.h"
#include "tests/core/run_command.h"
#include "tests/core/temporary_folder.h"

namespace gtn {

// Runs a script, given as text, with one argument. Debian's interpreter, because Debian's numpy is beside it.
inline CommandResult run_python(const TemporaryFolder& folder, const std::string& script,
                                const std::filesystem::path& argument) {
  const std::filesystem::path file = folder / "script.py";
  write_file_atomic(file, script);
  return run_command("/usr/bin/python3 " + file.string() + " " + argument.string());
}

}  // namespace gtn
