// What a page shows (gtn/report/page.h): runs, evaluations, studies and teachers, read from their files and put into
// one JSON object of known shape, whatever the files hold. What is not there, or cannot be read, is named.
#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "gtn/core/json.h"
#include "gtn/data/artefact.h"
#include "gtn/runs/run_directory.h"

namespace gtn {

// {"title", "program", "runs": [{"name", "kind", "state", "facts": [[what, value]], "missing": [text], ...}]}. A path
// is the folder of a run, a teacher.safetensors, or the JSON of an evaluation or a study. Throws one usage error that
// lists every path that is none of these; a part of a run that is missing or damaged is a line of "missing".
Json report_data(const std::vector<std::string>& paths);

// Adds what `make` returns as run[name], or why it cannot be had to run["missing"].
template <class Make>
void add_part(Json& run, const char* name, Make make) {
  try {
    run[name] = make();
  } catch (const std::exception& error) {
    run["missing"].push_back(error.what());
  }
}

// Adds a line to the run's table of facts.
void add_fact(Json& run, const std::string& what, const std::string& value);

// Losses and looks at the validation split, from a run's metrics: at most some 2,000 meta-iterations, evenly spaced.
Json training_part(const RunDirectory& run);

// The curriculum, step by step: of each class the images that have most of it, as PNG data, with their mean label; and
// the learned step sizes. Of many steps, classes or images so many as make about 4 MB.
Json curriculum_part(const Artefact& artefact);

// The answer of gtn evaluate, as a list of {"learner", "curves", ...}, one a teacher and learner, and its matrix.
Json evaluation_part(const Json& evaluation);
// The "confusion" of one of its learners, of at most 20 classes: those with the most confusions. Null where it has
// another shape than confusion_json() gives.
Json confusion_part(const Json& confusion);
// The flags of gtn evaluate that give such an answer, as a shell reads them, but for those that it does not tell.
std::string evaluation_flags(const Json& evaluation);

// Candidates, finals, Pareto front and winner of a search, also while it runs.
Json search_part(const RunDirectory& run);

// The answer of gtn study, with the numbers that it was computed from. `path` is a study's folder or its table.
Json study_part(const std::filesystem::path& path);

}  // namespace gtn
