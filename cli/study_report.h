// What gtn study says of a table: the ranking by every estimator after so many steps, as text, JSON and a picture.
#pragma once

#include "gtn/report/curves.h"
#include "gtn/search/study.h"

namespace gtn {

struct StudyFindings {
  StudyTable table;
  StudyReport report;
  // Of what gtn search combines, with equal weights and with weights after a few truths; of the same with training on
  // real data in the teacher's place, and with neither. None where the table has not all of it, or too few truths.
  struct Combined {
    std::string of;
    CombinationResult result;
  };
  std::vector<Combined> combinations;
};

// The table of a file or folder, analysed, always with the same key: the same intervals each time. Throws a failure
// where it has fewer than three architectures, and what read_study_table() throws.
StudyFindings read_findings(const std::string& path);

std::string study_text(const StudyFindings& findings);

// How the step sizes of those that train were chosen: a line for those whose step sizes raced, one for the others.
std::string tuning_text(const StudyTable& table);

// Of all combinations, as a list.
Json combinations_json(const StudyFindings& findings);

// One of "spaces" of gtn study --json.
Json study_json(const StudyFindings& findings);

// Spearman's rho against the steps that an estimator trains; those that train none are level lines.
CurvePlot ranking_plot(const StudyFindings& findings);

}  // namespace gtn
