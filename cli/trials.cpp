// gtn trials: what a search has planned, tried and found, for people and for scripts.
#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/common.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/core/nearest.h"
#include "gtn/report/csv.h"
#include "gtn/report/utf8.h"
#include "gtn/runs/run_directory.h"
#include "gtn/runs/trial_store.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

struct TrialsFlags {
  std::string path, state, stage, out;
  int64_t id = 0;
  size_t limit = 0;  // 0: all
  bool best = false, json = false, csv = false;
};

std::unique_ptr<TrialStore> open_to_read(const fs::path& path) {
  if (!fs::is_directory(path)) return open_trial_store(path, StoreAccess::read);
  const fs::path store = RunDirectory::view(path).path() / kTrialFile;
  if (!fs::exists(store)) throw usage_error(path.string(), "this run has no trials; give the run of a search");
  return open_trial_store(store, StoreAccess::read);
}

// On one line, whatever the text holds, at most `limit` characters of it.
std::string one_line(const std::string& text, size_t limit = std::string::npos) {
  const std::u32string codes = decode_utf8(text);
  std::string line;
  for (const char32_t code : codes.substr(0, limit))
    line += code < 0x20 || (code >= 0x7f && code < 0xa0) ? " " : encode_utf8(code);
  return codes.size() > limit ? line + "…" : line;
}

std::string score_text(const Trial& trial) {
  if (trial.score) return fixed(*trial.score, 4);
  return trial.state == TrialState::done ? "nan" : "-";
}

// JSON as it is; what a damaged file holds instead, as a string.
Json embedded(const std::string& text) {
  Json json = parse_json(text);
  return json.is_discarded() ? Json(text) : json;
}

Json to_json(const Trial& trial) {
  return {{"id", trial.id},
          {"stage", trial.plan.stage},
          {"state", name_of(trial.state)},
          {"score", trial.score ? Json(*trial.score) : Json()},
          {"steps", trial.plan.steps},
          {"seed", trial.plan.seed},
          {"attempts", trial.attempts},
          {"seconds", trial.seconds},
          {"genotype", trial.plan.genotype},
          {"fault", trial.fault},
          {"detail", embedded(trial.plan.detail)},
          {"result", embedded(trial.result)}};
}

Json to_json(const std::vector<Trial>& trials) {
  Json json = Json::array();
  for (const Trial& trial : trials) json.push_back(to_json(trial));
  return json;
}

