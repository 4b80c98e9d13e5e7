// gtn inspect: what an artefact says of itself.
#include <cmath>
#include <cstdio>

#include "cli/common.h"
#include "cli/verbs.h"
#include "gtn/core/json.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

struct InspectFlags {
  std::string path;
  bool json = false;
};

std::vector<double> values_of(const Tensor& vector) {
  std::vector<double> values;
  for (int64_t i = 0; i < vector.size(0); ++i) values.push_back(scalar(vector[i]));
  return values;
}

std::string list_text(const std::vector<double>& values, int digits) {
  std::string text;
  for (const double value : values) text.append(text.empty() ? "" : " ").append(fixed(value, digits));
  return text;
}

std::string list_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// What each trait multiplies the step sizes with.
std::string multipliers_text(const Artefact& a) {
  const std::vector<double> logs = values_of(a.log_multipliers);
  std::string text;
  for (size_t i = 0; i < logs.size(); ++i)
    text.append(i == 0 ? "x " : ", ")
        .append(fixed(std::exp(logs[i] / static_cast<double>(logs.size())), 2))
        .append(" (" + a.traits[i] + ")");
  return text;
}

int inspect_verb(const InspectFlags& flags) {
  const Artefact a = find_artefact(flags.path).artefact;
  const std::vector<double> lr = values_of(a.lr), momentum = values_of(a.momentum);
  const std::vector<double> mean = values_of(a.normalization.mean), std = values_of(a.normalization.std);
  if (flags.json) {
    const Json json{{"format_version", a.format_version()},
                    {"encoding", a.encoding == Encoding::compact ? "compact" : "exact"},
                    {"program_version", a.program_version},
                    {"dataset", a.dataset},
                    {"dataset_fingerprint", a.dataset_fingerprint},
                    {"images", shape_of(a.images)},
                    {"labels", shape_of(a.labels)},
                    {"optimizer", a.optimizer},
                    {"lr", lr},
                    {"momentum", momentum},
                    {"traits", a.traits},
                    {"log_multipliers", a.traits.empty() ? std::vector<double>{} : values_of(a.log_multipliers)},
                    {"mean", mean},
                    {"std", std},
                    {"whitened", a.normalization.whitening.defined()},
                    {"class_names", a.class_names},
                    {"learners", a.learners},
                    {"config", a.config}};
    std::printf("%s\n", json.dump(1).c_str());
    return 0;
  }
  const Shape s = shape_of(a.images);
  const Table table{
      {"what", "value"},
      {{"data set", a.dataset + " (fingerprint " + a.dataset_fingerprint + ")"},
       {"curriculum", std::to_string(a.steps()) + " steps, " + std::to_string(s[0]) + " batches of " +
                          std::to_string(s[1]) + " images " + to_string({s[2], s[3], s[4]})},
       {"classes", list_text(a.class_names)},
       {"learners", a.learners},
       {"optimiser", a.optimizer},
       {"step sizes", list_text(lr, 4)},
       {"momenta", list_text(momentum, 3)},
       {"conditioned", a.traits.empty() ? "no: the same step sizes for every learner" : multipliers_text(a)},
       {"normalisation", "mean " + list_text(mean, 4) + ", std " + list_text(std, 4) + " of pixels in [0, 1]" +
                             (a.normalization.whitening.defined() ? ", then whitened (ZCA)" : "")},
       {"encoding", a.encoding == Encoding::compact ? "compact: images rounded to 8 bits" : "exact"},
       {"program", "gtn " + a.program_version}}};
  std::printf("%s\nconfiguration:\n%s", format_table(table).c_str(), a.config.c_str());
  return 0;
}

}  // namespace

void add_inspect(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<InspectFlags>();
  CLI::App* verb = program.add_subcommand("inspect", "Show what an artefact says of itself");
  verb->add_option("artefact", flags->path, "a run's folder or its teacher.safetensors")->required();
  verb->add_flag("--json", flags->json, "one JSON object");
  verb->footer("Example:\n  gtn inspect runs/quickstart");
  verb->callback([flags, &chosen] { chosen = [flags] { return inspect_verb(*flags); }; });
}

}  // namespace gtn
