#include "gtn/runs/metrics.h"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

struct Line {
  std::string_view text;  // without its end
  Json json;
};

bool has_iteration(const Json& json) {
  return json.is_object() && json.contains("iteration") && json["iteration"].is_number_integer();
}

// The whole lines of `text`, which must outlive them.
std::vector<Line> parse_lines(std::string_view text, const fs::path& path) {
  std::vector<Line> lines;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    Line line{text.substr(0, end), nullptr};
    line.json = parse_json(line.text);
    if (!has_iteration(line.json))
      throw failure(path.string(), "line " + std::to_string(lines.size() + 1) +
                                       " is no JSON object with an integer \"iteration\"; mend or delete that line");
    lines.push_back(std::move(line));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

MetricsLog::MetricsLog(fs::path path) : path_(std::move(path)), file_(std::make_unique<AppendFile>(path_)) {
  const std::string text = read_file(path_);
  const size_t whole = text.rfind('\n') + 1;  // 0 where there is no whole line
  if (whole < text.size()) file_->cut(whole);
}

void MetricsLog::append(const Json& line) {
  if (!has_iteration(line)) throw std::invalid_argument("a line of metrics is an object with an integer \"iteration\"");
  file_->append(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void MetricsLog::truncate_after(int64_t iteration) {
  const std::string text = read_file(path_);
  std::string kept;
  for (const Line& line : parse_lines(text, path_))
    if (line.json["iteration"].get<int64_t>() <= iteration) kept.append(line.text).append("\n");
  write_file_atomic(path_, kept);
  file_ = std::make_unique<AppendFile>(path_);  // the old one is of the file that was replaced
}

std::vector<Json> read_metrics(const fs::path& path) {
  const std::string text = read_file(path);
  std::vector<Json> metrics;
  for (Line& line : parse_lines(text, path)) metrics.push_back(std::move(line.json));
  return metrics;
}

}  // namespace gtn
