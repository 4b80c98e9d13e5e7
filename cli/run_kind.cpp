#include "cli/run_kind.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "cli/search_config.h"
#include "cli/study_config.h"
#include "gtn/core/config.h"
#include "gtn/core/config_reader.h"
#include "gtn/core/error.h"
#include "gtn/runs/trial_store.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

template <ConfigStruct Config>
bool is_config(const std::string& text) {
  try {
    Config config;
    read_toml(config, text, "");
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string verb_of(const std::string& kind) { return kind == "training" ? "train" : kind; }

// By key with its section, the lines of what to_toml() wrote.
std::map<std::string, std::string> lines_of(const std::string& toml) {
  std::map<std::string, std::string> lines;
  std::istringstream stream(toml);
  std::string section;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("[")) section = line.substr(1, line.find(']') - 1) + ".";
    const size_t equals = line.find(" = ");
    if (!line.starts_with("[") && equals != std::string::npos) lines[section + line.substr(0, equals)] = line;
  }
  return lines;
}

}  // namespace

std::string kind_of(const RunDirectory& run) {
  const std::string config = run.config_text();
  if (!fs::exists(run.path() / kTrialFile)) return is_config<SearchConfig>(config) ? "search" : "training";
  return is_config<StudyConfig>(config) ? "study" : "search";
}

RunDirectory view_run_of(const std::string& kind, const std::string& path) {
  RunDirectory run = RunDirectory::view(path);
  const std::string is = kind_of(run);
  if (is != kind)
    throw usage_error(path, "is a run of gtn " + verb_of(is) + ", not of gtn " + verb_of(kind) +
                                "; go on with it by gtn " + verb_of(is) + " --resume " + path);
  return run;
}

void check_unchanged(const RunDirectory& run, const std::string& toml, const std::vector<std::string>& may_change) {
  if (!fs::exists(run.path() / kBegunWith)) return;
  auto before = lines_of(read_config_file(run.path() / kBegunWith));
  Faults faults(run.config().string());
  for (const auto& [key, line] : lines_of(toml))
    if (before[key] != line && std::ranges::find(may_change, key) == may_change.end())
      faults.add("'" + key + "' is not what the run was begun with; restore it, or begin anew with --out");
  faults.throw_if_any(ErrorKind::usage);
}

}  // namespace gtn
