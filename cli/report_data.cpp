#include "cli/report_data.h"

#include <algorithm>

#include "cli/common.h"
#include "cli/run_config.h"
#include "cli/run_kind.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/quote.h"
#include "gtn/core/version.h"
#include "gtn/runs/sittings.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kJsonLimit = uint64_t{256} << 20;

// "pop_c2" of "runs/pop_c2/"; of a file with its folder, as many are called alike: "mnist/evaluation-1.json".
std::string name_of_path(const std::string& path) {
  fs::path whole = fs::absolute(path).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  if (fs::is_directory(whole)) return whole.filename().string();
  return (whole.parent_path().filename() / whole.filename()).string();
}

Json json_of(const fs::path& path) {
  Json json = parse_json(read_file(path, kJsonLimit));
  if (json.is_discarded()) throw failure(path.string(), "is no JSON, or cut off");
  return json;
}

// What tools/reproduce noted of a run, in its folder or beside the evaluation: date and commit, and what it cost where
// the run itself does not say (`with_cost`).
void add_record(Json& run, const fs::path& path, bool with_cost) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  const Json record = parse_json(read_file(path, kJsonLimit));
  if (!record.is_object()) return;
  if (with_cost) {
    for (const char* const key : {"seconds", "training_seconds"})
      if (record.contains(key) && record[key].is_number())
        add_fact(run, "training took", format_duration(Seconds(record[key].get<double>())));
    if (record.contains("machine") && record["machine"].is_object()) {
      const Json& machine = record["machine"];
      if (machine.contains("cpu") && machine["cpu"].is_string() && machine.contains("cores"))
        add_fact(run, "machine", machine["cpu"].get<std::string>() + ", " + machine["cores"].dump() + " cores");
    }
  }
  for (const char* const key : {"date", "commit"})
    if (record.contains(key) && record[key].is_string()) add_fact(run, key, record[key].get<std::string>());
}

