#include "cli/bench_report.h"

#include <cmath>

#include "gtn/core/version.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

// What follows from the times of one learner.
struct Derived {
  Figure gflops_plain, gflops_dual, share_plain, share_dual, meta_over_plain, lean_over_plain, speedup;
};

Figure ratio(const Figure& a, const Figure& b) { return a && b ? Figure(*a / *b) : std::nullopt; }

Derived derive(const BenchLearner& learner, const LearnerFigures& f, const Figure& peak) {
  const auto gflops = [&](int64_t multiply_adds, const Figure& ms) {
    return ratio(2e-6 * static_cast<double>(multiply_adds * learner.batch), ms);
  };
  const Figure plain = gflops(learner.net->plain_multiply_adds(), f.plain);
  const Figure dual = gflops(learner.net->dual_multiply_adds(), f.dual);
  return {.gflops_plain = plain,
          .gflops_dual = dual,
          .share_plain = ratio(plain, peak),
          .share_dual = ratio(dual, peak),
          .meta_over_plain = ratio(f.meta_step, f.plain),
          .lean_over_plain = ratio(f.lean_step, f.plain),
          .speedup = ratio(f.autograd, f.meta_step)};
}

Json peak_json(const PeakFigures& peak) { return {{"f32", rounded(peak.f32)}, {"bf16", rounded(peak.bf16)}}; }

Json learner_json(const BenchLearner& learner, const LearnerFigures& f, const Derived& d) {
  return {{"name", learner.name},
          {"text", learner.net->text()},
          {"input", learner.net->input()},
          {"batch", learner.batch},
          {"parameters", learner.net->parameter_count()},
          {"multiply_adds", learner.net->multiply_adds()},
          {"plain_ms", rounded(f.plain)},
          {"dual_ms", rounded(f.dual)},
          {"meta_step_ms", rounded(f.meta_step)},
          {"meta_step_lean_ms", rounded(f.lean_step)},
          {"meta_step_bf16_ms", rounded(f.bf16_step)},
          {"real_loss_ms", rounded(f.real_loss)},
          {"generator_ms", rounded(f.generator)},
          {"autograd_ror_ms", rounded(f.autograd)},
          {"autograd_form", f.autograd_form.empty() ? Json() : Json(f.autograd_form)},
          {"gflops_plain", rounded(d.gflops_plain)},
          {"gflops_dual", rounded(d.gflops_dual)},
          {"share_of_peak_plain", rounded(d.share_plain)},
          {"share_of_peak_dual", rounded(d.share_dual)},
          {"meta_over_plain", rounded(d.meta_over_plain)},
          {"meta_lean_over_plain", rounded(d.lean_over_plain)},
          {"speedup_f32", rounded(d.speedup)},
          {"speedup_bf16", rounded(ratio(f.autograd, f.bf16_step))},
          {"peak_mb", rounded(f.peak_mb)},
          {"kept_mb", rounded(f.kept_mb)},
          {"autograd_peak_mb", rounded(f.autograd_peak_mb)},
          {"page_faults", rounded(f.page_faults)},
          {"difference", rounded(f.difference)},
          {"skipped", f.skipped}};
}

std::string cell(const Figure& figure, int digits) { return figure ? fixed(*figure, digits) : "-"; }
std::string milliseconds(const Figure& figure) { return cell(figure, figure && *figure < 10 ? 2 : 1); }
std::string percent(const Figure& share) { return share ? fixed(100 * *share, 0) + " %" : "-"; }

std::string threads_text(int threads) { return std::to_string(threads) + (threads == 1 ? " thread" : " threads"); }

Table peak_table(const BenchReport& report) {
  Table table{{"peak, GFLOP/s", "float32, 1 thread", "bfloat16, 1 thread"}, {}};
  const bool several = report.threads > 1;
  if (several)
    for (const char* type : {"float32, ", "bfloat16, "}) table.header.push_back(type + threads_text(report.threads));
  const auto add = [&](const std::string& name, const PeakFigures& one, const PeakFigures& all) {
    table.rows.push_back({name, cell(one.f32, 0), cell(one.bf16, 0)});
    if (several)
      for (const Figure& figure : {all.f32, all.bf16}) table.rows.back().push_back(cell(figure, 0));
  };
  for (const PeakCase& c : report.peaks.cases) add(c.name, c.one_thread, c.all_threads);
  add("best", report.peaks.one_thread, report.peaks.all_threads);
  return table;
}

