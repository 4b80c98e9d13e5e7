// The course of a run: one JSON object a line, in metrics.jsonl. A process may be killed in the middle of a line; such
// a torn end is no data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "gtn/core/json.h"
#include "gtn/runs/append_file.h"

namespace gtn {

class MetricsLog {
 public:
  // Opens the file to append, creates it where there is none, and cuts a torn last line. Throws a failure where the
  // file cannot be written.
  explicit MetricsLog(std::filesystem::path path);

  // Adds a line and hands it to the system before it returns. `line` is an object whose integer "iteration" says when;
  // throws std::invalid_argument otherwise. Numbers that are not finite become null. Throws a failure where the disk is
  // full; then the file is as it was.
  void append(const Json& line);

  // Drops every line of a later iteration: what an interrupted run wrote after its last checkpoint, which it will write
  // again. The file is replaced at once. Throws a failure where that is denied; then it is as it was.
  void truncate_after(int64_t iteration);

 private:
  std::filesystem::path path_;
  std::unique_ptr<AppendFile> file_;
};

// Every whole line, in order. Throws a failure where the file cannot be read, or a whole line is no object with an
// iteration; the message names the line.
std::vector<Json> read_metrics(const std::filesystem::path& path);

}  // namespace gtn
