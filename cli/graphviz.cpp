#include "cli/graphviz.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

#include "gtn/core/error.h"

namespace gtn {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Without a name, so that it is gone when it is closed. Unlike a pipe, it waits for nobody.
File unnamed_file() {
  File file(std::tmpfile());
  if (!file) throw failure("temporary folder", "no file can be made there");
  return file;
}

// Runs `dot` between two files. No shell reads its arguments. Returns its exit code; 127 where it cannot be started.
int run_dot(std::FILE* input, std::FILE* output) {
  std::array<char*, 3> arguments{};
  std::string name = "dot", format = "-Tsvg";
  arguments = {name.data(), format.data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(input), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(output), STDOUT_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, name.c_str(), &actions, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || ::waitpid(child, &status, 0) != child) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

std::string svg_of_dot(const std::string& dot) {
  const File input = unnamed_file(), output = unnamed_file();
  if (std::fwrite(dot.data(), 1, dot.size(), input.get()) != dot.size() || std::fflush(input.get()) != 0)
    throw failure("temporary folder", "is full");
  std::rewind(input.get());
  const int code = run_dot(input.get(), output.get());
  if (code == 127)
    throw failure("dot", "is not installed, and draws the picture; install Graphviz, or write the graph with --dot");
  if (code != 0) throw failure("dot", "ended with code " + std::to_string(code) + " and drew no picture");
  std::rewind(output.get());
  std::string svg;
  std::array<char, 4096> buffer;
  for (size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), output.get())) > 0;) svg.append(buffer.data(), n);
  return svg;
}

}  // namespace gtn
