// gtn bench: this machine's peak, and how near to it the engine comes, beside autograd.
#include <algorithm>
#include <cstdio>

#include "cli/bench_report.h"
#include "cli/bench_scaling.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/nearest.h"

namespace gtn {
namespace {

constexpr std::chrono::seconds kQuickLimit{50};

struct BenchFlags {
  MachineFlags machine;
  std::vector<std::string> learners;  // empty: all
  bool quick = false;
  bool json = false;
  bool scaling = false;
  std::string out;  // folder for the files of --scaling
};

std::vector<std::string> names_of(const std::vector<BenchLearner>& learners) {
  std::vector<std::string> names;
  names.reserve(learners.size());
  for (const BenchLearner& learner : learners) names.push_back(learner.name);
  return names;
}

// The learners that the flags ask for, in the order of the list.
std::vector<BenchLearner> chosen_learners(const std::vector<std::string>& asked) {
  const std::vector<BenchLearner> all = bench_learners();
  const std::vector<std::string> names = names_of(all);
  for (const std::string& name : asked) {
    if (std::ranges::find(names, name) != names.end()) continue;
    std::string known;
    for (const std::string& other : names) known.append(known.empty() ? "" : ", ").append(other);
    throw usage_error("--learner", "'" + name + "' is not measured" + hint(name, names) + "; there are: " + known);
  }
  std::vector<BenchLearner> chosen;
  for (const BenchLearner& learner : all)
    if (asked.empty() || std::ranges::find(asked, learner.name) != asked.end()) chosen.push_back(learner);
  return chosen;
}

BenchPlan plan_of(bool quick) {
  BenchPlan plan;
  if (quick) {
    plan.steps = 2;
    plan.patience = {.rounds = 2, .slice = 0.05, .enough = 0.1, .calls = 1};
    plan.deadline = Deadline(kQuickLimit);
  }
  for (const Layout layout : {Layout::channels_last, Layout::contiguous})
    for (const Graph graph : {Graph::step_by_step, Graph::whole})
      if (!quick || plan.forms.empty()) plan.forms.emplace_back(layout, graph);
  return plan;
}

void measure_scoring(BenchReport& report, const BenchPlan& plan, const std::function<void(const std::string&)>& note) {
  if (report.threads == 1) {
    report.skipped.emplace_back("scoring side by side: there is but one thread");
    return;
  }
  bool asked = false;
  for (const BenchLearner& learner : report.learners) {
    if (!scores(learner)) continue;
    asked = true;
    note("scoring " + learner.name);
    if (plan.deadline.affords(scoring_gflop(learner) / plan.cautious_gflops))
      report.scoring.push_back(measure_scoring(learner, plan.patience));
    else
      report.skipped.push_back("scoring " + learner.name + " side by side: no time left");
  }
  if (!asked) report.skipped.emplace_back("scoring side by side: neither mlp nor small was asked for");
}

BenchReport measure(const BenchFlags& flags) {
  BenchReport report;
  report.machine = describe_machine();
  report.learners = chosen_learners(flags.learners);
  report.quick = flags.quick;
  BenchPlan plan = plan_of(flags.quick);
  report.steps = plan.steps;
  flags.machine.apply();
  report.threads = at::get_num_threads();

  const auto total = static_cast<int64_t>(report.learners.size()) + 2;
  ProgressLine line("bench", 0, total);
  line.update(0, "peak");
  report.peaks = measure_peaks(report.threads, report.machine.has_bfloat16(), flags.quick);
  plan.cautious_gflops = report.peaks.all_threads.f32.value_or(0) / 6;
  for (const BenchLearner& learner : report.learners) {
    const auto done = static_cast<int64_t>(report.figures.size()) + 1;
    const auto note = [&](const std::string& what) { line.update(done, learner.name + ": " + what); };
    report.figures.push_back(measure_learner(learner, plan, note));
  }
  measure_scoring(report, plan, [&](const std::string& what) { line.update(total - 1, what); });
  const std::vector<std::string> names = names_of(report.learners);
  if (flags.quick) {
    for (const char* what : {"autograd in other forms than channels-last, step by step", "the paper's MNIST setting"})
      report.skipped.emplace_back(what);
  } else if (std::ranges::find(names, "base_fc") == names.end()) {
    report.skipped.emplace_back("the paper's MNIST setting: base_fc was not asked for");
  } else {
    line.update(total - 1, "the paper's MNIST setting");
    report.official_setting_s.f32 = official_setting_seconds(2, Precision::full);
    if (kernels::has_bfloat16()) report.official_setting_s.bf16 = official_setting_seconds(2, Precision::bfloat16);
  }
  return report;
}

int scaling_verb(const BenchFlags& flags) {
  if (!flags.learners.empty()) throw usage_error("--learner", "has no part in --scaling, which measures its own");
  if (!flags.out.empty()) make_folder(flags.out);
  flags.machine.apply();
  const ScalingPlan plan = scaling_plan(flags.quick);
  int64_t done = 0, total = 0;
  for (const Sweep& sweep : plan.sweeps) total += static_cast<int64_t>(sweep.values.size());
  std::optional<ProgressLine> line(std::in_place, "bench", 0, total);
  const ScalingReport report = measure_scaling(plan, [&](const std::string& what) { line->update(done++, what); });
  line.reset();
  const std::string json = to_json(report).dump(1) + "\n";
  if (!flags.out.empty()) {
    const std::filesystem::path folder = flags.out;
    write_file_atomic(folder / "scaling.json", json);
    write_panels(folder / "scaling.svg", to_plot(report));
  }
  std::fputs((flags.json ? json : to_text(report)).c_str(), stdout);
  return 0;
}

int bench_verb(const BenchFlags& flags) {
  if (flags.scaling) return scaling_verb(flags);
  if (!flags.out.empty()) throw usage_error("--out", "is for the files of --scaling");
  const BenchReport report = measure(flags);
  const std::string text = flags.json ? to_json(report).dump(1) + "\n" : to_text(report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

void add_bench(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<BenchFlags>();
  CLI::App* verb = program.add_subcommand(
      "bench", "Measure this machine's peak, and steps and meta-steps of several learners against it and autograd");
  verb->add_flag("--quick", flags->quick, "an answer within a minute on two cores; says what it leaves out");
  verb->add_flag("--json", flags->json, "one JSON object instead of the tables");
  verb->add_option("--learner", flags->learners,
                   "only this one: mlp, small, base_fc, nasbench201 or convnet3; may be repeated")
      ->take_all()
      ->expected(1);
  verb->add_flag("--scaling", flags->scaling,
                 "instead, how seconds and memory of a meta-gradient grow with steps, batch, width and learners");
  verb->add_option("--out", flags->out, "with --scaling: folder for scaling.json and scaling.svg");
  flags->machine.add_threads_to(*verb);
  verb->footer(
      "Example:\n  gtn bench --quick\n  gtn bench --threads 2 --learner base_fc --json\n"
      "  gtn bench --scaling --out runs/scaling\n\nTimes are the least of several calls, taken in turn. Run it on a "
      "quiet machine: all of it takes some ten minutes on two\ncores, --scaling four at most. bench/peer_torch.py "
      "measures the same meta-step in PyTorch.");
  verb->callback([flags, &chosen] { chosen = [flags] { return bench_verb(*flags); }; });
}

}  // namespace gtn
