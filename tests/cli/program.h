// Runs the built program as a person would, and a tiny data set for it to work on.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "cli/program.h"
#include "gtn/core/blas_core.h"
#include "tests/core/run_command.h"
#include "tests/data/files.h"

namespace gtn {

// A fork has none of its parent's threads, and would wait for those of OpenMP: this process starts none.
inline const bool kHasNoThreads = (at::set_num_threads(1), true);

// The built program multiplies as this process does, so that both give the same bits.
inline const bool kMultipliesAlike = ::setenv("OPENBLAS_CORETYPE", blas_core().c_str(), 0) == 0;

// The built program, given `arguments` as a shell reads them.
inline CommandResult start_program(const std::string& arguments) {
  return run_command(std::string(GTN_PROGRAM) + " " + arguments);
}

// The same in a fork of this process, which saves the second that the program takes to load its libraries. A file limit
// (FullDisk) and the working folder are those of this process. Sanitizers get the real one, and look for leaks when it
// ends.
inline CommandResult run_program(const std::string& arguments) {
#if defined(__SANITIZE_ADDRESS__)
  return start_program(arguments);
#else
  wordexp_t words;
  int ends[2];
  if (::wordexp(("gtn " + arguments).c_str(), &words, WRDE_NOCMD | WRDE_UNDEF) != 0 || ::pipe(ends) != 0)
    throw std::invalid_argument("run_program: cannot be started with " + arguments);
  std::fflush(nullptr);  // or both processes would write what waits
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    const int code = run_verb(static_cast<int>(words.we_wordc), words.we_wordv);
    std::fflush(nullptr);
    ::_exit(code);
  }
  ::close(ends[1]);
  CommandResult outcome{0, {}};
  char buffer[4096];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    outcome.output.append(buffer, static_cast<size_t>(n));
  ::close(ends[0]);
  ::wordfree(&words);
  int status = 0;
  ::waitpid(child, &status, 0);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
#endif
}

// Starts the program and sends it `signal` once it is `ready`, which is asked again and again. Returns its wait status.
inline int start_and_signal(const std::string& arguments, const std::function<bool()>& ready, int signal) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string command = std::string("exec ") + GTN_PROGRAM + " " + arguments + " >/dev/null 2>&1";
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ready() && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(child, signal);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

// The same once `lines` meta-iterations are recorded.
inline int start_and_signal(const std::string& arguments, const std::filesystem::path& metrics, int lines, int signal) {
  return start_and_signal(
      arguments,
      [&] {
        std::ifstream stream(metrics);
        return std::count(std::istreambuf_iterator<char>(stream), {}, '\n') >= lines;
      },
      signal);
}

// Three classes of 8 x 8 images that a small network tells apart: noise, and one brighter third of the rows.
inline void write_tiny_dataset(const std::filesystem::path& folder) {
  const auto split = [&](const std::string& prefix, int64_t count) {
    const Tensor labels = at::arange(count, at::kLong) % 3;
    Tensor images = Key(static_cast<uint64_t>(count)).uniform({count, 8, 8}, 0, 120);
    for (int64_t i = 0; i < count; ++i) images[i].narrow(0, 3 * (i % 3) - (i % 3 == 2), 3).add_(100);
    write_file_atomic(folder / (prefix + "-images-idx3-ubyte"), idx_bytes(images));
    write_file_atomic(folder / (prefix + "-labels-idx1-ubyte"), idx_bytes(labels));
  };
  split("train", 300);
  split("t10k", 90);
}

}  // namespace gtn
