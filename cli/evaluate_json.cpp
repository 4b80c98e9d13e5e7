#include "cli/evaluate_report.h"

namespace gtn {
namespace {

Json curve_json(const AccuracyCurve& curve) {
  return {{"mean", curve.mean},
          {"std", curve.std},
          {"curve", curve.curve},
          {"curve_std", curve.curve_std},
          {"finals", curve.finals}};
}

// Of what was judged at its end alone.
Json end_json(const AccuracyCurve& curve) {
  return {{"mean", curve.mean}, {"std", curve.std}, {"finals", curve.finals}};
}

Json decay_names(const std::vector<Decay>& decays) {
  Json names = Json::array();
  for (const Decay decay : decays) names.push_back(decay == Decay::cosine ? "cosine" : "constant");
  return names;
}

Json budget_json(const RealBudget& budget) {
  Json json = end_json(budget.accuracy);
  json["steps"] = budget.steps;
  json["lrs"] = budget.lr;
  json["schedules"] = decay_names(budget.decays);
  return json;
}

// Target and budgets are of the validation split, "test" of the test split.
Json speedup_json(const Speedup& speedup) {
  const char* const bounds[] = {"exact", "at_most", "at_least"};
  Json budgets = Json::array();
  for (const RealBudget& budget : speedup.budgets) budgets.push_back(budget_json(budget));
  return {{"target", end_json(speedup.target)},
          {"real_steps_for_equal", speedup.steps},
          {"bound", bounds[static_cast<size_t>(speedup.bound)]},
          {"ratio", speedup.ratio},
          {"budgets", budgets},
          {"test", budget_json(speedup.found)}};
}

Json to_end_json(const std::vector<ToEndRow>& rows, int64_t classes) {
  Json json = Json::object();
  for (const ToEndRow& row : rows) {
    json[row.name] = end_json(row.result.curve);
    json[row.name]["images"] = row.images;
    json[row.name]["images_per_class"] = static_cast<double>(row.images) / static_cast<double>(classes);
    json[row.name]["lrs"] = row.result.lr;
  }
  return json;
}

Json robustness_json(const Robustness& robustness) {
  Json rows = Json::array();
  for (const Robustness::Row& row : robustness.rows)
    rows.push_back({{"disturbance", row.disturbance.name()},
                    {"amount", row.disturbance.amount},
                    {"synthetic", end_json(row.synthetic)},
                    {"real", end_json(row.real)}});
  return {{"rows", rows}, {"real_lrs", robustness.real_lr}};
}

Json choice_json(const StepChoice& choice) {
  if (!choice.constant) return {{"multiplier", choice.multiplier}};
  return {{"lr", choice.constant->lr}, {"momentum", choice.constant->momentum}};
}

Json row_json(const EvaluationRow& row, const EvaluationReport& report, const Artefact& artefact, Pictures pictures) {
  Json json{{"steps", artefact.steps()},  {"batch", artefact.images.size(1)}, {"images", artefact.image_count()},
            {"learner", row.learner},     {"learner_text", row.text},         {"seeds", report.seeds},
            {"dataset", artefact.dataset}};
  if (!row.fault.empty()) {
    json["fault"] = row.fault;
    return json;
  }
  const Evaluation& e = row.evaluation;
  json["synthetic"] = curve_json(e.synthetic);
  for (const StepChoice& choice : e.taught_by) json["synthetic"]["step_sizes"].push_back(choice_json(choice));
  json["synthetic_plain"] = curve_json(e.plain);
  json["real"] = curve_json(e.real);
  json["real"]["lr"] = e.real_lr.front();
  json["real"]["lrs"] = e.real_lr;
  json["real"]["momenta"] = e.real_momentum;
  for (size_t c = 0; c < e.controls.size(); ++c) {
    const ReportedControl& made = report.controls[c];
    Json& control = json[made.name] = curve_json(e.controls[c].curve);
    control["images"] = made.images;
    control["lrs"] = e.controls[c].lr;
    control["momenta"] = e.controls[c].momentum;
    if (made.temperatures.empty()) continue;
    for (const size_t variant : e.controls[c].variants) control["temperatures"].push_back(made.temperatures[variant]);
  }
  json["curve_images"] = report.curve_images;
  json["seconds"] = row.seconds;
  if (row.confusion) json["confusion"] = confusion_json(*row.confusion, artefact.class_names, pictures);
  if (row.speedup) json["speedup"] = speedup_json(*row.speedup);
  if (!row.to_end.empty()) json["to_end"] = to_end_json(row.to_end, artefact.labels.size(2));
  if (row.order)
    json["order"] = {{"shuffled_batches", end_json(row.order->batches)}, {"all_shuffled", end_json(row.order->images)}};
  if (row.robustness) json["robustness"] = robustness_json(*row.robustness);
  return json;
}

Json matrix_json(const EvaluationReport& report) {
  Json rows = Json::array();
  for (const EvaluationRow& row : report.rows) {
    Json json{{"learner", row.learner}};
    const Evaluation& e = row.evaluation;
    if (row.fault.empty()) {
      json["synthetic"] = e.synthetic.mean;
      json["synthetic_plain"] = e.plain.mean;
      json["real"] = e.real.mean;
      for (size_t c = 0; c < e.controls.size(); ++c) json[report.controls[c].name] = e.controls[c].curve.mean;
      json["gain"] = e.synthetic.mean - e.real.mean;
    } else {
      json["fault"] = row.fault;
    }
    rows.push_back(json);
  }
  return rows;
}

}  // namespace

Json report_json(const EvaluationReport& report, const Artefact& artefact, bool matrix, Pictures pictures) {
  Json json = row_json(report.rows.front(), report, artefact, pictures);
  if (report.rows.size() > 1) {
    json["learners"] = Json::array();
    for (const EvaluationRow& row : report.rows) json["learners"].push_back(row_json(row, report, artefact, pictures));
  }
  if (matrix) json["matrix"] = matrix_json(report);
  return json;
}

}  // namespace gtn
