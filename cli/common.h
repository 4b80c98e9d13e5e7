// What several verbs share: the flags every run takes, progress on a terminal, and finding an artefact.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>

#include "gtn/data/artefact.h"
#include "gtn/data/dataset.h"
#include "gtn/runs/progress.h"

namespace gtn {

struct MachineFlags {
  int threads = 0;  // 0: as many as the machine has cores
  std::string device = "cpu";
  std::vector<std::string> data;  // folders to look for data sets in, before the usual ones

  void add_to(CLI::App& verb);
  // The threads alone.
  void add_threads_to(CLI::App& verb);
  int thread_count() const;
  // Applies the threads and returns the device.
  at::Device apply() const;
  std::vector<std::filesystem::path> data_folders() const;
};

// A line on stderr that is written over, at most ten times a second; silent where stderr is no terminal.
class ProgressLine {
 public:
  ProgressLine(std::string label, int64_t done, int64_t total);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(int64_t done, const std::string& note = "");

 private:
  std::string label_;
  bool terminal_;
  ProgressClock clock_;
  ProgressClock::Time shown_{};
};

// Of an option: a number above 0. (CLI::PositiveNumber writes out the largest double where it refuses.)
CLI::Validator positive_number();
// A whole number from `least` to `most`.
CLI::Validator whole_number(int64_t least = 0, int64_t most = std::numeric_limits<int64_t>::max());

// An argument as a shell reads it: in quotes where it needs them.
std::string shell_word(const std::string& text);

struct FoundArtefact {
  Artefact artefact;
  std::optional<std::filesystem::path> run;  // the run directory it came from, if it did
};

// `path` is an artefact or a run directory. Throws where there is neither, or the run has no teacher yet.
FoundArtefact find_artefact(const std::filesystem::path& path);

}  // namespace gtn
