// What gtn study says of a table: the ranking by every estimator after so many steps, as text, JSON and a picture.
#pragma once

#include <optional>

#include "gtn/report/curves.h"
#include "gtn/search/study.h"

namespace gtn {

struct StudyFindings {
  StudyTable table;
  StudyReport report;
  std::optional<CombinationResult> combination;  // of the estimators, fitted on a few truths
};

// The table of a file or folder, analysed, always with the same key: the same intervals each time. Throws a failure
// where it has fewer than three architectures, and what read_study_table() throws.
StudyFindings read_findings(const std::string& path);

std::string study_text(const StudyFindings& findings);

// One of "spaces" of gtn study --json.
Json study_json(const StudyFindings& findings);

// Spearman's rho against the steps that an estimator trains; those that train none are level lines.
CurvePlot ranking_plot(const StudyFindings& findings);

}  // namespace gtn