// Calls `row` with each learner, its figures and what follows from them.
template <class Row>
void for_each_learner(const BenchReport& report, Row&& row) {
  for (size_t i = 0; i < report.figures.size(); ++i)
    row(report.learners[i], report.figures[i],
        derive(report.learners[i], report.figures[i], report.peaks.all_threads.f32));
}

Table speed_table(const BenchReport& report) {
  Table table{{"learner", "batch", "plain ms", "GFLOP/s", "of peak", "dual ms", "GFLOP/s", "of peak", "meta-step ms",
               "x plain", "lean", "bf16 ms", "autograd ms", "x faster", "bf16"},
              {}};
  for_each_learner(report, [&](const BenchLearner& learner, const LearnerFigures& f, const Derived& d) {
    table.rows.push_back({learner.name, std::to_string(learner.batch), milliseconds(f.plain), cell(d.gflops_plain, 1),
                          percent(d.share_plain), milliseconds(f.dual), cell(d.gflops_dual, 1), percent(d.share_dual),
                          milliseconds(f.meta_step), cell(d.meta_over_plain, 2), cell(d.lean_over_plain, 2),
                          milliseconds(f.bf16_step), milliseconds(f.autograd), cell(d.speedup, 2),
                          cell(ratio(f.autograd, f.bf16_step), 2)});
  });
  return table;
}

Table cost_table(const BenchReport& report) {
  Table table{{"learner", "real loss ms", "generator ms", "lean MB", "kept MB", "page faults", "autograd MB",
               "autograd's form"},
              {}};
  for_each_learner(report, [&](const BenchLearner& learner, const LearnerFigures& f, const Derived&) {
    table.rows.push_back({learner.name, milliseconds(f.real_loss), milliseconds(f.generator), cell(f.peak_mb, 0),
                          cell(f.kept_mb, 0), cell(f.page_faults, 0), cell(f.autograd_peak_mb, 0),
                          f.autograd_form.empty() ? "-" : f.autograd_form});
  });
  return table;
}

Figure gain(const ScoringFigures& s) { return ratio(s.one_by_one, s.side_by_side); }
// What no scheduling can pass: each thread as fast as it is when it is alone.
Figure most_gain(const ScoringFigures& s, int threads) {
  return s.one_thread ? ratio(s.one_by_one, *s.one_thread / threads) : std::nullopt;
}

Table scoring_table(const BenchReport& report) {
  Table table{{"scoring", "one thread ms", "one by one ms", "side by side ms", "x faster", "of at most"}, {}};
  for (const ScoringFigures& s : report.scoring)
    table.rows.push_back({s.name, milliseconds(s.one_thread), milliseconds(s.one_by_one), milliseconds(s.side_by_side),
                          cell(gain(s), 2), cell(most_gain(s, report.threads), 2)});
  return table;
}

std::string notes(const BenchReport& report) {
  std::string text =
      "plain: one SGD step. dual: one second-order pass. meta-step: forward and adjoint sweep, per inner step of " +
      std::to_string(report.steps) +
      ",\n  without generator and real-data loss, activations kept from the forward to the adjoint sweep; lean: x "
      "plain where\n"
      "  the trajectory alone is kept. autograd: the same by reverse-over-reverse, in its fastest form.\n"
      "GFLOP/s: of the work counted for direct convolutions; minimal filtering does 4/9 of it for 3x3 ones, so that "
      "the share\n  of the best float32 rate above (of peak) can pass 100 %.\n"
      "MB: growth of the process during one meta-gradient. page faults: of one dual pass, after the first two.\n";
  if (!report.scoring.empty())
    text +=
        "scoring: as many fresh learners as threads taught and judged, with one thread in all, all threads in each, or "
        "one\n"
        "  thread each; of at most: were each thread as fast as it is alone.\n";
  for_each_learner(report, [&](const BenchLearner& learner, const LearnerFigures& f, const Derived&) {
    for (const std::string& what : f.skipped) text += "skipped for " + learner.name + ": " + what + "\n";
  });
  for (const std::string& what : report.skipped) text += "skipped: " + what + "\n";
  if (report.disturbed())
    text += "WARNING: " + threads_text(report.threads) +
            " are hardly faster than one. Are other programs running? Measure again on a quiet machine.\n";
  return text;
}

}  // namespace

