#include "cli/common.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "gtn/core/error.h"
#include "gtn/core/machine.h"
#include "gtn/nets/traits.h"
#include "gtn/runs/run_directory.h"

namespace gtn {
namespace fs = std::filesystem;

void MachineFlags::add_threads_to(CLI::App& verb) {
  verb.add_option("--threads", threads, "threads, within a step or one a learner (default: the machine's cores)")
      ->check(whole_number(1, 1024));
}

void MachineFlags::add_to(CLI::App& verb) {
  add_threads_to(verb);
  verb.add_option("--device", device, "cpu or cuda (default: cpu)");
  verb.add_option("--data", data, "folders to look for data sets in, before the usual ones")->check(CLI::ExistingPath);
}

int MachineFlags::thread_count() const { return threads > 0 ? threads : describe_machine().cores; }

at::Device MachineFlags::apply() const {
  configure_process(thread_count());
  return parse_device(device);
}

std::vector<fs::path> MachineFlags::data_folders() const {
  std::vector<fs::path> folders(data.begin(), data.end());
  for (const fs::path& folder : default_data_folders()) folders.push_back(folder);
  return folders;
}

CLI::Validator positive_number() {
  const auto fault = [](const std::string& text) -> std::string {
    double value = 0;
    const bool is_number = CLI::detail::lexical_cast(text, value);
    return is_number && value > 0 ? "" : "must be a number above 0, not '" + text + "'";
  };
  return {fault, "POSITIVE", "positive"};
}

CLI::Validator whole_number(int64_t least, int64_t most) {
  const bool bounded = most < std::numeric_limits<int64_t>::max();
  const std::string range = std::to_string(least) + (bounded ? " to " + std::to_string(most) : " on");
  const auto fault = [=](const std::string& text) -> std::string {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole && value >= least && value <= most
               ? ""
               : "must be a whole number from " + range + ", not '" + text + "'";
  };
  return {fault, bounded ? std::to_string(least) + " to " + std::to_string(most) : "from " + std::to_string(least),
          "whole"};
}

std::string shell_word(const std::string& text) {
  if (!text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=-") == text.npos)
    return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

ProgressLine::ProgressLine(std::string label, int64_t done, int64_t total)
    : label_(std::move(label)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      clock_(done, total, std::chrono::steady_clock::now()) {}

ProgressLine::~ProgressLine() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::update(int64_t done, const std::string& note) {
  const auto now = std::chrono::steady_clock::now();
  clock_.update(done, now);
  if (!terminal_ || now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  std::fprintf(stderr, "\r\033[K%s  %s  %s", label_.c_str(), format_progress(clock_).c_str(), note.c_str());
  std::fflush(stderr);
}

namespace {

// Before format version 5 a learned multiplier of the step sizes stood among the teacher's own parameters.
Artefact load_any_artefact(const fs::path& path) {
  Artefact artefact = load_artefact(path);
  const auto old = artefact.teacher.find("population.log_multipliers");
  const Shape traits{static_cast<int64_t>(trait_names().size())};
  if (old != artefact.teacher.end() && artefact.traits.empty() && old->second.sizes() == traits &&
      old->second.scalar_type() == at::kFloat && at::isfinite(old->second).all().item<bool>()) {
    artefact.traits = trait_names();
    artefact.log_multipliers = old->second;
    artefact.teacher.erase(old);
  }
  return artefact;
}

}  // namespace

FoundArtefact find_artefact(const fs::path& path) {
  const std::string extension = path.extension().string();
  if (fs::is_regular_file(path) && !extension.empty() && extension != ".safetensors")
    throw usage_error(path.string(),
                      "is no teacher; give a run's folder, or its teacher.safetensors (gtn train DATA learns one)");
  if (!fs::exists(path))
    throw usage_error(path.string(), "is not there; give a run's folder, or its teacher.safetensors");
  if (!fs::is_directory(path)) return {load_any_artefact(path), std::nullopt};
  const RunDirectory run = RunDirectory::view(path);
  if (!fs::exists(run.teacher()))
    throw failure(path.string(),
                  "this run has no teacher yet; finish it with 'gtn train --resume " + path.string() + "'");
  return {load_any_artefact(run.teacher()), path};
}

}  // namespace gtn
