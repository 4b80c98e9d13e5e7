// gtn export: what is in an artefact or a trained network, in files that other programs read.
#include <cstdio>

#include "cli/common.h"
#include "cli/export_folder.h"
#include "cli/export_network.h"
#include "cli/search_report.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/report/npz.h"
#include "gtn/report/png.h"
#include "gtn/report/sheet.h"
#include "gtn/runs/trial_store.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

struct ExportFlags {
  NetworkExport what{.format = "npz"};
  MachineFlags machine;
};

std::map<std::string, Tensor> arrays(const Artefact& artefact) {
  const Normalization& units = artefact.normalization;
  std::map<std::string, Tensor> named = {{"images", artefact.images}, {"labels", artefact.labels},
                                         {"lr", artefact.lr},         {"momentum", artefact.momentum},
                                         {"mean", units.mean},        {"std", units.std}};
  if (!artefact.traits.empty()) named.emplace("log_multipliers", artefact.log_multipliers);
  if (units.whitening.defined()) {
    named.emplace("whitening", units.whitening.matrix);
    named.emplace("whitening_mean", units.whitening.mean);
  }
  return named;
}

fs::path export_curriculum(const NetworkExport& what) {
  Artefact artefact = find_artefact(what.path).artefact;
  const auto out = [&](const char* absent) { return fs::path(what.out.empty() ? absent : what.out); };
  if (what.format == "npz") {
    std::map<std::string, std::vector<std::string>> texts{{"class_names", artefact.class_names},
                                                          {"optimizer", {artefact.optimizer}}};
    if (!artefact.traits.empty()) texts["traits"] = artefact.traits;
    write_npz(out("teacher.npz"), arrays(artefact), texts);
    return out("teacher.npz");
  }
  if (what.format == "safetensors") {
    artefact.encoding = Encoding::compact;
    save_artefact(out("compact.safetensors"), artefact);
    return out("compact.safetensors");
  }
  if (what.format == "folder") {
    export_folder(out("curriculum"), artefact);
    return out("curriculum");
  }
  write_png(out("teacher.png"),
            draw_sheet(pixels_of(artefact), artefact.labels, artefact.class_names, {.columns = artefact.batches()}));
  return out("teacher.png");
}

// A flag that would do nothing is a mistake.
void check_flags(const CLI::App& verb, const NetworkExport& what) {
  const bool network = what.format == "onnx" || what.format == "pytorch";
  Faults faults("export");
  for (const char* flag : {"--learner", "--seed", "--multiplier", "--probe"})
    if (!network && verb.count(flag) > 0)
      faults.add(std::string(flag) + " goes with --format onnx or pytorch, not with " + what.format);
  if (network && what.multiplier && what.learner.empty())
    faults.add(std::string("--multiplier is of the step sizes that teach a --learner"));
  faults.throw_if_any(ErrorKind::usage);
}

// The folder of a search holds a curriculum and a winner: where no format was given, which of them was written.
void say_which(const fs::path& run) {
  if (!fs::exists(run / kTrialFile)) return;
  std::fprintf(stderr, "gtn: note: this is the curriculum of its teacher%s\n",
               fs::exists(run / kWinnerFile) ? "; the winner: --format onnx or pytorch" : "");
}

// Where no format was given, the one that the file's name says; else npz.
std::string format_by_name(const fs::path& out) {
  const std::map<std::string, std::string> formats{
      {".safetensors", "safetensors"}, {".png", "png"}, {".onnx", "onnx"}, {".py", "pytorch"}};
  const auto format = formats.find(out.extension().string());
  return format != formats.end() ? format->second : "npz";
}

int export_verb(const CLI::App& verb, ExportFlags& flags) {
  const bool told = verb.count("--format") > 0;
  if (!told) flags.what.format = format_by_name(flags.what.out);
  check_flags(verb, flags.what);
  flags.machine.apply();
  const bool network = flags.what.format == "onnx" || flags.what.format == "pytorch";
  const auto written = network ? export_network(flags.what) : std::vector{export_curriculum(flags.what)};
  for (const fs::path& path : written) std::printf("%s\n", path.c_str());
  if (!told && !network) say_which(flags.what.path);
  return 0;
}

}  // namespace

void add_export(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<ExportFlags>();
  NetworkExport& what = flags->what;
  CLI::App* verb = program.add_subcommand(
      "export", "Write a teacher's curriculum or a trained network as files that other programs read");
  verb->add_option(
          "artefact", what.path,
          "a run's folder or its teacher.safetensors; for onnx and pytorch also a run of gtn search, or the file "
          "of a network that it trained")
      ->required();
  verb->add_option(
          "--format", what.format,
          "npz (default, where the name of --out does not say another): images, labels, lr, momentum, mean, std, "
          "class_names, optimizer, and whitening, or "
          "traits and their log_multipliers, where there are any; safetensors: an artefact to give away, of a quarter "
          "of the size: "
          "images "
          "in 8 bits, no generator; png: contact sheet of every step; folder: a PNG file an image, labels.csv and "
          "manifest.json; onnx: a network from raw pixels, or rows of a table, to logits, or the teacher's generator; "
          "pytorch: a network as "
          "Python code with its weights beside it")
      ->check(CLI::IsMember({"npz", "safetensors", "png", "folder", "onnx", "pytorch"}));
  verb->add_option(
      "--out", what.out,
      "the file or folder (default: teacher.npz, compact.safetensors, teacher.png, curriculum, network.onnx, "
      "generator.onnx or network.py)");
  verb->add_option("--learner", what.learner,
                   "onnx, pytorch: a preset, a learner text, or @FILE that holds one, which the teacher teaches "
                   "first; without one a run of gtn search gives its winner, and a teacher its generator");
  verb->add_option("--seed", what.seed,
                   "of that learner: the first that gtn evaluate judges with this seed (default: 1)")
      ->check(whole_number());
  verb->add_option("--multiplier", what.multiplier,
                   "of the learned step sizes (default: what the teacher learned for such a learner, else 1)")
      ->check(positive_number());
  verb->add_option(
      "--probe", what.probe,
      "onnx, pytorch: an .npz file for inputs and this program's answers, to hold the other's against; of a "
      "generator the learned inputs of every batch");
  flags->machine.add_threads_to(*verb);
  verb->footer(
      "Example:\n  gtn export runs/quickstart --format npz --out curriculum.npz\n  gtn export runs/quickstart --format "
      "safetensors --out small.safetensors && gtn evaluate small.safetensors\n  gtn export runs/quickstart --format "
      "onnx "
      "--learner resnet_small --out net.onnx --probe probe.npz\n  gtn export runs/search --format pytorch --out "
      "winner.py");
  verb->callback([flags, verb, &chosen] { chosen = [flags, verb] { return export_verb(*verb, *flags); }; });
}

}  // namespace gtn