std::string to_text(const Json& json, int indent = 1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// The same fields in the same order, texts as they are, numbers with every digit.
Table to_cells(const std::vector<Trial>& trials) {
  const std::set<std::string> texts = {"stage", "state", "genotype", "fault"};
  Table table;
  const Json any = to_json(Trial{});
  for (const auto& [name, value] : any.items()) table.header.push_back(name);
  for (const Trial& trial : trials) {
    const Json json = to_json(trial);
    std::vector<std::string> cells;
    for (const auto& [name, value] : json.items())
      cells.push_back(texts.contains(name) ? value.get<std::string>() : value.is_null() ? "" : to_text(value, -1));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// Throws a usage error where no trial is of the stage.
void require_stage(const std::vector<Trial>& trials, const std::string& stage) {
  std::set<std::string> stages;
  for (const Trial& trial : trials) stages.insert(trial.plan.stage);
  if (stage.empty() || stages.contains(stage)) return;
  std::string known;
  for (const std::string& name : stages) known.append(known.empty() ? "" : ", ").append(one_line(name));
  throw usage_error("--stage " + stage,
                    "no trial is of this stage" + hint(stage, {stages.begin(), stages.end()}, "; there are: " + known));
}

std::vector<Trial> chosen_trials(const TrialsFlags& flags, std::vector<Trial> trials) {
  require_stage(trials, flags.stage);
  std::erase_if(trials, [&](const Trial& trial) {
    return (!flags.stage.empty() && trial.plan.stage != flags.stage) ||
           (!flags.state.empty() && name_of(trial.state) != flags.state);
  });
  if (flags.best)
    std::stable_sort(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) { return a.score > b.score; });
  if (flags.limit > 0 && trials.size() > flags.limit) trials.resize(flags.limit);
  return trials;
}

std::string counts_text(const std::vector<Trial>& trials) {
  std::string text;
  for (const auto& [state, name] : names_of(TrialState::waiting)) {
    const auto count =
        std::count_if(trials.begin(), trials.end(), [&, s = state](const Trial& t) { return t.state == s; });
    if (count) text.append(text.empty() ? ": " : ", ").append(std::to_string(count) + " ").append(name);
  }
  return text;
}

int list_verb(const TrialsFlags& flags) {
  const std::vector<Trial> all = open_to_read(flags.path)->trials();
  const std::vector<Trial> trials = chosen_trials(flags, all);
  if (flags.json) {
    std::printf("%s\n", to_text(to_json(trials)).c_str());
    return 0;
  }
  Table table{{"id", "stage", "state", "score", "steps", "attempts", "seconds", "genotype", "fault"}, {}};
  for (const Trial& trial : trials)
    table.rows.push_back({std::to_string(trial.id), one_line(trial.plan.stage, 20), std::string(name_of(trial.state)),
                          score_text(trial), std::to_string(trial.plan.steps), std::to_string(trial.attempts),
                          fixed(trial.seconds, 1), one_line(trial.plan.genotype, 40), one_line(trial.fault, 60)});
  std::printf("%s\n%zu of %zu trials%s\n", format_table(table).c_str(), trials.size(), all.size(),
              counts_text(all).c_str());
  return 0;
}

int show_verb(const TrialsFlags& flags) {
  const Trial trial = open_to_read(flags.path)->trial(flags.id);
  if (flags.json) {
    std::printf("%s\n", to_text(to_json(trial)).c_str());
    return 0;
  }
  Table table{{"what", "value"},
              {{"trial", std::to_string(trial.id)},
               {"stage", one_line(trial.plan.stage)},
               {"genotype", one_line(trial.plan.genotype)},
               {"steps", std::to_string(trial.plan.steps)},
               {"seed", std::to_string(trial.plan.seed)},
               {"state", std::string(name_of(trial.state))},
               {"attempts", std::to_string(trial.attempts)},
               {"score", score_text(trial)},
               {"seconds", fixed(trial.seconds, 3)}}};
  if (!trial.fault.empty()) table.rows.push_back({"fault", one_line(trial.fault)});
  std::printf("%s\ndetail: %s\nresult: %s\n", format_table(table).c_str(), to_text(embedded(trial.plan.detail)).c_str(),
              to_text(embedded(trial.result)).c_str());
  return 0;
}

int export_verb(const TrialsFlags& flags) {
  const std::vector<Trial> trials = open_to_read(flags.path)->trials();
  const bool json = flags.json || (!flags.csv && std::filesystem::path(flags.out).extension() == ".json");
  const std::string text = json ? to_text(to_json(trials)) + "\n" : format_csv(to_cells(trials));
  if (flags.out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    write_file_atomic(flags.out, text);
    std::printf("%s\n", flags.out.c_str());
  }
  return 0;
}

using Flags = std::shared_ptr<TrialsFlags>;

// A verb of `trials`, which takes where the trials are.
CLI::App* add_verb(CLI::App& trials, const std::string& name, const std::string& meaning, const Flags& flags,
                   Action& chosen, int (*verb)(const TrialsFlags&)) {
  CLI::App* added = trials.add_subcommand(name, meaning);
  added->add_option("run", flags->path, "a run's folder or its trials.sqlite")->required();
  added->callback([flags, &chosen, verb] { chosen = [flags, verb] { return verb(*flags); }; });
  return added;
}

void add_list(CLI::App& trials, const Flags& flags, Action& chosen) {
  CLI::App* verb =
      add_verb(trials, "list", "A table of the trials, in the order of planning", flags, chosen, list_verb);
  std::vector<std::string> states;
  for (const auto& [state, name] : names_of(TrialState::waiting)) states.emplace_back(name);
  verb->add_option("--state", flags->state, "only those that are so")->check(CLI::IsMember(states));
  verb->add_option("--stage", flags->stage, "only those of this stage of the search");
  verb->add_flag("--best", flags->best, "by score, the best first");
  verb->add_option("--limit", flags->limit, "at most so many (default: all)")->check(whole_number(1));
  verb->add_flag("--json", flags->json, "a JSON array, one object a trial");
  verb->footer("Example:\n  gtn trials list runs/search --stage truth --best --limit 10");
}

}  // namespace

void add_trials(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<TrialsFlags>();
  CLI::App* verb = program.add_subcommand("trials", "Show the trials of a search or study, also while it runs");
  verb->require_subcommand(1);
  verb->footer("Example:\n  gtn trials list runs/search --best --limit 10\n  gtn trials show runs/search 17");
  add_list(*verb, flags, chosen);
  CLI::App* show = add_verb(*verb, "show", "All that is known of one trial", flags, chosen, show_verb);
  show->add_option("id", flags->id, "its number")->required()->check(whole_number(1));
  show->add_flag("--json", flags->json, "one JSON object");
  show->footer("Example:\n  gtn trials show runs/search 17");
  CLI::App* exported =
      add_verb(*verb, "export", "Every trial, in a file that other programs read", flags, chosen, export_verb);
  CLI::Option* json = exported->add_flag("--json", flags->json, "a JSON array, one object a trial");
  exported->add_flag("--csv", flags->csv, "comma-separated values with a header (default, unless --out is *.json)")
      ->excludes(json);
  exported->add_option("--out", flags->out, "the file (default: print it)");
  exported->footer("Example:\n  gtn trials export runs/search --out trials.csv");
}

}  // namespace gtn