Json rounded(const Figure& figure) {
  if (!figure || !std::isfinite(*figure)) return nullptr;
  if (*figure == 0) return 0.0;
  const double unit = std::pow(10, 3 - std::floor(std::log10(std::abs(*figure))));
  return std::round(*figure * unit) / unit;
}

Json machine_json(const Machine& machine, int threads) {
  return {{"cpu", machine.cpu},
          {"cores", machine.cores},
          {"threads", threads},
          {"memory_mb", rounded(machine.memory > 0 ? Figure(static_cast<double>(machine.memory) / 1e6) : std::nullopt)},
          {"features", machine.features},
          {"libtorch", libtorch_version()},
          {"instruction_set", libtorch_instruction_set()}};
}

std::string machine_text(const Machine& machine, int threads) {
  std::string features;
  for (const std::string& feature : machine.features) features.append(" ").append(feature);
  return "gtn " GTN_VERSION " on " + machine.cpu + ", " + std::to_string(machine.cores) + " cores, " +
         threads_text(threads) + ", LibTorch " + libtorch_version() + " (" + libtorch_instruction_set() +
         ")\nthe processor has" + (features.empty() ? " no known vectors" : features) + "\n";
}

bool BenchReport::disturbed() const {
  const Figure gain = ratio(peaks.all_threads.f32, peaks.one_thread.f32);
  return threads > 1 && gain && *gain < 1.3;
}

Json to_json(const BenchReport& report) {
  Json json{{"program", "gtn " GTN_VERSION},
            {"machine", machine_json(report.machine, report.threads)},
            {"quick", report.quick},
            {"disturbed", report.disturbed()},
            {"steps", report.steps},
            {"peak", peak_json(report.peaks.all_threads)},
            {"peak_one_thread", peak_json(report.peaks.one_thread)},
            {"peak_cases", Json::array()},
            {"learners", Json::array()},
            {"scoring", Json::array()},
            {"official_setting_s", peak_json(report.official_setting_s)},
            {"skipped", report.skipped}};
  for (const PeakCase& c : report.peaks.cases)
    json["peak_cases"].push_back(
        {{"name", c.name}, {"one_thread", peak_json(c.one_thread)}, {"all_threads", peak_json(c.all_threads)}});
  for_each_learner(report, [&](const BenchLearner& learner, const LearnerFigures& f, const Derived& d) {
    json["learners"].push_back(learner_json(learner, f, d));
  });
  for (const ScoringFigures& s : report.scoring)
    json["scoring"].push_back({{"name", s.name},
                               {"one_by_one_ms", rounded(s.one_by_one)},
                               {"side_by_side_ms", rounded(s.side_by_side)},
                               {"one_thread_ms", rounded(s.one_thread)},
                               {"gain", rounded(gain(s))},
                               {"most_gain", rounded(most_gain(s, report.threads))}});
  return json;
}

std::string to_text(const BenchReport& report) {
  std::string text = machine_text(report.machine, report.threads) + "\n" + format_table(peak_table(report)) + "\n" +
                     format_table(speed_table(report)) + "\n" + format_table(cost_table(report)) + "\n";
  if (!report.scoring.empty()) text += format_table(scoring_table(report)) + "\n";
  text += notes(report);
  if (report.official_setting_s.f32)
    text +=
        "one meta-iteration in the paper's MNIST setting (base_fc, 32 steps of 128, a real-data loss after each): " +
        cell(report.official_setting_s.f32, 1) + " s, with bfloat16 products " +
        cell(report.official_setting_s.bf16, 1) + " s\n";
  return text;
}

}  // namespace gtn
