// gtn train: the loop around MetaTrainer::step(), with progress, checkpoints, validation and the artefact at the end.
#include <algorithm>
#include <cstdio>

#include "cli/common.h"
#include "cli/planned_run.h"
#include "cli/run_kind.h"
#include "cli/train_memory.h"
#include "cli/training_run.h"
#include "cli/usual_run.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/nets/linear.h"

namespace gtn {
namespace {

using Clock = std::chrono::steady_clock;

// runs/NAME for data of that name.
std::string usual_run_of(const std::string& data) {
  if (data.empty())
    throw usage_error("--out", "is needed where no data are named, as in gtn train photos/: the folder of the new run");
  const std::filesystem::path path = std::filesystem::path(data).lexically_normal();
  const std::string name = (path.has_filename() ? path : path.parent_path()).stem().string();
  if (name.empty() || name.starts_with("."))
    throw usage_error("--out", "is needed: " + data + " has no name that the run could have");
  return "runs/" + name;
}

RunConfig config_of_run(const std::string& path) {
  RunConfig config;
  const RunDirectory run = view_run_of("training", path);
  read_toml(config, run.config_text(), run.config().string());
  return config;
}

// What stands both in a flag of its own and in --set.
void refuse_twice(const TrainFlags& flags) {
  Faults faults("train");
  const auto check = [&](bool given, const std::string& flag, const std::string& key) {
    const auto sets = [&](const std::string& setting) { return setting.starts_with(key + "="); };
    if (given && std::ranges::any_of(flags.settings, sets))
      faults.add(flag + " and --set " + key + "=... say the same; leave one of the two out");
  };
  check(!flags.data.empty(), "DATA", "dataset");
  check(flags.seed.has_value(), "--seed", "seed");
  check(!flags.precision.empty(), "--precision", "unroll.precision");
  faults.throw_if_any(ErrorKind::usage);
}

// The configuration of a new run from file and flags, or of the run to go on with.
RunConfig resolve(TrainFlags& flags) {
  if (!flags.resume.empty()) {
    if (!flags.data.empty() || !flags.config.empty() || !flags.settings.empty() || !flags.out.empty() || flags.seed ||
        flags.minutes || !flags.precision.empty())
      throw usage_error("--resume",
                        "goes on with the run's own configuration; leave out DATA, --config, --set, --minutes, --seed, "
                        "--precision and --out");
    return config_of_run(flags.resume);
  }
  const bool named = std::ranges::any_of(flags.settings, [](const auto& s) { return s.starts_with("dataset="); });
  if (flags.data.empty() && flags.config.empty() && !named)
    throw usage_error("train", "needs data, as in gtn train photos/, or a plan by --config; see gtn train --help");
  if (flags.out.empty()) flags.out = usual_run_of(flags.data);
  RunDirectory::check_free(flags.out);
  const bool usual = !flags.data.empty() && flags.config.empty();
  RunConfig config;
  if (usual) config = usual_run();
  if (!flags.config.empty()) load_toml(config, flags.config);
  apply_settings(config, flags.settings);
  refuse_twice(flags);
  const bool counted = sets_iterations(flags.settings);
  if (counted && flags.minutes) throw usage_error("--minutes", "sets outer.iterations; leave one of the two out");
  if (usual && !counted && !flags.minutes) flags.minutes = kUsualMinutes;
  if (!flags.data.empty()) config.dataset = flags.data;
  if (flags.seed) config.seed = *flags.seed;
  if (!flags.precision.empty()) apply_settings(config, {"unroll.precision=" + flags.precision});
  flags.learner_files = settle_learners(config);
  return config;
}

int train_verb(TrainFlags& flags) {
  const RunConfig config = resolve(flags);
  if (!flags.resume.empty() && RunDirectory::view(flags.resume).done()) {
    std::printf(
        "%s is finished already: its teacher is %s; to teach it on: gtn train --config %s --set start=%s --out ...\n",
        flags.resume.c_str(), RunDirectory::view(flags.resume).teacher().c_str(),
        RunDirectory::view(flags.resume).config().c_str(), flags.resume.c_str());
    return 0;
  }
  TrainingRun run(config, flags);
  if (flags.resume.empty()) warn_before_run(run.config(), run.splits(), parse_device(flags.machine.device));
  if (config.meta.unroll.precision == Precision::bfloat16 && !multiplies_bfloat16(parse_device(flags.machine.device)))
    std::printf(
        "bf16: this processor has no such instructions; products are rounded as by one that has, and no faster\n");
  if (!flags.minutes)
    std::printf("%s: %lld meta-iterations\n", run.config().dataset.c_str(),
                static_cast<long long>(run.config().meta.outer.iterations));
  std::printf("%s\n", memory_text(run.forecast(), flags.memory_bytes()).c_str());
  std::fflush(stdout);
  run.begin(!flags.resume.empty());
  const auto start = Clock::now();
  const int64_t before = run.trainer().iteration();
  const std::string path = run.directory().path().string();
  if (!run.loop()) {
    std::printf("stopped after %lld meta-iterations; go on with: gtn train --resume %s\n",
                static_cast<long long>(run.trainer().iteration()), shell_word(path).c_str());
    return 130;
  }
  run.finish();
  std::printf(
      "%lld meta-iterations%s in %s, %lld rolled back\nteacher: %s\ncurriculum: %s\nnext: gtn evaluate %s, gtn search "
      "%s\n",
      static_cast<long long>(run.trainer().iteration()),
      before > 0 ? (", the last " + std::to_string(run.trainer().iteration() - before)).c_str() : "",
      format_duration(Clock::now() - start).c_str(), static_cast<long long>(run.trainer().rolled_back()),
      run.directory().teacher().c_str(), (run.directory().path() / "curriculum.png").c_str(), shell_word(path).c_str(),
      shell_word(path).c_str());
  return 0;
}

}  // namespace

void add_train(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<TrainFlags>();
  CLI::App* verb =
      program.add_subcommand("train", "Learn a curriculum: a generator, its inputs, labels and step sizes");
  verb->add_option(
      "data", flags->data,
      "what to teach: a folder with a folder of pictures for each class, a .npz or .csv file, or the name "
      "of a data set. Without --config it is taught in the usual way: by a population of small networks, for ten "
      "minutes; the run is runs/NAME");
  verb->add_option("--config", flags->config, "TOML file; keys that it leaves out keep their defaults");
  verb->add_option("--set", flags->settings, "one key, as in --set teacher.steps=32; may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--out", flags->out, "folder of the new run");
  verb->add_option("--resume", flags->resume,
                   "go on with the run in this folder, to the same bits as if never stopped");
  verb->add_option(
          "--minutes", flags->minutes,
          "as many meta-iterations as this machine does in about so long (default for DATA without --config: 10)")
      ->check(positive_number());
  verb->add_option("--seed", flags->seed, "everything random follows from it (default: the configuration's)")
      ->check(whole_number());
  std::vector<std::string> precisions;
  for (const auto& [value, name] : names_of(Precision{})) precisions.emplace_back(name);
  verb->add_option("--precision", flags->precision, "of products, short for --set unroll.precision=...")
      ->check(CLI::IsMember(precisions));
  verb->add_option(
          "--memory", flags->memory,
          "MiB for the run, by its own forecast: what the least leaves of it holds activations from the forward to the "
          "adjoint sweep (default: half of what is free), and a run that needs more than is free begins all the same")
      ->check(whole_number(0, 1'000'000'000));
  flags->machine.add_to(*verb);
  verb->footer(
      "Example:\n  gtn train photos/     # a folder of PNG or JPEG files for each class\n  gtn train --config "
      "configs/quickstart.toml --set teacher.steps=32 --out runs/first\n  gtn train photos/ "
      "--set 'population.fixed=[\"@examples/my_network.txt\"]' --out runs/mine   # a learner text in a "
      "file\n\nKeys:\n" +
      describe<RunConfig>());
  verb->callback([flags, &chosen] { chosen = [flags] { return train_verb(*flags); }; });
}

}  // namespace gtn
