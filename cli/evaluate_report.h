// What gtn evaluate says: one row a learner, as tables and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/evaluate_confusion.h"
#include "gtn/core/json.h"
#include "gtn/data/artefact.h"
#include "gtn/report/curves.h"
#include "gtn/unroll/robustness.h"
#include "gtn/unroll/speedup.h"
#include "gtn/unroll/to_end.h"

namespace gtn {

// A control of every row.
struct ReportedControl {
  std::string name;  // "kmeans", "kmeans_soft", ...
  int64_t images = 0;
  std::vector<double> temperatures = {};  // that its labels were chosen among; empty where they are the images' own
};

// A set of images that learners were trained on to the end.
struct ToEndRow {
  std::string name;    // "curriculum", "random", "kmeans"
  int64_t images = 0;  // of the set
  TunedCurve result;
};

// After the curriculum in another order than its own.
struct OrderRow {
  AccuracyCurve batches;  // shuffled
  AccuracyCurve images;   // all shuffled, class by class
};

struct EvaluationRow {
  std::string learner;
  std::string text = {};   // of a single architecture, or of the population that the seeds were drawn from
  std::string fault = {};  // why this learner was not evaluated; empty where it was
  Evaluation evaluation = {};
  std::optional<ReportedConfusion> confusion = {};  // of the learners of evaluation.synthetic
  std::optional<Speedup> speedup = {};
  std::vector<ToEndRow> to_end = {};
  std::optional<OrderRow> order = {};
  std::optional<Robustness> robustness = {};
  double seconds = 0;
};

struct EvaluationReport {
  std::vector<EvaluationRow> rows;  // at least one without a fault, which stands first
  std::vector<ReportedControl> controls;
  int seeds = 0;
  int64_t curve_images = 0;  // of the test split, that all accuracies but the last of a curve are of
};

// "61.2 ± 0.8".
std::string plus_minus(const AccuracyCurve& curve);
// "kmeans (800)".
std::string counted(const std::string& name, int64_t images);

// The first row's keys, and all rows under "learners" where there are several; with `matrix` the means of all of them
// under "matrix". `pictures`: those of every row's "confusion" (confusion_json()).
Json report_json(const EvaluationReport& report, const Artefact& artefact, bool matrix, Pictures pictures);

// Of several teachers' reports on the same learners: mean and deviation over teachers of the means over learners, and
// of the gain over real data.
Json teachers_json(const std::vector<EvaluationReport>& reports);
std::string teachers_text(const std::vector<EvaluationReport>& reports);

// "32 steps of 128 images", and how many different ones where they serve again.
std::string lesson_text(const Artefact& artefact);

// Every table of the report, with a line above each that says what it is.
std::string report_text(const EvaluationReport& report, const Artefact& artefact);

// The first row's curves.
CurvePlot report_plot(const EvaluationReport& report, const Artefact& artefact);

}  // namespace gtn