std::string how_many(int64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// What the run cost, and the machines that worked on it; false where it does not say.
bool add_sittings(Json& run, const RunDirectory& directory) {
  std::vector<Sitting> sittings;
  try {
    sittings = read_sittings(directory.sittings());
  } catch (const Error& error) {
    run["missing"].push_back(error.what());
  }
  if (sittings.empty()) return false;
  Seconds took{};
  for (const Sitting& sitting : sittings) took += Seconds(sitting.seconds);
  const size_t count = sittings.size();
  add_fact(run, "began", sittings.front().began);
  add_fact(run, "took", format_duration(took) + (count > 1 ? ", in " + std::to_string(count) + " sittings" : ""));
  std::vector<std::string> machines;
  for (const Sitting& s : sittings) {
    const std::string machine = s.cpu + ", " + how_many(s.cores, "core") + ", " + how_many(s.threads, "thread") + ", " +
                                s.device + ", gtn " + s.program;
    if (std::ranges::find(machines, machine) == machines.end()) machines.push_back(machine);
  }
  for (const std::string& machine : machines) add_fact(run, "machine", machine);
  return true;
}

void add_artefact_facts(Json& run, const Artefact& a) {
  const Shape shape = shape_of(a.images);
  add_fact(run, "data set", a.dataset + " (fingerprint " + a.dataset_fingerprint + ")");
  add_fact(run, "curriculum",
           std::to_string(a.steps()) + " steps, " + std::to_string(shape[0]) + " batches of " +
               std::to_string(shape[1]) + " images " + to_string({shape[2], shape[3], shape[4]}));
  add_fact(run, "learners that it was taught by", a.learners);
  add_fact(run, "optimiser", a.optimizer);
  if (!a.augmentation.empty()) add_fact(run, "each batch goes through", a.augmentation);
  add_fact(run, "program", "gtn " + a.program_version);
}

void add_teacher(Json& run, const fs::path& path) {
  try {
    const Artefact artefact = find_artefact(path).artefact;
    add_artefact_facts(run, artefact);
    add_part(run, "curriculum", [&] { return curriculum_part(artefact); });
  } catch (const std::exception& error) {
    run["missing"].push_back(error.what());
  }
}

void add_evaluation(Json& run, const Json& evaluation, const std::string& of) {
  add_part(run, "evaluation", [&] { return evaluation_part(evaluation); });
  run["commands"].push_back("gtn evaluate " + of + evaluation_flags(evaluation) +
                            "   # and --seed and --controls, where they were given");
}

void describe_training(Json& run, const RunDirectory& directory, const std::string& path) {
  add_part(run, "training", [&] { return training_part(directory); });
  add_teacher(run, directory.path());
  run["commands"] = {"gtn train --config config.toml --out runs/again"};
  const fs::path evaluation = directory.path() / "evaluation.json";
  if (!fs::exists(evaluation)) {
    run["missing"].push_back("no evaluation yet; make one with: gtn evaluate " + shell_word(path));
    return;
  }
  try {
    add_evaluation(run, json_of(evaluation), "runs/again");
  } catch (const Error& error) {
    run["missing"].push_back(error.what());
  }
}

Json describe_run(const std::string& path) {
  const RunDirectory directory = RunDirectory::view(path);
  const std::string config = directory.config_text();
  Json run{{"name", name_of_path(path)}, {"kind", kind_of(directory)}};
  run["state"] = directory.done() ? "complete" : "not complete: it is being written, or was cut off";
  run["facts"] = run["missing"] = run["commands"] = Json::array();
  run["config"] = config;
  add_record(run, directory.path() / "reproduce.json", !add_sittings(run, directory));
  if (run["kind"] == "training") {
    describe_training(run, directory, path);
    return run;
  }
  if (run["kind"] == "search")
    add_part(run, "search", [&] { return search_part(directory); });
  else
    add_part(run, "study", [&] { return study_part(directory.path()); });
  add_teacher(run, directory.path());
  const std::string teacher = shell_word((fs::path(path) / "teacher.safetensors").string());
  run["commands"] = {run["kind"] == "search"
                         ? "gtn search " + teacher + " --config config.toml --out runs/again"
                         : "gtn study --teacher " + teacher + " --config config.toml --out runs/again"};
  return run;
}

Json describe_json(const std::string& path) {
  const Json json = json_of(path);
  Json run{{"name", name_of_path(path)}, {"state", "a file"}};
  run["facts"] = run["missing"] = run["commands"] = Json::array();
  if (json.is_object() && json.contains("genotypes")) {
    run["kind"] = "study";
    run["study"] = study_part(path);
    if (json.contains("config") && json["config"].is_string()) run["config"] = json["config"];
    return run;
  }
  if (!json.is_object() || (!json.contains("synthetic") && !json.contains("teachers")))
    throw usage_error(path, "is JSON, but neither of gtn evaluate nor of gtn study");
  run["kind"] = "evaluation";
  add_evaluation(run, json, "TEACHER");
  add_record(run, fs::path(path).parent_path() / "result.json", /*with_cost=*/true);
  return run;
}

Json describe_path(const std::string& path) {
  if (fs::is_directory(path)) return describe_run(path);
  if (!fs::exists(path)) throw usage_error(path, "does not exist; give the folder of a run, or a file of its results");
  if (fs::path(path).extension() == ".json") return describe_json(path);
  const Artefact artefact = find_artefact(path).artefact;
  Json run{{"name", name_of_path(path)}, {"kind", "teacher"}, {"state", "a file"}, {"config", artefact.config}};
  run["facts"] = run["missing"] = Json::array();
  run["commands"] = {"gtn train --config config.toml --out runs/again"};
  add_artefact_facts(run, artefact);
  add_part(run, "curriculum", [&] { return curriculum_part(artefact); });
  return run;
}

}  // namespace

void add_fact(Json& run, const std::string& what, const std::string& value) { run["facts"].push_back({what, value}); }

Json report_data(const std::vector<std::string>& paths) {
  Json data{{"title", ""}, {"program", "gtn " GTN_VERSION}, {"runs", Json::array()}};
  Faults faults("report");
  std::string title;
  for (const std::string& path : paths) {
    try {
      data["runs"].push_back(describe_path(path));
      title += (title.empty() ? "" : ", ") + name_of_path(path);
    } catch (const Error& error) {
      faults.add(error.what());
    }
  }
  faults.throw_if_any(ErrorKind::usage);
  data["title"] = title;
  return data;
}

}  // namespace gtn
